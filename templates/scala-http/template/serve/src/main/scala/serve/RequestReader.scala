package serve

import java.nio.ByteBuffer
import java.nio.charset.{CharacterCodingException, Charset}
import java.nio.charset.StandardCharsets.UTF_8

import scala.util.Try

import sagemaker.{Column, Csv, Json}
import tools.jackson.core.JacksonException
import tools.jackson.core.exc.StreamConstraintsException

/** Reads request bodies: text/csv, application/json, application/jsonlines.
  *
  * Plain numbers take a fast path; what does not fit there is read again value by value. In a batch
  * job each line is a record, whatever is in it (B5).
  */
final class RequestReader(columns: Seq[Column], allowsMissing: Boolean, isBatch: Boolean):

  private val names = columns.map(_.name)
  private val header = names.mkString(",")
  private val checker = RecordChecker(columns, allowsMissing)
  private val fast = Option.when(columns.forall(_.isInstanceOf[Column.Number]))(FastReader(columns))

  /** The records of a body, or why not even records can be told apart. */
  def read(body: Array[Byte], format: Format, media: MediaType): Either[String, Records] =
    decode(body, media.charset).flatMap: decoded =>
      if isBatch && format != Format.Json then // a blank line is a record too
        parse(decoded.stripSuffix("\n").stripSuffix("\r"), format, media.hasHeader)
      else
        val end = decoded.lastIndexWhere(c => c != '\n' && c != '\r') + 1
        if decoded.take(end).isBlank then Left("the body is empty")
        else parse(decoded.take(end), format, media.hasHeader)

  private def parse(text: String, format: Format, hasHeader: Boolean): Either[String, Records] =
    format match
      case Format.Csv       => csv(text, hasHeader)
      case Format.Json      => json(text)
      case Format.JsonLines => Right(jsonLines(text))

  // --- text ---

  private def decode(body: Array[Byte], name: String): Either[String, String] =
    charset(name).flatMap: charset =>
      val text = String(body, charset)
      // what cannot be read has become that character, or it was there before
      val unreadable = if text.contains('\ufffd') then codingError(body, charset) else None
      unreadable
        .map(error => s"the body is not $name text: ${error.getMessage}")
        .toLeft(if charset == UTF_8 then text.stripPrefix("\ufeff") else text)

  private def codingError(body: Array[Byte], charset: Charset): Option[CharacterCodingException] =
    try
      charset.newDecoder().decode(ByteBuffer.wrap(body))
      None
    catch case error: CharacterCodingException => Some(error)

  private def charset(name: String): Either[String, Charset] =
    def known(spelling: String) = Try(Charset.forName(spelling)).toOption
    known(name).orElse(known(name.replaceAll("[-_ ]", ""))).toRight(s"unknown charset '$name'")

  // --- CSV ---

  private def csv(text: String, hasHeader: Boolean): Either[String, Records] =
    val firstLine = text.takeWhile(_ != '\n')
    if hasHeader || firstLine.strip == header then csvWithHeader(text, firstLine)
    else Right(csvRows(text, names))

  private def csvWithHeader(text: String, firstLine: String): Either[String, Records] =
    val rest = text.drop(firstLine.length + 1)
    val found = Csv.firstRecord(firstLine).map(_.strip)
    val missing = names.filterNot(found.contains)
    if missing.nonEmpty then Left(s"the header has no column ${missing.mkString(", ")}")
    else if isBatch then // a line of the input that has to have one in the output
      Right(Records.of(columns, Iterator(Left("is a header")) ++ csvByCell(text, found).drop(1)))
    else if rest.isEmpty then Left("there is a header but no row")
    else Right(csvRows(rest, found))

  private def csvRows(text: String, found: Seq[String]): Records =
    fast.filter(_ => found == names).flatMap(_.csv(text)) match
      case Some(rows) => Records(rows)
      case None       => Records.of(columns, csvByCell(text, found))

  private def csvByCell(text: String, found: Seq[String]): Iterator[Records.Checked] =
    val places = names.map(found.indexOf)
    split(text).iterator.map: cells =>
      if found == names then checker.cells(cells)
      else if cells.size == found.size then checker.cells(places.map(cells))
      else Left(s"${cells.size} values, expected ${found.size} as in the header")

  /** In a batch job a quote that is never closed spoils its own line only. */
  private def split(text: String): Seq[Seq[String]] =
    if isBatch then lines(text).map(Csv.firstRecord)
    else Csv.records(text)

  private def lines(text: String): Seq[String] = text.split("\n", -1).toSeq

  // --- JSON ---

  private def json(text: String): Either[String, Records] =
    fast.flatMap(_.json(text)) match
      case Some(rows) => Right(Records(rows))
      case None =>
        parse(text).flatMap(rows).map(rows => Records.of(columns, rows.map(checker.json)))

  private def rows(document: Json): Either[String, Seq[Json]] =
    val rows = document match
      case Json.Obj(fields) => fields.getOrElse("instances", Json.Null)
      case other            => other
    rows match
      case Json.Arr(first, others*) => Right(first +: others)
      case _ =>
        val expected = """a list of rows or {"instances": [rows]}, with at least one row"""
        Left(s"the JSON must be $expected")

  private def jsonLines(text: String): Records =
    Records.of(columns, lines(text).map(parse(_).flatMap(checker.json)))

  private def parse(text: String): Either[String, Json] =
    Json.read(text) match
      case Right(json) => Right(json)
      case Left(error: StreamConstraintsException) if isDeep(error) =>
        Left("the JSON is nested too deeply")
      case Left(error) => Left(reason(error).take(200))

  private def isDeep(error: StreamConstraintsException) = error.getMessage.contains("depth")

  private def reason(error: JacksonException): String =
    val where = Option(error.getLocation)
      .fold("")(at => s": line ${at.getLineNr} column ${at.getColumnNr}")
    s"the body is not JSON: ${error.getOriginalMessage}$where"
