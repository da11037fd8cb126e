package algorithm

import java.nio.file.{Files, Path}

import sagemaker.*

/** Serves what a request asks for: its first number is what to do, its second one comes back. */
final class Algorithm extends SageMakerAlgorithm[Unit]:

  val columns: Seq[Column] = Seq(Column.Number("do"), Column.Number("answer"))

  def fit(channels: Channels, hyperparameters: Hyperparameters, job: Job): Unit = ()

  def save(model: Unit, directory: Path): Unit = ()

  def load(directory: Path): Unit =
    if Files.exists(Path.of("/tmp/broken")) then throw IllegalStateException("broken")

  def predict(model: Unit, rows: Rows): Seq[Double] =
    rows.number(0, 0) match
      case -5 => Seq.empty
      case what =>
        misbehave(what)
        rows.indices.map(rows.number(_, 1))

  private def misbehave(what: Double): Unit = what match
    case -1      => hang()
    case -2      => Thread.sleep(1_000_000) // hangs, but can be interrupted
    case -3      => Runtime.getRuntime.halt(9)
    case -4      => throw IllegalStateException("no good\nand more about it")
    case -6      => throw BadRequestException("not this one")
    case -7      => throw OutOfMemoryError("Java heap space")
    case seconds => Thread.sleep((1000 * seconds).toLong)

  private def hang(): Unit =
    var count = 0L
    while count >= 0 do count = (count + 1) % 1_000_000
