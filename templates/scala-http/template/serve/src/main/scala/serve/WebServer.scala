package serve

import java.nio.file.{Files, Path}
import java.nio.file.attribute.PosixFilePermissions

import org.eclipse.jetty.server.{AbstractConnector, Handler, HttpConfiguration}
import org.eclipse.jetty.server.{HttpConnectionFactory, Server, ServerConnector}
import org.eclipse.jetty.unixdomain.server.UnixDomainServerConnector
import org.eclipse.jetty.util.thread.QueuedThreadPool

/** Jetty on a unix socket, behind nginx: what nginx sees to is switched off here. Without a socket,
  * as in an IDE, it listens on port 8080 of this machine.
  */
final class WebServer(socket: Option[Path], handler: Handler):

  // as many requests may be worked on or wait for a worker; more wait for a thread
  private val server = Server(QueuedThreadPool(1000))
  private val connector = socket.fold(onPort)(onSocket)

  private def onSocket(path: Path): AbstractConnector =
    val connector = UnixDomainServerConnector(server, HttpConnectionFactory(http))
    connector.setUnixDomainPath(path)
    connector.setAcceptQueueSize(4096)
    connector

  private def onPort: AbstractConnector =
    val connector = ServerConnector(server, HttpConnectionFactory(http))
    connector.setHost("127.0.0.1")
    connector.setPort(8080)
    connector

  private def http: HttpConfiguration =
    val http = HttpConfiguration()
    http.setRequestHeaderSize(40 * 1024) // as much as nginx takes
    http.setSendServerVersion(false)
    http.setSendDateHeader(false)
    http

  def start(): Unit =
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
    socket.foreach(Files.setPosixFilePermissions(_, PosixFilePermissions.fromString("rw-rw-rw-")))

  /** Takes no new connections, and closes each of the others with its next answer. */
  def drain(): Unit = connector.shutdown()

  def stop(): Unit = server.stop()
