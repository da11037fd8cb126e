package serve

import java.nio.file.Path

import scala.concurrent.duration.{DurationInt, FiniteDuration}

/** What `program/serve` has read from the environment and checked, as it hands it over in system
  * properties.
  *
  * @param socket
  *   where nginx asks; none outside of the container
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
    socket: Option[Path],
    workers: Int,
    timeout: FiniteDuration,
    grace: FiniteDuration,
    bodyMib: Int = 25,
    isBatch: Boolean = false
)

object Settings:

  def ofSystemProperties(): Settings =
    Settings(
      socket = sys.props.get("serve.socket").map(Path.of(_)),
      workers = number("workers", Runtime.getRuntime.availableProcessors),
      timeout = number("timeout", 65).seconds,
      grace = number("grace", 25).seconds,
      bodyMib = number("body-mib", 25),
      isBatch = sys.props.get("serve.batch").exists(_.toBoolean)
    )

  private def number(name: String, default: Int): Int =
    sys.props.get(s"serve.$name").fold(default)(_.toInt)
