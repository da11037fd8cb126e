package algorithm

import java.nio.file.Path

import scala.jdk.CollectionConverters.*

import org.tribuo.{Model, MutableDataset}
import org.tribuo.classification.{Label, LabelFactory}
import org.tribuo.classification.dtree.CARTClassificationTrainer
import org.tribuo.classification.dtree.impurity.GiniIndex
import org.tribuo.classification.evaluation.LabelEvaluator
import org.tribuo.evaluation.CrossValidation
import org.tribuo.impl.ArrayExample
import org.tribuo.provenance.SimpleDataSourceProvenance
import sagemaker.*

/** Your model. This file is yours: an update of the template never touches it.
  *
  * `train` calls fit and save; `serve` calls load once, then predict for every request.
  */
final class Algorithm extends SageMakerAlgorithm[Model[Label]]:

  /** The columns of a request, in order. */
  val columns: Seq[Column] = Seq(
    Column.Number("sepal_length"),
    Column.Number("sepal_width"),
    Column.Number("petal_length"),
    Column.Number("petal_width")
  )

  private val target = Column.Text("species")
  private val features = columns.map(_.name).toArray
  private val labels = LabelFactory()

  /** What a training job may set, with its default. SageMaker sends text; the default's type says
    * what it becomes.
    */
  override val hyperparameters: Hyperparameters =
    Hyperparameters("max_depth" -> 6, "folds" -> 5, "seed" -> 0)

  /** Returns a model trained on the channel `train`: a decision tree, its depth chosen by
    * cross-validation.
    *
    * One depth a round. After each round the job gets a metric, a checkpoint to resume from when
    * the instance is taken away, and is asked whether to stop. A model that trains in one go may
    * ignore all three.
    */
  def fit(channels: Channels, hyperparameters: Hyperparameters, job: Job): Model[Label] =
    val maxDepth = hyperparameters.int("max_depth")
    val folds = hyperparameters.int("folds")
    val seed = hyperparameters.int("seed")
    if maxDepth < 1 then throw JobException(s"max_depth must be 1 or more, not $maxDepth")
    val data = dataset(channels("train").rows(columns :+ target))

    var scores = job.resume(Vector.empty[Double]) // the accuracy of depth 1, 2, 3 ...
    while scores.size < maxDepth && (scores.isEmpty || !job.isStopping) do
      val depth = scores.size + 1
      val score = accuracy(tree(depth, seed), data, folds, seed)
      scores = scores :+ score
      job.metric("validation:accuracy", score, "round" -> depth)
      job.checkpoint(depth, scores)

    val candidates = scores.take(maxDepth)
    val bestDepth = candidates.indexOf(candidates.max) + 1
    println(s"depth $bestDepth is best")
    tree(bestDepth, seed).train(data)

  private def tree(depth: Int, seed: Int) =
    CARTClassificationTrainer(depth, 1, 0, 1, false, GiniIndex(), seed)

  private def accuracy(
      trainer: CARTClassificationTrainer,
      data: MutableDataset[Label],
      folds: Int,
      seed: Int
  ): Double =
    val validation = CrossValidation(trainer, data, LabelEvaluator(), folds, seed)
    val scores = validation.evaluate().asScala.map(_.getA.accuracy)
    scores.sum / scores.size

  private def dataset(rows: Rows): MutableDataset[Label] =
    rows.requireComplete() // the trees of this library know no missing values
    val dataset = MutableDataset(SimpleDataSourceProvenance("train", labels), labels)
    for row <- rows.indices; species <- rows.text(row, columns.size) do
      dataset.add(example(rows, row, Label(species)))
    dataset

  private def example(rows: Rows, row: Int, label: Label): ArrayExample[Label] =
    ArrayExample(label, features, Array.tabulate(features.length)(rows.number(row, _)))

  /** Writes the model into directory; SageMaker packs what lies there into model.tar.gz. */
  def save(model: Model[Label], directory: Path): Unit =
    model.serializeToFile(directory.resolve("model.tribuo"))

  /** Reads back what save wrote. */
  def load(directory: Path): Model[Label] =
    Model.deserializeFromFile(directory.resolve("model.tribuo")).castModel(classOf[Label])

  /** Returns one prediction for each row. Several threads call this at a time. */
  def predict(model: Model[Label], rows: Rows): Seq[String] =
    rows.indices.map: row =>
      model.predict(example(rows, row, LabelFactory.UNKNOWN_LABEL)).getOutput.getLabel
