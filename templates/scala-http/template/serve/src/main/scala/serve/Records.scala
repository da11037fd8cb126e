package serve

import sagemaker.{Column, RowReader, Rows}

/** What the body of a request held.
  *
  * @param rows
  *   the good records, in order
  * @param errors
  *   for each record what is wrong with it, if anything is: there are bad ones in a batch job only
  */
final case class Records(rows: Rows, errors: Seq[Option[String]])

object Records:

  private val Longest = 1000 // characters of a message

  def of(rows: Rows): Records = Records(rows, Vector.fill(rows.size)(None))

  /** The records of a body in their order, each of them checked. Outside a batch job the first bad
    * one is the answer, and no other is read; a batch job keeps what is wrong with each (B5).
    */
  def of(
      columns: Seq[Column],
      checked: Iterator[RowReader.Row],
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
