package algorithm

import java.nio.file.{Files, Path}

import sagemaker.*

final case class Line(slope: Double, start: Double)

/** A numeric regression in a few lines: what a user writes who needs neither rounds nor
  * checkpoints.
  */
final class Algorithm extends SageMakerAlgorithm[Line]:

  private val log = System.getLogger("algorithm")

  val columns: Seq[Column] = Seq(Column.Number("x"))

  override val hyperparameters: Hyperparameters =
    Hyperparameters("degree" -> 1, "center" -> true, "name" -> "line", "range" -> Json.Arr())

  def fit(channels: Channels, hyperparameters: Hyperparameters, job: Job): Line =
    log.log(System.Logger.Level.INFO, "fits a line")
    println(s"given: $hyperparameters")
    val rows = channels("train").rows(columns :+ Column.Number("y"))
    val xs = rows.indices.map(rows.number(_, 0))
    val ys = rows.indices.map(rows.number(_, 1))
    val (meanX, meanY) = (xs.sum / rows.size, ys.sum / rows.size)
    val slope = xs.zip(ys).map((x, y) => (x - meanX) * (y - meanY)).sum /
      xs.map(x => (x - meanX) * (x - meanX)).sum
    Line(slope, meanY - slope * meanX)

  def save(line: Line, directory: Path): Unit =
    Files.writeString(directory.resolve("line.csv"), s"${line.slope},${line.start}")

  def load(directory: Path): Line =
    val numbers = Files.readString(directory.resolve("line.csv")).split(',').map(_.toDouble)
    Line(numbers(0), numbers(1))

  def predict(line: Line, rows: Rows): Seq[Double] =
    log.log(System.Logger.Level.INFO, "predicts by a line")
    rows.indices.map(row => math.rint(1e6 * (line.slope * rows.number(row, 0) + line.start)) / 1e6)
