package train

import java.nio.file.{Files, Path}
import java.util.concurrent.{CompletableFuture, TimeUnit, TimeoutException}

import scala.jdk.StreamConverters.*
import scala.util.Using

import algorithm.Algorithm
import sagemaker.{JobException, SageMakerAlgorithm}

/** SageMaker runs a training job as `docker run IMAGE train`.
  *
  * Reads what the platform laid out below /opt/ml, lets the algorithm fit and save a model, and
  * ends with 0. On a failure it ends with 1 and says why in /opt/ml/output/failure, which SageMaker
  * shows as FailureReason (T24, T25).
  */
object Train:

  /** SageMaker kills the container 120 s after asking it to stop (T30): the rest is for saving. */
  private val StopSeconds = 100

  def main(arguments: Array[String]): Unit =
    if arguments.nonEmpty then
      Console.err.println(
        "usage: train\n\nTakes no arguments; everything comes from /opt/ml/input."
      )
      sys.exit(if arguments.sameElements(Array("--help")) then 0 else 2)
    // OPT_ML is for a run outside of the container, as in an IDE
    sys.exit(runJob(Path.of(sys.env.getOrElse("OPT_ML", "/opt/ml"))))

  def log(message: String): Unit = println(message)

  /** Runs the job and returns its exit code. */
  private def runJob(ml: Path): Int =
    try
      val job = RunningJob.of(ml)
      val exitCode = CompletableFuture[Int]()
      Runtime.getRuntime.addShutdownHook(Thread(() => stop(ml, job, exitCode)))
      val code = fitAndSave(ml, job)
      exitCode.complete(code)
      code
    catch case error: JobException => Failure.report(ml, error)

  private def fitAndSave(ml: Path, job: RunningJob): Int =
    try
      if job.isFirstHost then
        Using.resource(Peers(job)): peers =>
          peers.listen()
          trainModel(Algorithm(), ml, job)
      else
        // remove this if your algorithm is distributed: all hosts then fit, and the first one saves
        Peers(job).waitForFirstHost()
      0
    catch // whatever ended fit, a failed job says so, and not with 0
      case error: Throwable => Failure.report(ml, error)

  private def trainModel[M](algorithm: SageMakerAlgorithm[M], ml: Path, job: RunningJob): Unit =
    val asked = Config.read(ml.resolve("input/config/hyperparameters.json"))
    val hyperparameters = TypedHyperparameters.of(asked, algorithm.hyperparameters)
    val name = sys.env.getOrElse("TRAINING_JOB_NAME", "without a name")
    log(s"training job $name with $hyperparameters")
    val model = algorithm.fit(InputChannel.ofJob(ml), hyperparameters, job)
    if job.isStopping then log("the job was stopped early: the model is the best so far")
    if job.isFirstHost then // two hosts must not write the same files (T22)
      val directory = Files.createDirectories(ml.resolve("model"))
      algorithm.save(model, directory)
      log(s"model saved: ${names(directory).mkString(", ")}")

  private def names(directory: Path): Seq[String] =
    Using.resource(Files.list(directory))(_.toScala(Vector)).map(_.getFileName.toString).sorted

  /** Runs when the JVM is asked to end, by SIGTERM for one: asks fit to end after its round, and
    * waits until the model is saved. If that takes too long the job fails before it is killed
    * (T30).
    */
  private def stop(ml: Path, job: RunningJob, exitCode: CompletableFuture[Int]): Unit =
    if !exitCode.isDone then // otherwise nobody has asked: this is the end
      log("asked to stop: stopping after this round")
      job.stop()
      val code =
        try exitCode.get(StopSeconds, TimeUnit.SECONDS)
        catch
          case _: TimeoutException =>
            val late = s"stopped: fit did not return within $StopSeconds s of the request to stop"
            Failure.report(ml, JobException(late))
      Console.out.flush()
      Runtime.getRuntime.halt(code) // the JVM's own code would be 143
