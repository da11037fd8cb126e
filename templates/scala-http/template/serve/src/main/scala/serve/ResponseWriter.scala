package serve

import java.nio.charset.StandardCharsets.UTF_8

import sagemaker.{Numbers, Prediction, Scalar}
import sagemaker.JsonWriter.Compact

/** Writes predictions as text. SageMaker ends each answer of a batch job with a newline of its own
  * (B5).
  */
final class ResponseWriter(isBatch: Boolean):

  /** The body of an answer, in which the errors have the places of their records, so that the
    * output of a batch job lines up with its input (B5).
    *
    * @param predictions
    *   of the good records, in order
    * @param errors
    *   for each record what is wrong with it, if anything is
    */
  def write(
      predictions: Seq[Prediction],
      errors: Seq[Option[String]],
      format: Format
  ): Array[Byte] =
    val out = StringBuilder(16 * errors.size + 32)
    val items = inOrder(predictions, errors)
    format match
      case Format.Csv       => lines(items, out)(csv(_, out))
      case Format.Json      => json(items, out)
      case Format.JsonLines => lines(items, out)(jsonLine(_, out))
    if !isBatch then out += '\n'
    out.result().getBytes(UTF_8)

  private type Item = Either[String, Prediction]

  private def inOrder(
      predictions: Seq[Prediction],
      errors: Seq[Option[String]]
  ): Iterator[Item] =
    val rest = predictions.iterator
    errors.iterator.zipWithIndex.map: (error, position) =>
      error.map(Records.inRow(position, _)).toLeft(rest.next())

  private def lines(items: Iterator[Item], out: StringBuilder)(item: Item => Unit): Unit =
    var isFirst = true
    for value <- items do
      if !isFirst then out += '\n'
      item(value)
      isFirst = false

  // --- JSON ---

  private def json(items: Iterator[Item], out: StringBuilder): Unit =
    out ++= "{\"predictions\":"
    Compact.arr(items, out):
      case Right(prediction) => Compact.prediction(prediction, out)
      case Left(error)       => named("error", error, out)
    out += '}'

  private def jsonLine(item: Item, out: StringBuilder): Unit = item match
    case Right(prediction) => named("prediction", prediction, out)
    case Left(error)       => named("error", error, out)

  private def named(name: String, value: Prediction, out: StringBuilder): Unit =
    out ++= "{\"" ++= name ++= "\":"
    Compact.prediction(value, out)
    out += '}'

  // --- CSV ---

  private def csv(item: Item, out: StringBuilder): Unit = item match
    case Left(_)                               => out ++= "ERROR"
    case Right(values: Seq[Scalar @unchecked]) => out ++= values.map(cell).mkString(",")
    case Right(_: Map[?, ?]) =>
      throw IllegalStateException("values by name cannot be written as CSV: ask for JSON")
    case Right(value: Scalar) => out ++= cell(value)

  private def cell(value: Scalar): String = value match
    case number: Double => Numbers.write(number)
    case number: Float  => Numbers.write(number)
    case text: String   => quoted(text)
    case other          => other.toString

  private def quoted(text: String): String =
    if text.exists(c => c == ',' || c == '"' || c == '\n' || c == '\r') then
      s"\"${text.replace("\"", "\"\"")}\""
    else text
