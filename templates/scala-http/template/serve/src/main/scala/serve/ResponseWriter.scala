package serve

import java.nio.charset.StandardCharsets.UTF_8

import sagemaker.{Item as Value, Json, Numbers, Prediction}
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
    case Left(_)                              => out ++= "ERROR"
    case Right(values: Seq[Value @unchecked]) => out ++= line(values)
    case Right(Json.Arr(values*))             => out ++= line(values)
    case Right(fields: Map[?, ?])             => out ++= quoted(json(fields))
    case Right(value: Value)                  => out ++= line(Seq(value))

  /** The cells of a line; a blank one would be skipped where it is read. */
  private def line(values: Seq[Value]): String =
    values.map(cell).mkString(",") match
      case ""    => "\"\""
      case cells => cells

  /** A cell: blank for what is missing or not finite, JSON for a list or an object. */
  private def cell(value: Value): String = value match
    case number: Double   => if number.isFinite then Numbers.write(number) else ""
    case number: Float    => if number.isFinite then Numbers.write(number) else ""
    case text: String     => quoted(text)
    case Json.Null        => ""
    case Json.Num(number) => cell(number)
    case Json.Str(text)   => quoted(text)
    case list: Json       => quoted(list.compact)
    case other            => other.toString

  private def json(fields: Map[?, ?]): String =
    val out = StringBuilder()
    Compact.prediction(fields.asInstanceOf[Prediction], out)
    out.result()

  private def quoted(text: String): String =
    val isSpecial = text.exists(c => c == ',' || c == '"' || c == '\n' || c == '\r')
    val hasBlanks = text.nonEmpty && (isBlank(text.head) || isBlank(text.last))
    if isSpecial || hasBlanks then s"\"${text.replace("\"", "\"\"")}\"" else text

  private def isBlank(c: Char): Boolean = c == ' ' || c == '\t'
