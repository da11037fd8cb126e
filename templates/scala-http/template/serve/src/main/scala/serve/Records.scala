package serve

import sagemaker.{Column, Json, Numbers, Rows}
import sagemaker.Rows.Cell

/** What the body of a request held.
  *
  * @param rows
  *   the good records, in order
  * @param errors
  *   for each record what is wrong with it, if anything is: there are bad ones in a batch job only
  */
final case class Records(rows: Rows, errors: Seq[Option[String]])

object Records:

  /** What one record holds, or what is wrong with it. */
  type Checked = Either[String, Seq[Cell]]

  private val Longest = 1000 // characters of a message

  def of(rows: Rows): Records = Records(rows, Vector.fill(rows.size)(None))

  /** The records of a body in their order, each of them checked. Outside a batch job the first bad
    * one is the answer, and no other is read; a batch job keeps what is wrong with each (B5).
    */
  def of(
      columns: Seq[Column],
      checked: Iterator[Checked],
      isBatch: Boolean
  ): Either[String, Records] =
    val rows = Rows.Builder(columns)
    val errors = Vector.newBuilder[Option[String]]
    var reason = Option.empty[String] // one that comes a million times is kept once
    var position = 0
    while checked.hasNext && (isBatch || reason.isEmpty) do
      checked.next() match
        case Right(cells) =>
          rows.row(cells)
          errors += None
        case Left(error) =>
          val start = error.take(Longest)
          if !reason.contains(start) then reason = Some(start)
          errors += reason
      position += 1
    reason
      .filterNot(_ => isBatch)
      .map(inRow(position - 1, _))
      .toLeft(Records(rows.result(), errors.result()))

  /** What is wrong with the record at a position, counted from 0. */
  def inRow(position: Int, reason: String): String = s"row ${position + 1}: $reason".take(Longest)

  /** The beginning of a text between quotes, single ones if possible. */
  def quoted(text: String): String =
    val escapes = Seq("\\" -> "\\\\", "\n" -> "\\n", "\t" -> "\\t", "\r" -> "\\r")
    val start = text.take(40)
    val shown = escapes.foldLeft(start) { case (shown, (from, to)) => shown.replace(from, to) }
    if !start.contains('\'') then s"'$shown'"
    else if start.contains('"') then s"'${shown.replace("'", "\\'")}'"
    else s"\"$shown\""

/** Takes records value by value, or says what is wrong with them. */
final class RecordChecker(columns: Seq[Column], allowsMissing: Boolean):

  private val expected = s"expected ${columns.size}: ${names(columns)}"

  /** Takes the cells of a line of CSV, in the order of the columns. */
  def cells(cells: Seq[String]): Records.Checked = inOrder(cells)(cell)

  /** Takes a JSON value: a list in the order of the columns, or an object by their names. */
  def json(record: Json): Records.Checked = record match
    case Json.Arr(values*) => inOrder(values)(value)
    case Json.Obj(fields) =>
      val missing = columns.filterNot(column => fields.contains(column.name))
      if missing.isEmpty then inOrder(columns.map(column => fields(column.name)))(value)
      else Left(s"no value for ${names(missing)}")
    case _ => Left("must be a list or an object")

  private def names(columns: Seq[Column]): String = columns.map(_.name).mkString(", ")

  private def inOrder[A](values: Seq[A])(take: (Column, A) => Either[String, Cell]) =
    if values.size != columns.size then
      Left(s"${values.size} values, $expected")
    else
      val taken = columns.lazyZip(values).map(take)
      taken
        .collectFirst { case Left(error) => Left(error) }
        .getOrElse(Right(taken.collect { case Right(cell) => cell }))

  /** A CSV cell; a blank, NA or NaN is a missing one. */
  private def cell(column: Column, cell: String): Either[String, Cell] =
    val text = cell.strip
    column match
      case _ if text.isEmpty                               => missing(column)
      case Column.Text(_)                                  => Right(text)
      case Column.Number(_) if text.equalsIgnoreCase("NA") => missing(column)
      case Column.Number(name) =>
        Numbers.parse(text) match
          case Some(value) => number(column, value)
          case None        => Left(s"$name must be a number, not ${Records.quoted(text)}")

  /** A JSON value; null is a missing one, and so is NaN where numbers belong. */
  private def value(column: Column, value: Json): Either[String, Cell] = (column, value) match
    case (_, Json.Null)                        => missing(column)
    case (Column.Number(_), Json.Whole(value)) => number(column, value.toDouble)
    case (Column.Number(_), Json.Num(value))   => number(column, value)
    case (Column.Text(_), Json.Str(value))     => Right(value)
    case (Column.Number(name), _) => Left(s"$name must be a number, not ${shown(value)}")
    case (Column.Text(name), _)   => Left(s"$name must be text, not ${shown(value)}")

  private def number(column: Column, value: Double): Either[String, Cell] =
    if value.isNaN then missing(column)
    else if value.isInfinite then Left(s"${column.name} is not a finite number")
    else Right(value)

  private def missing(column: Column): Either[String, Cell] = column match
    case _ if !allowsMissing => Left(s"${column.name} is missing")
    case Column.Number(_)    => Right(Double.NaN)
    case Column.Text(_)      => Right(None)

  private def shown(value: Json): String = value.readable.take(40)
