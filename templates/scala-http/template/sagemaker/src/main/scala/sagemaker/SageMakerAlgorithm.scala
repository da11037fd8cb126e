package sagemaker

import java.nio.file.Path

/** A single value of an answer. */
type Scalar = Double | Float | Int | Long | Boolean | String

/** A value in an answer: a single one, or anything that JSON can say, such as `Json.Null`. */
type Item = Scalar | Json

/** What is answered for one row: a value, several, or several by name. */
type Prediction = Item | Seq[Item] | Map[String, Item]

/** What `algorithm.Algorithm` has to be able to do. `train` calls [[fit]] and [[save]]; `serve`
  * calls [[load]] once, then [[predict]] for every request, from several threads at a time.
  *
  * @tparam M
  *   the trained model
  */
trait SageMakerAlgorithm[M]:

  /** The columns of a request, in order. */
  def columns: Seq[Column]

  /** May values be missing? If so they reach [[predict]] as `NaN` or `None`; otherwise such a
    * request is refused with 400.
    */
  def allowsMissing: Boolean = false

  /** What a training job may set, with its defaults: the type of a default says what the job's text
    * becomes.
    */
  def hyperparameters: Hyperparameters = Hyperparameters()

  /** Returns a model trained on the job's input channels. The message of what it throws becomes the
    * job's FailureReason.
    */
  def fit(channels: Channels, hyperparameters: Hyperparameters, job: Job): M

  /** Writes the model into a directory; SageMaker packs what lies there into model.tar.gz. */
  def save(model: M, directory: Path): Unit

  /** Reads back what [[save]] wrote. */
  def load(directory: Path): M

  /** Returns one prediction for each row. Several threads call this at a time on the same model.
    *
    * @throws BadRequestException
    *   if the request is wrong: it is answered with 400 and the message
    */
  def predict(model: M, rows: Rows): Seq[Prediction]
