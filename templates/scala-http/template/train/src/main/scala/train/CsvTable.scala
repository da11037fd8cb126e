package train

import java.nio.ByteBuffer
import java.nio.charset.CharacterCodingException
import java.nio.charset.StandardCharsets.UTF_8

import sagemaker.{Column, Csv, JobException, Numbers, Rows}

/** Collects CSV files into one table. Text is read as serving reads it: only a blank is missing
  * there.
  */
final class CsvTable(columns: Seq[Column]):

  private val wanted = columns.map(_.name)
  private val table = Rows.Builder(columns)

  def rows: Rows = table.result()

  /** Adds the rows of a CSV file.
    *
    * @throws JobException
    *   that names the file and the row which does not fit
    */
  def add(file: String, data: Array[Byte]): Unit =
    val lines = decode(file, data).linesIterator.filterNot(_.isBlank).toVector
    lines.headOption.foreach: first =>
      val names = Csv.firstRecord(first).map(_.strip)
      val missing = wanted.filterNot(names.contains)
      if missing.isEmpty then // a Pipe repeats the header for each object
        addRecords(file, names, lines.filter(_ != first))
      else if missing.size == wanted.size then addRecords(file, wanted, lines)
      else throw JobException(s"$file: the header lacks ${missing.mkString(", ")}")

  private def decode(file: String, data: Array[Byte]): String =
    try UTF_8.newDecoder().decode(ByteBuffer.wrap(data)).toString.stripPrefix("\ufeff")
    catch
      case error: CharacterCodingException =>
        throw JobException(s"$file is not UTF-8 text: ${error.getMessage}")

  private def addRecords(file: String, names: Seq[String], lines: Seq[String]): Unit =
    val places = wanted.map(names.indexOf)
    for (cells, index) <- Csv.records(lines.mkString("\n")).zipWithIndex do
      val where = s"$file, row ${index + 1}"
      if cells.size != names.size then
        val expected = s"expected ${names.size}: ${names.mkString(", ")}"
        throw JobException(s"$where: ${cells.size} values, $expected")
      for (column, place) <- columns.zip(places) do addCell(where, column, cells(place).strip)

  private def addCell(where: String, column: Column, cell: String): Unit = column match
    case Column.Text(_) => table.text(Option.when(cell.nonEmpty)(cell))
    case Column.Number(_) if cell.isEmpty || cell.equalsIgnoreCase("NA") => table.number(Double.NaN)
    case Column.Number(name) =>
      val number = Numbers.parse(cell)
      table.number(
        number.getOrElse(throw JobException(s"$where: $name must be a number, not '${cell.take(40)}'"))
      )
