package serve

import java.nio.file.Path

import algorithm.Algorithm
import sagemaker.SageMakerAlgorithm

/** The server that `program/serve` starts: loads the model, then answers requests. */
object Serve:

  /** OPT_ML is for a run outside of the container, as in an IDE. */
  private val Model = Path.of(sys.env.getOrElse("OPT_ML", "/opt/ml"), "model")

  def main(arguments: Array[String]): Unit =
    val settings = Settings.ofSystemProperties()
    val supervisor = Supervisor(settings.socket)
    val workers = Workers(settings.workers, settings.timeout, supervisor.askForReplacement)
    val predictor = load(Algorithm(), settings)
    val invocations = Invocations(predictor, settings, workers)
    val server = WebServer(settings.socket, invocations)
    server.start()
    Runtime.getRuntime.addShutdownHook(Thread(() => stop(server, invocations, settings)))
    supervisor.publishColumns(predictor.describeColumns)
    supervisor.announceReady()

  private def load[M](algorithm: SageMakerAlgorithm[M], settings: Settings): Predictor[M] =
    try Predictor(algorithm, algorithm.load(Model), settings.isBatch)
    catch // whatever it is, the container ends (H12)
      case error: Throwable =>
        error.printStackTrace()
        val reason = s"${error.getClass.getSimpleName}: ${error.getMessage}"
        Console.err.println(s"serve: cannot load the model in $Model: $reason")
        sys.exit(1)

  /** Finishes requests in flight, and ends with a code of its own: the JVM's would be 143. */
  private def stop(server: WebServer, invocations: Invocations, settings: Settings): Unit =
    val deadline = settings.grace.fromNow
    server.drain()
    while !invocations.isIdle && deadline.hasTimeLeft() do Thread.sleep(20)
    Runtime.getRuntime.halt(0)
