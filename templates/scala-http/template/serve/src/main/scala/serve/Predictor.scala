package serve

import java.lang.System.Logger.Level

import sagemaker.{BadRequestException, Column, Json, Prediction, Rows, SageMakerAlgorithm}

/** A request that is answered with an error: its status, one sentence for the client (H20), what
  * else the answer has to say in its head, and whether the sentence is one of the server's own. The
  * algorithm's may quote the payload anywhere.
  */
final case class Refusal(
    status: Int,
    sentence: String,
    headers: Map[String, String] = Map.empty,
    isOurs: Boolean = true
):
  /** The beginning of the sentence for the log, up to where it quotes the payload (H50). */
  def logged: String =
    if isOurs then Refusal.Safe.findPrefixOf(sentence).fold("")(safe => s", ${safe.strip}") else ""

object Refusal:
  private val Safe = """(row [0-9]+: )?((?!, not )[^:'"])*+""".r

/** A loaded model, and how it is asked. */
final class Predictor[M](algorithm: SageMakerAlgorithm[M], model: M, isBatch: Boolean):

  private val log = System.getLogger("serve")
  private val reader = RequestReader(algorithm.columns, algorithm.allowsMissing, isBatch)
  private val writer = ResponseWriter(isBatch)

  /** The body of the answer to a request. */
  def answer(
      body: Array[Byte],
      format: Format,
      media: MediaType,
      answerFormat: Format
  ): Either[Refusal, Array[Byte]] =
    try
      reader.read(body, format, media) match
        case Right(records) =>
          Right(writer.write(predict(records.rows), records.errors, answerFormat))
        case Left(reason) => Left(Refusal(400, reason))
    catch
      case error: BadRequestException => Left(Refusal(400, error.getMessage, isOurs = false))
      case error: Throwable => // the model's, whatever it is: the next request may fare better
        log.log(Level.ERROR, "the request failed", error)
        val reason = s"${error.getClass.getSimpleName}: ${error.getMessage}"
        Left(Refusal(500, reason, isOurs = false))

  /** The names and the types of the columns as JSON: the page makes a form from them. */
  def describeColumns: String =
    val columns = algorithm.columns.map: column =>
      val kind = column match
        case Column.Number(_) => "number"
        case Column.Text(_)   => "text"
      Json.Obj(Map("name" -> Json.Str(column.name), "type" -> Json.Str(kind)))
    Json.Arr(columns*).compact

  private def predict(rows: Rows): Seq[Prediction] =
    if rows.size == 0 then Seq.empty
    else
      val predictions = algorithm.predict(model, rows)
      if predictions.size != rows.size then
        val found = s"${predictions.size} predictions for ${rows.size} rows"
        throw IllegalStateException(s"predict returned $found")
      predictions
