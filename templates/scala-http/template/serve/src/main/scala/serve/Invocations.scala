package serve

import java.lang.System.Logger.Level
import java.nio.ByteBuffer
import java.nio.charset.StandardCharsets.UTF_8
import java.util.concurrent.Semaphore
import java.util.concurrent.atomic.AtomicInteger

import org.eclipse.jetty.http.HttpHeader
import org.eclipse.jetty.io.Content
import org.eclipse.jetty.server.{Handler, Request, Response}
import org.eclipse.jetty.util.Callback
import sagemaker.JsonWriter

/** POST /invocations: asks the model. nginx lets nothing else through, and bounds the size. */
final class Invocations(predictor: Predictor[?], settings: Settings, workers: Workers)
    extends Handler.Abstract:

  private val places = Semaphore(Invocations.MostRequests)
  private val unanswered = AtomicInteger()
  private val tooLate = Refusal(
    504,
    s"the prediction took longer than MODEL_SERVER_TIMEOUT, ${settings.timeout.toSeconds} s"
  )

  /** Has every request its answer? Those that hang have got one as well. */
  def isIdle: Boolean = unanswered.get == 0

  override def handle(request: Request, response: Response, callback: Callback): Boolean =
    unanswered.incrementAndGet()
    val count: Runnable = () => unanswered.decrementAndGet()
    val answer = Answer(request, response, Callback.from(callback, count))
    if places.tryAcquire() then
      try invoke(request, answer)
      finally places.release()
    else answer.refuse(Refusal(503, "not ready: too many requests are waiting"))
    true

  private def invoke(request: Request, answer: Answer): Unit =
    val body = read(request) // before anything is refused: a rest would spoil the connection
    val media = MediaType.parse(header(request, HttpHeader.CONTENT_TYPE))
    val formats = for
      own <- media.format.toRight(unknownType(header(request, HttpHeader.CONTENT_TYPE)))
      wanted <- MediaType.chooseAnswer(header(request, HttpHeader.ACCEPT), own).toRight(unknownAccept)
    yield (own, wanted)
    formats match
      case Left(refusal) => answer.refuse(refusal)
      case Right((own, wanted)) =>
        workers.run(predictor.answer(body, own, media, wanted), Left(tooLate)):
          case Right(bytes) => answer.send(200, s"${wanted.name}; charset=utf-8", bytes)
          case Left(refusal) => answer.refuse(refusal)

  private def unknownType(contentType: String): Refusal =
    Refusal(415, s"Content-Type '$contentType' is not one of ${Format.names}")

  private val unknownAccept = Refusal(406, s"Accept must allow one of ${Format.names}")

  private def header(request: Request, name: HttpHeader): String =
    Option(request.getHeaders.get(name)).getOrElse("")

  /** The whole body, which nginx has received before it asks: its length is known. */
  private def read(request: Request): Array[Byte] =
    val body = new Array[Byte](request.getLength.toInt)
    Content.Source.asInputStream(request).readNBytes(body, 0, body.length)
    body

object Invocations:

  /** How many requests may be worked on or wait for a worker. */
  val MostRequests = 1000

/** What a request is answered with. Sending waits for nothing: any thread may do it. */
final class Answer(request: Request, response: Response, callback: Callback):

  private val log = System.getLogger("serve")

  def send(status: Int, contentType: String, body: Array[Byte]): Unit =
    response.setStatus(status)
    response.getHeaders.put(HttpHeader.CONTENT_TYPE, contentType)
    response.getHeaders.put(HttpHeader.CONTENT_LENGTH, body.length.toLong)
    response.write(true, ByteBuffer.wrap(body), callback)

  /** Answers with the JSON that every error has: one short sentence, no stack trace (H20). The log
    * gets no sentence: it may quote the payload (H50).
    */
  def refuse(refusal: Refusal): Unit =
    log.log(Level.WARNING, s"${request.getMethod} ${Request.getPathInContext(request)}: ${refusal.status}")
    val json = StringBuilder("{\"error\":")
    JsonWriter.Compact.quote(refusal.sentence.strip.split("\\s+").mkString(" ").take(1000), json)
    json ++= "}\n"
    // a prediction that hangs has this thread: no other request may come over the connection
    if refusal.status == 504 then response.getHeaders.put(HttpHeader.CONNECTION, "close")
    send(refusal.status, Format.Json.name, json.result().getBytes(UTF_8))
