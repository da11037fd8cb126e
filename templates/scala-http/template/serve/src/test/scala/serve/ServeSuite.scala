package serve

import java.net.UnixDomainSocketAddress
import java.nio.ByteBuffer
import java.nio.channels.{Channels, SocketChannel}
import java.nio.charset.StandardCharsets.UTF_8
import java.nio.file.Files
import java.util.logging.{Level, Logger}

import scala.concurrent.duration.DurationInt
import scala.util.Using

/** The whole server on a unix socket. The classes that are loaded here are those that the image has
  * prepared for a quick start: see the Dockerfile.
  */
class ServeSuite extends munit.FunSuite:

  private val socket = Files.createTempDirectory("serve").resolve("jvm-1.sock")
  private val settings = Settings(Some(socket), workers = 1, timeout = 1.second, grace = 1.second)
  private val workers = Workers(1, settings.timeout, () => ())
  private val predictor = Predictor(EchoAlgorithm(), (), isBatch = false)
  private val server = WebServer(Some(socket), Invocations(predictor, settings, workers))

  override def beforeAll(): Unit =
    Logger.getLogger("").setLevel(Level.OFF)
    server.start()

  override def afterAll(): Unit = server.stop()

  Seq(
    ("text/csv", "1,2", "3.0"),
    ("text/csv;header=present", "y,x\n2,1", "3.0"),
    ("application/json", """{"instances": [[1, 2]]}""", """{"predictions":[3.0]}"""),
    ("application/json", """[{"y": 2, "x": 1}]""", """{"predictions":[3.0]}"""),
    ("application/jsonlines", "[1, 2]\n[3, 4]", "{\"prediction\":3.0}\n{\"prediction\":7.0}")
  ).foreach: (contentType, body, expected) =>
    test(s"answers $contentType, $body in the type of the request"):
      val answer = post(body, s"Content-Type: $contentType")
      assertEquals((answer.status, answer.body), (200, s"$expected\n"))
      assertEquals(answer.contentType, s"${contentType.takeWhile(_ != ';')}; charset=utf-8")

  private val types = "text/csv, application/json, application/jsonlines"

  Seq(
    (400, "text/csv", "1,x", "row 1: y must be a number, not 'x'"),
    (400, "application/json", "[[1]]", "row 1: 1 values, expected 2: x, y"),
    (415, "text/plain", "1,2", s"Content-Type 'text/plain' is not one of $types"),
    (406, "text/csv\r\nAccept: image/png", "1,2", s"Accept must allow one of $types"),
    (500, "text/csv", "404,2", "FileNotFoundException: no table of prices"),
    (504, "text/csv", "-1,2", "the prediction took longer than MODEL_SERVER_TIMEOUT, 1 s")
  ).foreach: (status, contentType, body, sentence) =>
    test(s"refuses with $status and one sentence"):
      val answer = post(body, s"Content-Type: $contentType")
      val expected = s"""{"error":"$sentence"}""" + "\n"
      assertEquals((answer.status, answer.contentType), (status, "application/json"))
      assertEquals(answer.body, expected)

  test("answers the next request after one that hung"):
    assertEquals(post("-1,0", "Content-Type: text/csv").status, 504)
    assertEquals(post("1,2", "Content-Type: text/csv").body, "3.0\n")

  test("says in JSON that a request cannot be read"):
    val answer = send("nonsense\r\n\r\n")
    assertEquals(
      (answer.status, answer.body),
      (400, "{\"error\":\"the request cannot be read\"}\n")
    )

  private final case class Response(text: String):
    private val Array(head, content) = text.split("\r\n\r\n", 2): @unchecked
    def status: Int = head.split(' ')(1).toInt
    def contentType: String =
      head.linesIterator.collectFirst { case s"Content-Type: $value" => value }.getOrElse("")
    def body: String = content

  private def post(body: String, headers: String): Response =
    val head = s"POST /invocations HTTP/1.1\r\nHost: x\r\nConnection: close\r\n$headers\r\n"
    send(s"${head}Content-Length: ${body.length}\r\n\r\n$body")

  private def send(request: String): Response =
    Using.resource(SocketChannel.open(UnixDomainSocketAddress.of(socket))): channel =>
      val bytes = ByteBuffer.wrap(request.getBytes(UTF_8))
      while bytes.hasRemaining do channel.write(bytes)
      Response(String(Channels.newInputStream(channel).readAllBytes(), UTF_8))
