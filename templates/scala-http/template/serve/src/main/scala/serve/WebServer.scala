package serve

import java.nio.file.{Files, Path}
import java.nio.file.attribute.PosixFilePermissions

import org.eclipse.jetty.server.{Handler, HttpConfiguration, HttpConnectionFactory, Server}
import org.eclipse.jetty.unixdomain.server.UnixDomainServerConnector
import org.eclipse.jetty.util.thread.QueuedThreadPool

/** Jetty on a unix socket, behind nginx: what nginx sees to is switched off here. */
final class WebServer(socket: Path, handler: Handler):

  // as many requests may be worked on or wait for a worker; more wait for a thread
  private val server = Server(QueuedThreadPool(1000))
  private val connector = UnixDomainServerConnector(server, HttpConnectionFactory(http))

  private def http: HttpConfiguration =
    val http = HttpConfiguration()
    http.setRequestHeaderSize(40 * 1024) // as much as nginx takes
    http.setSendServerVersion(false)
    http.setSendDateHeader(false)
    http

  def start(): Unit =
    connector.setUnixDomainPath(socket)
    connector.setAcceptQueueSize(4096)
    connector.setIdleTimeout(0) // nginx closes what it does not need any more
    connector.setShutdownIdleTimeout(-1)
    server.addConnector(connector)
    server.setHandler(handler)
    server.setErrorHandler: (request, response, callback) =>
      val refusal = Refusal(response.getStatus, "the request cannot be read")
      Answer(request, response, callback).refuse(refusal)
      true
    server.start()
    // nginx's workers are another user
    Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rw-rw-rw-"))

  /** Takes no new connections, and closes each of the others with its next answer. */
  def drain(): Unit = connector.shutdown()

  def stop(): Unit = server.stop()
