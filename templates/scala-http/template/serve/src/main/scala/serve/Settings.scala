package serve

import java.nio.file.Path

import scala.concurrent.duration.{DurationInt, FiniteDuration}

/** What `program/serve` has read from the environment and checked, as it hands it over in system
  * properties.
  *
  * @param socket
  *   where nginx asks
  * @param workers
  *   how many predictions there are at a time
  * @param timeout
  *   of one prediction
  * @param grace
  *   for requests in flight when this JVM is asked to stop
  * @param bodyMib
  *   how large a body may be, decoded; 0 is no limit
  * @param isBatch
  *   is this a batch transform job? Then each line of a request is a record of its own (B5)
  */
final case class Settings(
    socket: Path,
    workers: Int,
    timeout: FiniteDuration,
    grace: FiniteDuration,
    bodyMib: Int = 25,
    isBatch: Boolean = false
)

object Settings:

  def ofSystemProperties(): Settings =
    Settings(
      socket = Path.of(sys.props("serve.socket")),
      workers = sys.props("serve.workers").toInt,
      timeout = sys.props("serve.timeout").toInt.seconds,
      grace = sys.props("serve.grace").toInt.seconds,
      bodyMib = sys.props("serve.body-mib").toInt,
      isBatch = sys.props("serve.batch").toBoolean
    )
