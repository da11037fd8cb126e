package serve

import java.lang.System.Logger.Level
import java.nio.ByteBuffer
import java.nio.charset.StandardCharsets.UTF_8
import java.util.concurrent.atomic.AtomicInteger

import org.eclipse.jetty.http.HttpHeader
import org.eclipse.jetty.io.Content
import org.eclipse.jetty.server.{Handler, Request, Response}
import org.eclipse.jetty.util.Callback
import sagemaker.JsonWriter

/** POST /invocations: asks the model. nginx lets nothing else through, and bounds the size. */
final class Invocations(predictor: Predictor[?], settings: Settings, workers: Workers)
    extends Handler.Abstract:

  private val encodings = ContentEncoding(settings.bodyMib)
  private val unanswered = AtomicInteger()
  private val tooLate = Refusal(
    504,
    s"the prediction took longer than MODEL_SERVER_TIMEOUT, ${settings.timeout.toSeconds} s"
  )

  /** Has every request its answer? Those that hang have got one as well. */
  def isIdle: Boolean = unanswered.get == 0

  override def handle(request: Request, response: Response, callback: Callback): Boolean =
    val count: Runnable = () => unanswered.decrementAndGet()
    val answer = Answer(request, response, Callback.from(callback, count))
    unanswered.incrementAndGet()
    try invoke(request, answer)
    catch // the client is gone, or there is no memory for what it sends
      case error: Throwable => answer.fail(error)
    true

  private def invoke(request: Request, answer: Answer): Unit =
    val contentType = header(request, HttpHeader.CONTENT_TYPE)
    val encoding = header(request, HttpHeader.CONTENT_ENCODING)
    val checked =
      for
        sent <- body(request) // before anything is refused: a rest would spoil the connection
        media <- MediaType.parse(contentType).left.map(Refusal(400, _))
        own <- media.format.toRight(unknownType(contentType))
        wanted <- MediaType.chooseAnswer(header(request, HttpHeader.ACCEPT), own).toRight(noAnswer)
        body <- encodings.decode(sent, encoding)
      yield (body, media, own, wanted)
    checked match
      case Left(refusal) => answer.refuse(refusal)
      case Right((body, media, own, wanted)) =>
        workers.run(predictor.answer(body, own, media, wanted), Left(tooLate)):
          case Right(bytes)  => answer.send(200, s"${wanted.name}; charset=utf-8", bytes)
          case Left(refusal) => answer.refuse(refusal)

  private def unknownType(contentType: String): Refusal =
    Refusal(415, s"Content-Type '$contentType' is not one of ${Format.names}")

  private val noAnswer = Refusal(406, s"Accept must allow one of ${Format.names}")

  private def header(request: Request, name: HttpHeader): String =
    Option(request.getHeaders.get(name)).getOrElse("")

  /** The whole body. nginx has received it before it asks: without a length there is none. */
  private def body(request: Request): Either[Refusal, Array[Byte]] =
    val length = math.max(request.getLength, 0)
    if length > Invocations.LargestBody then Left(Refusal(413, "the body is larger than 2 GiB"))
    else
      val body = new Array[Byte](length.toInt)
      Content.Source.asInputStream(request).readNBytes(body, 0, body.length)
      Right(body)

object Invocations:
  private val LargestBody = Int.MaxValue - 16L // what an array can hold

/** What a request is answered with. Sending waits for nothing: any thread may do it. */
final class Answer(request: Request, response: Response, callback: Callback):

  private val log = System.getLogger("serve")

  def send(status: Int, contentType: String, body: Array[Byte]): Unit =
    response.setStatus(status)
    response.getHeaders.put(HttpHeader.CONTENT_TYPE, contentType)
    response.getHeaders.put(HttpHeader.CONTENT_LENGTH, body.length.toLong)
    response.write(true, ByteBuffer.wrap(body), callback)

  /** Answers with the JSON that every error has: one short sentence, no stack trace (H20). */
  def refuse(refusal: Refusal): Unit =
    val path = Request.getPathInContext(request)
    log.log(Level.WARNING, s"${request.getMethod} $path: ${refusal.status}${refusal.logged}")
    val json = StringBuilder("{\"error\":")
    JsonWriter.Compact.quote(refusal.sentence.strip.split("\\s+").mkString(" ").take(1000), json)
    json ++= "}\n"
    refusal.headers.foreach((name, value) => response.getHeaders.put(name, value))
    // a prediction that hangs has this thread: no other request may come over the connection
    if refusal.status == 504 then response.getHeaders.put(HttpHeader.CONNECTION, "close")
    send(refusal.status, Format.Json.name, json.result().getBytes(UTF_8))

  /** Ends a request that cannot be answered as it should. */
  def fail(error: Throwable): Unit = callback.failed(error)
