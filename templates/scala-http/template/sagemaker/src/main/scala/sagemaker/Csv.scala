package sagemaker

/** Splits CSV text into records. Quotes may hold commas, line ends and doubled quotes; blanks after
  * a comma do not count.
  */
object Csv:

  /** The cells of each record; a blank line is a record without a cell. */
  def records(text: String): Vector[Vector[String]] = iterator(text).toVector

  /** The same, each record read only when it is asked for. */
  def iterator(text: String): Iterator[Vector[String]] =
    val reader = Reader(text)
    Iterator.unfold(())(_ => Option.unless(reader.isAtEnd)((reader.record(), ())))

  /** The cells of the first record. */
  def firstRecord(text: String): Vector[String] =
    if text.isEmpty then Vector.empty else Reader(text).record()

  private val LineEnd = '\n'

  private final class Reader(text: String):
    private var at = 0

    def isAtEnd: Boolean = at >= text.length

    def record(): Vector[String] =
      val cells = Vector.newBuilder[String]
      var isInside = peek != LineEnd
      while isInside do
        cells += cell()
        isInside = peek == ','
        if isInside then at += 1
      endLine()
      cells.result()

    private def cell(): String =
      while !isAtEnd && text(at) == ' ' do at += 1
      val start = if !isAtEnd && text(at) == '"' then quoted() else ""
      start + plain() // what follows a closing quote belongs to the cell too

    private def plain(): String =
      val start = at
      while peek != LineEnd && peek != ',' do at += 1
      text.substring(start, at)

    private def quoted(): String =
      val cell = StringBuilder()
      var isOpen = true
      at += 1
      while isOpen && !isAtEnd do
        if text(at) == '"' then
          at += 1
          isOpen = !isAtEnd && text(at) == '"'
        if isOpen then
          cell += text(at)
          at += 1
      cell.result()

    /** The character here, LineEnd at any line end and at the end of the text. */
    private def peek: Char =
      if isAtEnd || text(at) == '\r' then LineEnd else text(at)

    private def endLine(): Unit =
      if text.startsWith("\r\n", at) then at += 1
      at += 1
