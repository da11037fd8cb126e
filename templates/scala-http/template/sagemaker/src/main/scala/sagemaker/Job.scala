package sagemaker

/** What a running training job can be told and asked by [[SageMakerAlgorithm.fit]]. */
trait Job:

  /** Has SageMaker asked the job to stop? Then return the best model so far (T30). */
  def isStopping: Boolean

  /** The name of this host. */
  def host: String

  /** The names of all hosts of the job (T12). */
  def hosts: Seq[String]

  /** Is this the host that writes the model (T22)? */
  def isFirstHost: Boolean = hosts.headOption.contains(host)

  /** Logs one metric, to be matched by MetricDefinitions such as `validation:accuracy=(.*?);`
    * (T27).
    *
    * @param context
    *   what else stands in the line, such as `"round" -> 3`
    */
  def metric(name: String, value: Double, context: (String, Any)*): Unit

  /** Keeps a state, so that a restarted job goes on after this round (T32). Only the first host
    * writes it.
    *
    * @param round
    *   grows from call to call
    * @param state
    *   anything that Java can serialise, as Scala's collections and case classes are
    */
  def checkpoint(round: Int, state: Serializable): Unit

  /** The state of the newest readable checkpoint, or what is given when the job starts afresh.
    *
    * It is deserialised: who may write to the bucket of the checkpoints may run code in the job.
    */
  def resume[S <: Serializable](otherwise: S): S
