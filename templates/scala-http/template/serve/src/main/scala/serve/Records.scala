package serve

import sagemaker.{Column, Json, Numbers, Rows}
import sagemaker.Rows.Cell

/** What the body of a request held.
  *
  * @param rows
  *   the good records, in order
  * @param errors
  *   what is wrong with the others, by their position
  */
final case class Records(rows: Rows, errors: Map[Int, String] = Map.empty):

  def firstError: String = errors(errors.keys.min)

object Records:

  /** What one record holds, or what is wrong with it. */
  type Checked = Either[String, Seq[Cell]]

  /** The records of a body in their order, each of them checked. */
  def of(columns: Seq[Column], checked: IterableOnce[Checked]): Records =
    val rows = Rows.Builder(columns)
    val errors = Map.newBuilder[Int, String]
    for (record, position) <- checked.iterator.zipWithIndex do
      record match
        case Right(cells) => rows.row(cells)
        case Left(error)  => errors += position -> s"row ${position + 1}: $error"
    Records(rows.result(), errors.result())

/** Takes records value by value, or says what is wrong with them. */
final class RecordChecker(columns: Seq[Column], allowsMissing: Boolean):

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
      Left(s"${values.size} values, expected ${columns.size}: ${names(columns)}")
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
          case None        => Left(s"$name must be a number, not ${quoted(text)}")

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

  /** Text between quotes, single ones if possible. */
  private def quoted(text: String): String =
    val escapes = Seq("\\" -> "\\\\", "\n" -> "\\n", "\t" -> "\\t", "\r" -> "\\r")
    val shown = escapes.foldLeft(text.take(40)) { case (shown, (from, to)) =>
      shown.replace(from, to)
    }
    if !text.contains('\'') then s"'$shown'"
    else if text.contains('"') then s"'${shown.replace("'", "\\'")}'"
    else s"\"$shown\""
