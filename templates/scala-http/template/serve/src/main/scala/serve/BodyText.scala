package serve

import java.nio.ByteBuffer
import java.nio.charset.{CharacterCodingException, Charset}

import sagemaker.RowReader

/** Decodes the body of a request from one of a few character sets, the same in every language. */
object BodyText:

  private val charsets = Seq(
    "utf-8",
    "utf-16",
    "utf-16le",
    "utf-16be",
    "us-ascii",
    "iso-8859-1",
    "iso-8859-2",
    "iso-8859-15",
    "windows-1250",
    "windows-1251",
    "windows-1252"
  )
  private val otherNames = Map(
    "ascii" -> "us-ascii",
    "latin1" -> "iso-8859-1",
    "latin2" -> "iso-8859-2",
    "latin9" -> "iso-8859-15",
    "cp1250" -> "windows-1250",
    "cp1251" -> "windows-1251",
    "cp1252" -> "windows-1252"
  )
  private val bySpelling = otherNames ++ charsets.map(name => plain(name) -> name)

  /** Half a surrogate pair, which no text is. */
  val NoText = "\ud800"

  /** The text of a body, without the mark that UTF-8 may begin with, or why there is none.
    *
    * @param charset
    *   as the request names it, in lower case
    */
  def decode(body: Array[Byte], charset: String): Either[String, String] =
    known(charset).flatMap(decodeWhole(body, _))

  /** The same, in which each line that is not written in the character set has become [[NoText]]:
    * it spoils itself only (B5). UTF-16 is no text as a whole.
    */
  def decodeLines(body: Array[Byte], charset: String): Either[String, String] =
    known(charset).flatMap: name =>
      decodeWhole(body, name) match
        case Left(_) if !name.startsWith("utf-16") =>
          val charset = Charset.forName(name)
          val lines = split(body).map(line => textOf(line, charset).getOrElse(NoText))
          Right(withoutMark(lines.mkString("\n"), name))
        case whole => whole

  private def split(body: Array[Byte]): Iterator[Array[Byte]] =
    Iterator.unfold(0): start =>
      Option.when(start <= body.length):
        val end = body.indexOf('\n'.toByte, start)
        val line = body.slice(start, if end < 0 then body.length else end)
        (line, start + line.length + 1)

  private def known(charset: String): Either[String, String] =
    val known = charsets.mkString(", ")
    bySpelling
      .get(plain(charset))
      .toRight(s"unknown charset ${RowReader.quoted(charset)}: it must be one of $known")

  private def decodeWhole(body: Array[Byte], name: String): Either[String, String] =
    textOf(body, Charset.forName(name))
      .map(withoutMark(_, name))
      .toRight(s"the body is not $name text")

  private def textOf(bytes: Array[Byte], charset: Charset): Option[String] =
    val text = String(bytes, charset)
    // what cannot be read has become that character, or it was there before
    Option.when(!text.contains('\ufffd') || isText(bytes, charset))(text)

  private def isText(bytes: Array[Byte], charset: Charset): Boolean =
    try
      charset.newDecoder().decode(ByteBuffer.wrap(bytes))
      true
    catch case _: CharacterCodingException => false

  private def withoutMark(text: String, name: String): String =
    if name == "utf-8" then text.stripPrefix("\ufeff") else text

  private def plain(name: String): String = name.filterNot(c => c == '-' || c == '_' || c == ' ')
