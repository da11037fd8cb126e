package algorithm

import java.io.InputStream
import java.nio.file.{Files, Path}

import sagemaker.*

/** Runs while the image is built: see README.md. */
class AlgorithmSuite extends munit.FunSuite:

  private val algorithm = Algorithm()

  private def rows(values: Seq[Double]*): Rows = Rows(algorithm.columns, values)

  private def fit(maxDepth: Int, job: FakeJob = FakeJob(), channel: FakeChannel = FakeChannel()) =
    val hyperparameters = algorithm.hyperparameters.updated("max_depth", maxDepth)
    algorithm.fit(Channels(Map("train" -> channel)), hyperparameters, job)

  test("learns the difference"):
    val answers = algorithm.predict(fit(2), rows(Seq(5.0, 3.4, 1.5, 0.2), Seq(6.5, 3.0, 5.6, 2.0)))
    assertEquals(answers, Seq("setosa", "virginica"))

  test("goes on after the checkpoint"):
    val job = FakeJob(state = Vector(0.5))
    fit(3, job)
    assertEquals(job.rounds, Vector(2, 3))

  test("stops after the round when asked"):
    val job = FakeJob(isStopping = true)
    fit(3, job)
    assertEquals(job.rounds, Vector(1))

  test("refuses depth zero"):
    val error = intercept[JobException](fit(0))
    assertEquals(error.getMessage, "max_depth must be 1 or more, not 0")

  test("refuses what is missing"):
    val number = FakeChannel(Seq(5.0, Double.NaN, 1.4, 0.2, "setosa"))
    assertEquals(refusal(number), "row 41 of the data: sepal_width is missing")
    val label = FakeChannel(Seq(5.0, 3.4, 1.4, 0.2, None))
    assertEquals(refusal(label), "row 41 of the data: species is missing")

  private def refusal(channel: FakeChannel): String =
    intercept[JobException](fit(1, channel = channel)).getMessage

  test("a loaded model predicts what the saved one did"):
    val directory = Files.createTempDirectory("model")
    val model = fit(2)
    algorithm.save(model, directory)
    val some = rows(Seq(5.0, 3.4, 1.5, 0.2))
    assertEquals(algorithm.predict(algorithm.load(directory), some), algorithm.predict(model, some))

/** Stands in for the job's input: two species that the length of a petal tells apart. */
private class FakeChannel(last: Seq[Rows.Cell] = Seq(5.0, 3.4, 1.4, 0.2, "setosa")) extends Channel:

  def rows(columns: Seq[Column]): Rows =
    val both = (0 until 20).flatMap: i =>
      Seq(
        Seq(5.0, 3.4, 1.4 + i / 100.0, 0.2, "setosa"),
        Seq(6.5, 3.0, 5.5 + i / 100.0, 2.0, "virginica")
      )
    Rows(columns, both :+ last)

  def files: Seq[Path] = Seq.empty

  def foreachStream(suffix: String)(read: (String, InputStream) => Unit): Unit = ()

/** Stands in for the running job, and remembers what fit told it. */
private class FakeJob(val isStopping: Boolean = false, state: Vector[Double] = Vector.empty)
    extends Job:
  var rounds: Vector[Any] = Vector.empty

  val host = "algo-1"
  val hosts = Seq("algo-1")

  def metric(name: String, value: Double, context: (String, Any)*): Unit =
    rounds = rounds ++ context.collect { case ("round", round) => round }

  def checkpoint(round: Int, state: Serializable): Unit = ()

  def resume[S <: Serializable](otherwise: S): S = state.asInstanceOf[S]
