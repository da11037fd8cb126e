package sagemaker

import tools.jackson.core.JacksonException
import tools.jackson.core.exc.StreamConstraintsException

import Rows.Cell

/** Reads records value by value, in requests and in training data alike, or says what is wrong with
  * them.
  */
final class RowReader(columns: Seq[Column], allowsMissing: Boolean):

  import RowReader.*

  private val expected = s"expected ${columns.size}: ${names(columns)}"

  /** The row of the cells of a CSV record, in the order of the columns. */
  def cells(cells: Seq[String]): Row = inOrder(cells)(cell)

  /** The row of a JSON value: a list in the order of the columns, or an object by their names. */
  def json(record: Json): Row = record match
    case Json.Arr(values*) => inOrder(values)(value)
    case Json.Obj(fields) =>
      val missing = columns.filterNot(column => fields.contains(column.name))
      if missing.isEmpty then inOrder(columns.map(column => fields(column.name)))(value)
      else Left(s"no value for ${names(missing)}")
    case _ => Left("must be a list or an object")

  private def names(columns: Seq[Column]): String = columns.map(_.name).mkString(", ")

  private def inOrder[A](values: Seq[A])(take: (Column, A) => Either[String, Cell]): Row =
    if values.size != columns.size then Left(s"${values.size} values, $expected")
    else
      val taken = columns.lazyZip(values).map(take)
      taken
        .collectFirst { case Left(error) => Left(error) }
        .getOrElse(Right(taken.collect { case Right(cell) => cell }))

  /** A CSV cell; a blank is a missing one, and so is NA or NaN where numbers belong. */
  private def cell(column: Column, cell: String): Either[String, Cell] =
    val word = withoutBlanks(cell)
    column match
      case _ if word.isEmpty => missing(column)
      case Column.Text(name) => text(name, cell)
      case Column.Number(_) if word.equalsIgnoreCase("NA") || word.equalsIgnoreCase("NaN") =>
        missing(column)
      case Column.Number(name) =>
        Numbers.parse(word) match
          case Some(value) => number(column, value)
          case None        => Left(s"$name must be a number, not ${quoted(word)}")

  /** A JSON value; null is a missing one, and so is NaN where numbers belong. */
  private def value(column: Column, value: Json): Either[String, Cell] = (column, value) match
    case (_, Json.Null)                        => missing(column)
    case (Column.Number(_), Json.Whole(value)) => number(column, value.toDouble)
    case (Column.Number(_), Json.Num(value))   => number(column, value)
    case (Column.Text(name), Json.Str(value))  => text(name, value)
    case (Column.Number(name), _) => Left(s"$name must be a number, not ${shown(value)}")
    case (Column.Text(name), _)   => Left(s"$name must be text, not ${shown(value)}")

  private def number(column: Column, value: Double): Either[String, Cell] =
    if value.isNaN then missing(column)
    else if value.isInfinite then Left(s"${column.name} is not a finite number")
    else Right(value)

  /** Refuses text that could not be written out again. */
  private def text(name: String, value: String): Either[String, Cell] =
    if value.indices.exists(at => value(at) == '\u0000' || isHalf(value, at)) then
      val text = shown(Json.Str(value))
      Left(s"$name must be text without NUL or half a surrogate pair, not $text")
    else Right(value)

  private def isHalf(text: String, at: Int): Boolean =
    val c = text(at)
    c.isHighSurrogate && !(at + 1 < text.length && text(at + 1).isLowSurrogate) ||
    c.isLowSurrogate && !(at > 0 && text(at - 1).isHighSurrogate)

  private def missing(column: Column): Either[String, Cell] = column match
    case _ if !allowsMissing => Left(s"${column.name} is missing")
    case Column.Number(_)    => Right(Double.NaN)
    case Column.Text(_)      => Right(None)

  private def shown(value: Json): String = value.readable.take(Shown)

object RowReader:

  /** The values of a record, or what is wrong with it. */
  type Row = Either[String, Seq[Cell]]

  private val Shown = 40 // characters of a value

  /** The value that JSON text holds, or why there is none. */
  def parse(text: String): Either[String, Json] =
    Json.read(text) match
      case Right(json) => Right(json)
      case Left(error: StreamConstraintsException) if error.getMessage.contains("depth") =>
        Left("the JSON is nested too deeply")
      case Left(error) => Left(reason(error).take(200))

  private def reason(error: JacksonException): String =
    val where = Option(error.getLocation)
      .fold("")(at => s": line ${at.getLineNr} column ${at.getColumnNr}")
    s"the body is not JSON: ${error.getOriginalMessage}$where"

  /** The beginning of a text between quotes, single ones if possible. */
  def quoted(text: String): String =
    val escapes = Seq("\\" -> "\\\\", "\n" -> "\\n", "\t" -> "\\t", "\r" -> "\\r")
    val start = text.take(Shown)
    val shown = escapes.foldLeft(start) { case (shown, (from, to)) => shown.replace(from, to) }
    if !start.contains('\'') then s"'$shown'"
    else if start.contains('"') then s"'${shown.replace("'", "\\'")}'"
    else s"\"$shown\""

  private def withoutBlanks(text: String): String =
    val start = text.indexWhere(!isBlank(_))
    if start < 0 then "" else text.substring(start, text.lastIndexWhere(!isBlank(_)) + 1)

  private def isBlank(c: Char): Boolean = c == ' ' || c == '\t'
