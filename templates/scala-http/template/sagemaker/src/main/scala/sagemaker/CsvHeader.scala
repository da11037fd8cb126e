package sagemaker

/** The first record of CSV text where it names all columns: they are then taken by name.
  *
  * @param width
  *   how many cells it has
  * @param places
  *   where each column stands in it
  */
final class CsvHeader private (width: Int, places: Seq[Int]):

  /** Are the columns all there is, in their order? */
  def isInOrder: Boolean = places == (0 until width)

  /** The cells of a record in the order of the columns, or what is wrong with it. */
  def inOrder(cells: Seq[String]): Either[String, Seq[String]] =
    if cells.size == width then Right(places.map(cells))
    else Left(s"${cells.size} values, expected $width as in the header")

object CsvHeader:

  /** Does a record name all columns, wherever they stand? */
  def isIn(cells: Seq[String], columns: Seq[Column]): Boolean =
    val names = cells.toSet // a record can be long: each cell is read once
    columns.forall(column => names(column.name))

  /** A header, or what is wrong with it: a column is not there, or is named twice. */
  def of(cells: Seq[String], columns: Seq[Column]): Either[String, CsvHeader] =
    val names = columns.map(_.name)
    val isColumn = names.toSet
    val found = cells.zipWithIndex.filter((name, _) => isColumn(name)).groupMap(_._1)(_._2)
    val missing = names.filterNot(found.contains)
    val twice = names.filter(name => found.get(name).exists(_.size > 1))
    if missing.nonEmpty then Left(s"the header has no column ${missing.mkString(", ")}")
    else if twice.nonEmpty then Left(s"the header names ${twice.mkString(", ")} twice")
    else Right(CsvHeader(cells.size, names.map(found(_).head)))
