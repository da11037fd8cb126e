package sagemaker

import scala.util.boundary
import scala.util.boundary.break

/** Splits CSV text into records (RFC 4180). Blanks around a cell count only inside quotes; a quote
  * opens a quoted cell only where the cell starts.
  */
object Csv:

  /** A record.
    *
    * @param cells
    *   its cells, none for a line of nothing, or what is wrong with it: no other follows then
    * @param isBlank
    *   is it a line of blanks, or of nothing?
    * @param end
    *   where the next record begins; beyond the text after the last one
    */
  final case class Line(cells: Either[String, Vector[String]], isBlank: Boolean, end: Int)

  /** The records, each read only when it is asked for. A line end at the end of the text makes one
    * more, without a cell.
    */
  def lines(text: String): Iterator[Line] =
    Iterator.unfold(0): start =>
      Option.when(start <= text.length):
        val line = lineAt(text, start)
        (line, line.end)

  /** The first record. */
  def first(text: String): Line = lineAt(text, 0)

  private def lineAt(text: String, start: Int): Line =
    val reader = Reader(text, start)
    val cells = boundary[Either[String, Vector[String]]](Right(reader.record()))
    val end = if cells.isLeft then text.length + 1 else reader.at
    val isBlank = text.substring(start, math.min(end, text.length)).forall(" \t\r\n".contains(_))
    Line(cells, isBlank, end)

  private type Problem = boundary.Label[Either[String, Vector[String]]]

  private final class Reader(text: String, start: Int):
    var at: Int = start

    def record()(using Problem): Vector[String] =
      val cells = Vector.newBuilder[String]
      var isInside = !endsLine
      while isInside do
        skipBlanks()
        cells += (if at < text.length && text(at) == '"' then quoted() else plain())
        isInside = !endsLine
        if isInside then at += 1 // the comma
      if at < text.length && text(at) == '\r' then at += 1
      at += 1
      cells.result()

    private def plain()(using Problem): String =
      val first = at
      while !endsLine && text(at) != ',' do
        if text(at) == '\r' then break(Left("has a CR without LF"))
        at += 1
      var end = at
      while end > first && isBlank(text(end - 1)) do end -= 1
      text.substring(first, end)

    private def quoted()(using Problem): String =
      val cell = StringBuilder()
      var isOpen = true
      while isOpen do
        val end = text.indexOf('"', at + 1)
        if end < 0 then break(Left("has a quote that is never closed"))
        cell ++= text.substring(at + 1, end)
        at = end + 1
        isOpen = at < text.length && text(at) == '"'
        if isOpen then cell += '"'
      skipBlanks()
      if !endsLine && text(at) != ',' then break(Left("has text after a closing quote"))
      cell.result()

    private def skipBlanks(): Unit =
      while at < text.length && isBlank(text(at)) do at += 1

    private def isBlank(c: Char): Boolean = c == ' ' || c == '\t'

    /** Is here the end of the text, LF, or CR before one of them? */
    private def endsLine: Boolean =
      at >= text.length || text(at) == '\n' ||
        text(at) == '\r' && (at + 1 == text.length || text(at + 1) == '\n')
