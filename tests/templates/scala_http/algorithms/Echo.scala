package algorithm

import java.nio.file.Path

import sagemaker.*

/** Answers with what it was given: a number, and a text that may be missing. Its training shows the
  * data it read.
  */
final class Algorithm extends SageMakerAlgorithm[Unit]:

  val columns: Seq[Column] = Seq(Column.Number("number"), Column.Text("text"))

  override val allowsMissing = true

  def fit(channels: Channels, hyperparameters: Hyperparameters, job: Job): Unit =
    val rows = channels("train").rows(columns :+ Column.Text("target"))
    for row <- rows.indices do println(s"read: ${shown(rows, row)} ${quoted(rows.text(row, 2))}")

  def save(model: Unit, directory: Path): Unit = ()

  def load(directory: Path): Unit = ()

  def predict(model: Unit, rows: Rows): Seq[String] = rows.indices.map(shown(rows, _))

  private def shown(rows: Rows, row: Int): String =
    s"${rows.number(row, 0)} ${quoted(rows.text(row, 1))}"

  private def quoted(text: Option[String]): String = text.fold("null")(Json.Str(_).compact)
