package train

import java.nio.ByteBuffer
import java.nio.charset.CharacterCodingException
import java.nio.charset.StandardCharsets.UTF_8

import sagemaker.{Column, Csv, CsvHeader, JobException, RowReader, Rows}

/** Collects the files of a channel into one table; each value is read as a request's is. */
final class Table(columns: Seq[Column]):

  private val names = columns.map(_.name).toSet
  private val reader = RowReader(columns, allowsMissing = true)
  private val table = Rows.Builder(columns)

  def rows: Rows = table.result()

  /** Adds the rows of a CSV file.
    *
    * @throws JobException
    *   that names the file and the row which does not fit
    */
  def addCsv(file: String, data: Array[Byte]): Unit =
    val lines = Csv.lines(text(file, data)).filterNot(_.isBlank).map(_.cells).buffered
    val first = lines.headOption.filter(isHeader).flatMap(_.toOption)
    val header = first.map(cells => orFail(file, CsvHeader.of(cells, columns)))
    // a Pipe repeats the header for each object
    val rows = lines.filterNot(line => first.exists(cells => line == Right(cells)))
    add(file, rows.map(_.flatMap(row(_, header))))

  private def row(cells: Seq[String], header: Option[CsvHeader]): RowReader.Row =
    header.fold(Right(cells))(_.inOrder(cells)).flatMap(reader.cells)

  /** Has a record the names of columns, and is no row of data? */
  private def isHeader(line: Either[String, Seq[String]]): Boolean =
    line.exists: cells =>
      CsvHeader.isIn(cells, columns) || cells.exists(names) && reader.cells(cells).isLeft

  /** Adds the rows of a JSON Lines file.
    *
    * @throws JobException
    *   that names the file and the row which does not fit
    */
  def addLines(file: String, data: Array[Byte]): Unit =
    val lines = text(file, data).split('\n').iterator.filterNot(_.isBlank)
    add(file, lines.map(RowReader.parse(_).flatMap(reader.json)))

  private def add(file: String, rows: Iterator[RowReader.Row]): Unit =
    for (row, index) <- rows.zipWithIndex do table.row(orFail(s"$file, row ${index + 1}", row))

  private def orFail[A](where: String, value: Either[String, A]): A =
    value.fold(problem => throw JobException(s"$where: $problem"), identity)

  private def text(file: String, data: Array[Byte]): String =
    try UTF_8.newDecoder().decode(ByteBuffer.wrap(data)).toString.stripPrefix("\ufeff")
    catch
      case _: CharacterCodingException =>
        val instead = "for other formats, such as Parquet, read the channel's files yourself"
        throw JobException(s"$file is not UTF-8 text: rows reads CSV and JSON Lines; $instead")
