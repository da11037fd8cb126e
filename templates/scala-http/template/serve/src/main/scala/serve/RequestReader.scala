package serve

import sagemaker.{Column, Csv, CsvHeader, Json, RowReader}

/** Reads request bodies: text/csv, application/json, application/jsonlines.
  *
  * Plain numbers take a fast path; what does not fit there is read again value by value. In a batch
  * job each line is a record, whatever is in it (B5).
  */
final class RequestReader(columns: Seq[Column], allowsMissing: Boolean, isBatch: Boolean):

  private val rows = RowReader(columns, allowsMissing)
  private val fast = Option.when(columns.forall(_.isInstanceOf[Column.Number]))(FastReader(columns))

  /** The records of a body, or why not even records can be told apart; outside a batch job, what is
    * wrong with the first bad one: what follows it is not read.
    */
  def read(body: Array[Byte], format: Format, media: MediaType): Either[String, Records] =
    if isBatch && format != Format.Json then // a blank line is a record too
      BodyText
        .decodeLines(body, media.charset)
        .flatMap: decoded =>
          parse(decoded.stripSuffix("\n").stripSuffix("\r"), format, media)
    else
      BodyText
        .decode(body, media.charset)
        .flatMap: decoded =>
          val end = decoded.lastIndexWhere(c => c != '\n' && c != '\r') + 1
          if decoded.take(end).isBlank then Left("the body is empty")
          else parse(decoded.take(end), format, media)

  private def parse(text: String, format: Format, media: MediaType): Either[String, Records] =
    format match
      case Format.Csv       => csv(text, media.parameters.getOrElse("header", ""))
      case Format.Json      => json(text)
      case Format.JsonLines => jsonLines(text)

  private def checked(records: Iterator[RowReader.Row]): Either[String, Records] =
    Records.of(columns, records, isBatch)

  // --- CSV ---

  /** Reads CSV. The parameter `header` of the media type may say whether there is one. */
  private def csv(text: String, declared: String): Either[String, Records] =
    val first = Csv.first(if isBatch then text.takeWhile(_ != '\n') else text)
    headerIn(first, declared) match
      case None              => csvRows(text, None)
      case Some(Left(error)) => Left(error)
      case Some(Right(header)) =>
        val rest = Option.when(first.end <= text.length)(text.substring(first.end))
        if isBatch then // a line of the input that has to have one in the output
          checked(Iterator(Left("is a header")) ++ rest.iterator.flatMap(split(_, Some(header))))
        else rest.toRight("there is a header but no row").flatMap(csvRows(_, Some(header)))

  private def headerIn(first: Csv.Line, declared: String): Option[Either[String, CsvHeader]] =
    val isDeclared = declared == "present"
    first.cells.toOption
      .filter(cells => declared != "absent" && (isDeclared || CsvHeader.isIn(cells, columns)))
      .map(CsvHeader.of(_, columns))

  private def csvRows(text: String, header: Option[CsvHeader]): Either[String, Records] =
    fast.filter(_ => header.forall(_.isInOrder)).flatMap(_.csv(text)) match
      case Some(rows) => Right(Records.of(rows))
      case None       => checked(split(text, header))

  /** In a batch job each line is a record: a quote that is never closed spoils its own only. */
  private def split(text: String, header: Option[CsvHeader]): Iterator[RowReader.Row] =
    def row(line: Csv.Line): RowReader.Row =
      line.cells
        .flatMap(cells => header.fold(Right(cells))(_.inOrder(cells)))
        .flatMap(rows.cells)
    if isBatch then lines(text).map(_.map(Csv.first).flatMap(row)) else Csv.lines(text).map(row)

  /** What stands between the line ends, or that it is no text: of a text without one, all of it. */
  private def lines(text: String): Iterator[Either[String, String]] =
    Iterator.unfold(0): start =>
      Option.when(start <= text.length):
        val end = text.indexOf('\n', start)
        val line = text.substring(start, if end < 0 then text.length else end)
        val isText = line != BodyText.NoText
        val checked =
          Either.cond(isText, line, "has bytes that are no letters of the character set")
        (checked, start + line.length + 1)

  // --- JSON ---

  private def json(text: String): Either[String, Records] =
    fast.flatMap(_.json(text)) match
      case Some(rows) => Right(Records.of(rows))
      case None =>
        RowReader.parse(text).flatMap(records).flatMap(all => checked(all.iterator.map(rows.json)))

  private def records(document: Json): Either[String, Seq[Json]] =
    val (records, parameters) = document match
      case Json.Obj(fields) =>
        (fields.getOrElse("instances", Json.Null), fields.getOrElse("parameters", Json.Null))
      case other => (other, Json.Null)
    (parameters, records) match
      case (Json.Obj(named), _) if named.nonEmpty => Left(noParameters(named.keys.mkString(", ")))
      case (Json.Null | Json.Obj(_), Json.Arr(first, others*)) => Right(first +: others)
      case (Json.Null | Json.Obj(_), _) =>
        val expected = """a list of rows or {"instances": [rows]}, with at least one row"""
        Left(s"the JSON must be $expected")
      case _ => Left(noParameters("parameters"))

  private def noParameters(names: String): String =
    s"this model takes no parameters: $names".take(1000)

  private def jsonLines(text: String): Either[String, Records] =
    checked(lines(text).map(_.flatMap(jsonLine)))

  private def jsonLine(line: String): RowReader.Row =
    // it is not worth a parser: a body can hold millions of them
    if line.isBlank then Left("the body is not JSON: the line is blank")
    else RowReader.parse(line).flatMap(rows.json)
