package serve

import java.io.{ByteArrayInputStream, IOException}
import java.nio.{ByteBuffer, ByteOrder}
import java.util.Locale
import java.util.zip.GZIPInputStream

import scala.util.Using

import sagemaker.RowReader

/** Takes the Content-Encoding off a body: gzip, or none.
  *
  * @param bodyMib
  *   how large the result may be (H19); 0 is no limit
  */
final class ContentEncoding(bodyMib: Int):

  private val limit =
    if bodyMib == 0 then Int.MaxValue - 16 // what an array can hold
    else math.min(bodyMib * 1024L * 1024, Int.MaxValue - 16L).toInt

  /** The body as it was before; no more than the limit is decoded. */
  def decode(body: Array[Byte], encoding: String): Either[Refusal, Array[Byte]] =
    encoding.strip.toLowerCase(Locale.ROOT) match
      case "" | "identity"   => Right(body)
      case "gzip" | "x-gzip" => gunzip(body)
      case other =>
        val sentence = s"Content-Encoding ${RowReader.quoted(other)} is not gzip"
        Left(Refusal(415, sentence, Map("Accept-Encoding" -> "gzip")))

  private def gunzip(body: Array[Byte]): Either[Refusal, Array[Byte]] =
    try
      Using.resource(GZIPInputStream(ByteArrayInputStream(body))): in =>
        val decoded = in.readNBytes(limit)
        if decoded.length == limit && in.read() >= 0 then
          Left(Refusal(413, s"the body is larger than $bodyMib MiB"))
        else if decoded.nonEmpty && decoded.length == lengthInTrailer(body) then Right(decoded)
        else Left(notGzip)
    catch case _: IOException => Left(notGzip)

  private val notGzip = Refusal(400, "the body is not gzip, is cut off, or something follows it")

  /** The last four bytes, in which gzip has the length of what it holds. */
  private def lengthInTrailer(body: Array[Byte]): Int =
    ByteBuffer.wrap(body).order(ByteOrder.LITTLE_ENDIAN).getInt(body.length - 4)
