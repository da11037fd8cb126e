package serve

import scala.util.Using

import sagemaker.{Column, Json, Rows}
import tools.jackson.core.{JacksonException, JsonParser, JsonToken}

/** Reads plain numbers quickly; finds nothing where anything is out of the ordinary. */
final class FastReader(columns: Seq[Column]):

  private val width = columns.size

  /** Reads lines such as `5.1, -3`: decimal numbers of at most 15 digits, without an exponent. */
  def csv(text: String): Option[Rows] =
    val rows = Rows.Builder(columns)
    val cursor = CsvCursor(text)
    var isPlain = text.nonEmpty && !text.endsWith("\n") // a blank line is a record as well
    while isPlain && !cursor.isAtEnd do
      var column = 1
      while isPlain && column <= width do
        val number = cursor.number()
        rows.number(number)
        isPlain = !number.isNaN && (if column < width then cursor.take(',') else cursor.endsLine())
        column += 1
    Option.when(isPlain)(rows.result())

  /** Reads `[[5.1, 3]]` and `{"instances": [[5.1, 3]]}`. */
  def json(text: String): Option[Rows] =
    try Using.resource(Json.parser(text))(document)
    catch case _: JacksonException => None // is read again, to say what is wrong

  private def document(parser: JsonParser): Option[Rows] =
    val isObject = parser.nextToken() == JsonToken.START_OBJECT
    val isKnown = !isObject || parser.nextName() == "instances" && parser.nextToken() != null
    val rows =
      if isKnown && parser.currentToken() == JsonToken.START_ARRAY then list(parser) else None
    val isOver =
      (!isObject || parser.nextToken() == JsonToken.END_OBJECT) && parser.nextToken() == null
    rows.filter(rows => isOver && rows.size > 0)

  private def list(parser: JsonParser): Option[Rows] =
    val rows = Rows.Builder(columns)
    var isPlain = true
    while isPlain && parser.nextToken() == JsonToken.START_ARRAY do isPlain = row(parser, rows)
    Option.when(isPlain && parser.currentToken() == JsonToken.END_ARRAY)(rows.result())

  private def row(parser: JsonParser, rows: Rows.Builder): Boolean =
    var left = width
    while left > 0 && parser.nextToken().isNumeric && parser.getDoubleValue().isFinite do
      rows.number(parser.getDoubleValue())
      left -= 1
    left == 0 && parser.nextToken() == JsonToken.END_ARRAY

/** A place in a text of plain numbers, which moves on. */
private final class CsvCursor(text: String):
  private var at = 0

  def isAtEnd: Boolean = at >= text.length

  /** Moves over the character if it is here. */
  def take(char: Char): Boolean =
    val isHere = !isAtEnd && text.charAt(at) == char
    if isHere then at += 1
    isHere

  def endsLine(): Boolean =
    take('\r')
    isAtEnd || take('\n')

  /** Moves over a number and the blanks around it; returns NaN if there is none, or not a plain
    * one.
    */
  def number(): Double =
    while take(' ') do ()
    val isNegative = take('-')
    var digits = 0L
    val whole = at
    while isDigit do digits = 10 * digits + next()
    var count = at - whole
    var scale = 0
    if take('.') then
      val fraction = at
      while isDigit do digits = 10 * digits + next()
      scale = at - fraction
      count += scale
    while take(' ') do ()
    if count == 0 || count > 15 then Double.NaN
    else
      val number = digits / CsvCursor.PowersOfTen(scale)
      if isNegative then -number else number

  private def isDigit: Boolean = !isAtEnd && text.charAt(at) >= '0' && text.charAt(at) <= '9'

  private def next(): Int =
    at += 1
    text.charAt(at - 1) - '0'

private object CsvCursor:
  /** Those that a double holds exactly: dividing a short number by one of them rounds once,
    * correctly.
    */
  val PowersOfTen: Array[Double] = Array.tabulate(16)(power => s"1e$power".toDouble)
