package serve

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

  /** The records of a body, or why not even records can be told apart; outside a batch job, what is
    * wrong with the first bad one: what follows it is not read.
    */
  def read(body: Array[Byte], format: Format, media: MediaType): Either[String, Records] =
    BodyText.decode(body, media.charset).flatMap: decoded =>
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
      case Format.JsonLines => jsonLines(text)

  private def checked(records: Iterator[Records.Checked]): Either[String, Records] =
    Records.of(columns, records, isBatch)

  // --- CSV ---

  private def csv(text: String, hasHeader: Boolean): Either[String, Records] =
    val firstLine = text.takeWhile(_ != '\n')
    if hasHeader || firstLine.strip == header then
      val rest = Option.when(firstLine.length < text.length)(text.drop(firstLine.length + 1))
      csvWithHeader(Csv.firstRecord(firstLine).map(_.strip), rest)
    else csvRows(text)

  /** Reads what follows the line of a header, if anything does. */
  private def csvWithHeader(found: Seq[String], rest: Option[String]): Either[String, Records] =
    val places = placesOf(found)
    val missing = names.filterNot(places.contains)
    val cells = inOrder(found.size, names.flatMap(places.get))
    if missing.nonEmpty then Left(s"the header has no column ${missing.mkString(", ")}")
    else if isBatch then // a line of the input that has to have one in the output
      val rows = rest.iterator.flatMap(split).map(if found == names then checker.cells else cells)
      checked(Iterator(Left("is a header")) ++ rows)
    else
      rest.toRight("there is a header but no row").flatMap: rest =>
        if found == names then csvRows(rest) else checked(split(rest).map(cells))

  /** Where in a header each column stands first. */
  private def placesOf(found: Seq[String]): Map[String, Int] =
    val isColumn = names.toSet
    found.zipWithIndex.reverse.filter((name, _) => isColumn(name)).toMap

  private def inOrder(width: Int, places: Seq[Int])(cells: Seq[String]): Records.Checked =
    if cells.size == width then checker.cells(places.map(cells))
    else Left(s"${cells.size} values, expected $width as in the header")

  private def csvRows(text: String): Either[String, Records] =
    fast.flatMap(_.csv(text)) match
      case Some(rows) => Right(Records.of(rows))
      case None       => checked(split(text).map(checker.cells))

  /** In a batch job a quote that is never closed spoils its own line only. */
  private def split(text: String): Iterator[Seq[String]] =
    if isBatch then lines(text).map(Csv.firstRecord)
    else Csv.iterator(text)

  /** What stands between the line ends: of a text without one, all of it. */
  private def lines(text: String): Iterator[String] =
    Iterator.unfold(0): start =>
      Option.when(start <= text.length):
        val end = text.indexOf('\n', start)
        val line = text.substring(start, if end < 0 then text.length else end)
        (line, start + line.length + 1)

  // --- JSON ---

  private def json(text: String): Either[String, Records] =
    fast.flatMap(_.json(text)) match
      case Some(rows) => Right(Records.of(rows))
      case None =>
        parse(text).flatMap(rows).flatMap(rows => checked(rows.iterator.map(checker.json)))

  private def rows(document: Json): Either[String, Seq[Json]] =
    val rows = document match
      case Json.Obj(fields) => fields.getOrElse("instances", Json.Null)
      case other            => other
    rows match
      case Json.Arr(first, others*) => Right(first +: others)
      case _ =>
        val expected = """a list of rows or {"instances": [rows]}, with at least one row"""
        Left(s"the JSON must be $expected")

  private def jsonLines(text: String): Either[String, Records] =
    checked(lines(text).map(jsonLine))

  private def jsonLine(line: String): Records.Checked =
    // it is not worth a parser: a body can hold millions of them
    if line.isBlank then Left("the body is not JSON: the line is blank")
    else parse(line).flatMap(checker.json)

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
