package sagemaker

import scala.collection.mutable.ArrayBuilder

/** A table. A number that is missing is `NaN`, a text that is missing `None`. */
final class Rows private (
    val columns: Vector[Column],
    numbers: Array[Double], // row after row
    texts: Array[Option[String]]
):

  private val isNumber = columns.map(_.isInstanceOf[Column.Number]).toArray
  private val numbersOfRow = isNumber.count(identity)
  private val textsOfRow = isNumber.length - numbersOfRow
  // of each column, among the numbers or among the texts of a row
  private val places =
    isNumber.indices.map(column => isNumber.take(column).count(_ == isNumber(column))).toArray

  /** The number of rows. */
  val size: Int =
    if numbersOfRow > 0 then numbers.length / numbersOfRow
    else if textsOfRow > 0 then texts.length / textsOfRow
    else 0

  def indices: Range = 0 until size

  /** The position of a column, counted from 0. */
  def column(name: String): Option[Int] =
    Option(columns.indexWhere(_.name == name)).filter(_ >= 0)

  /** The value of a column of numbers, `NaN` where it is missing. Both count from 0. */
  def number(row: Int, column: Int): Double = numbers(row * numbersOfRow + places(column))

  /** The value of a column of text, `None` where it is missing. Both count from 0. */
  def text(row: Int, column: Int): Option[String] = texts(row * textsOfRow + places(column))

  /** Checks that no value is missing.
    *
    * @throws JobException
    *   that names the first row, counted from 1, and the column where one is
    */
  def requireComplete(): Unit =
    for row <- indices; column <- columns.indices do
      val isMissing =
        if isNumber(column) then number(row, column).isNaN else text(row, column).isEmpty
      if isMissing then
        throw JobException(s"row ${row + 1} of the data: ${columns(column).name} is missing")

object Rows:

  /** A value of a row: a number, a text, or none of the latter. */
  type Cell = Double | String | None.type

  /** A table of these rows, each of which has its values in the order of the columns. */
  def apply(columns: Seq[Column], rows: Seq[Seq[Cell]]): Rows =
    rows.foldLeft(Builder(columns))(_.row(_)).result()

  /** Collects values, row by row and in the order of the columns. */
  final class Builder(columns: Seq[Column]):
    private val numbers = ArrayBuilder.ofDouble()
    private val texts = ArrayBuilder.ofRef[Option[String]]()

    def number(value: Double): this.type =
      numbers.addOne(value)
      this

    def text(value: Option[String]): this.type =
      texts.addOne(value)
      this

    def row(cells: Seq[Cell]): this.type =
      cells.foreach:
        case value: Double => number(value)
        case value: String => text(Some(value))
        case None          => text(None)
      this

    def result(): Rows = new Rows(columns.toVector, numbers.result(), texts.result())
