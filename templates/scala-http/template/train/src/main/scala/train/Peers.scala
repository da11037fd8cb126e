package train

import java.io.IOException
import java.net.{InetSocketAddress, ServerSocket, Socket, SocketTimeoutException}

import scala.annotation.tailrec
import scala.concurrent.duration.*
import scala.util.Using

/** The other hosts of a job, where the first one trains alone.
  *
  * Docker Compose, which runs the local mode of the SageMaker SDK, stops all hosts when one of them
  * ends (L4): a host that has nothing to do must not be the first to end. So it keeps a connection
  * to the first one, until that is closed.
  */
final class Peers(job: RunningJob) extends AutoCloseable:

  private var listener: Option[ServerSocket] = None

  /** Lets the other hosts connect, if there are others. Their connections are reset by closing. */
  def listen(): Unit =
    if job.hosts.size > 1 then
      try listener = Some(ServerSocket(Peers.Port, job.hosts.size))
      catch
        case taken: IOException =>
          Train.log(s"the other hosts will not wait for this one: ${taken.getMessage}")

  def close(): Unit = listener.foreach(_.close())

  /** Returns when the first host has ended, could not be reached for a minute, or this one is asked
    * to stop.
    */
  def waitForFirstHost(): Unit =
    val first = job.hosts.head
    Train.log(s"${job.host}: $first trains alone, this host waits for its end")
    connect(first, Peers.Patience.fromNow) match
      case None             => Train.log(s"${job.host} ends: $first could not be reached")
      case Some(connection) =>
        Using.resource(connection)(waitForEnd)
        // Compose takes the exit code of the host that ends first: that is the first host's
        if !job.isStopping then Thread.sleep(2000)
        Train.log(s"${job.host} ends after $first")

  /** Returns a connection to the host, or none if there was none until the deadline. */
  @tailrec private def connect(host: String, deadline: Deadline): Option[Socket] =
    if deadline.isOverdue() || job.isStopping then None
    else
      val connection = Socket()
      val connected =
        try
          connection.connect(InetSocketAddress(host, Peers.Port), 1000)
          true
        catch case _: IOException => false // not started, or nobody knows its name yet (T40)
      if connected then Some(connection)
      else
        connection.close()
        Thread.sleep(500)
        connect(host, deadline)

  private def waitForEnd(connection: Socket): Unit =
    connection.setSoTimeout(1000) // looks once a second whether it is asked to stop
    var open = true
    while open && !job.isStopping do
      try open = connection.getInputStream.read() >= 0
      catch
        case _: SocketTimeoutException => ()
        case _: IOException            => open = false

object Peers:

  /** Where the first host of a job listens for the others. */
  private val Port = 10040

  private val Patience = 60.seconds
