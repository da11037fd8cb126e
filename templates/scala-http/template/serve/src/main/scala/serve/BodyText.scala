package serve

import java.nio.ByteBuffer
import java.nio.charset.{CharacterCodingException, Charset}

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

  /** The text of a body, without the mark that UTF-8 may begin with, or why there is none.
    *
    * @param charset
    *   as the request names it, in lower case
    */
  def decode(body: Array[Byte], charset: String): Either[String, String] =
    bySpelling.get(plain(charset)) match
      case Some(name) => decodeKnown(body, name)
      case None =>
        val known = charsets.mkString(", ")
        Left(s"unknown charset ${Records.quoted(charset)}: it must be one of $known")

  private def decodeKnown(body: Array[Byte], name: String): Either[String, String] =
    val charset = Charset.forName(name)
    val text = String(body, charset)
    // what cannot be read has become that character, or it was there before
    val unreadable = if text.contains('\ufffd') then codingError(body, charset) else None
    unreadable
      .map(error => s"the body is not $name text: ${error.getMessage}")
      .toLeft(if name == "utf-8" then text.stripPrefix("\ufeff") else text)

  private def codingError(body: Array[Byte], charset: Charset): Option[CharacterCodingException] =
    try
      charset.newDecoder().decode(ByteBuffer.wrap(body))
      None
    catch case error: CharacterCodingException => Some(error)

  private def plain(name: String): String = name.filterNot(c => c == '-' || c == '_' || c == ' ')
