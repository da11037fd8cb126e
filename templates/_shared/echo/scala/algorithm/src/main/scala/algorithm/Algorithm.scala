package algorithm

import java.nio.file.{Files, Path}

import scala.collection.immutable.VectorMap
import scala.util.control.NonFatal

import sagemaker.*

/** Tells what has reached it, for the vectors: each row is answered with its own values. */
final class Algorithm extends SageMakerAlgorithm[Json]:

  private def setting(name: String, otherwise: String): String = sys.env.getOrElse(name, otherwise)

  private def json(text: String): Json = Json.read(text).fold(throw _, identity)

  val columns: Seq[Column] =
    json(setting("ECHO_COLUMNS", """{"number": "number", "text": "text"}""")) match
      case Json.Obj(fields) =>
        fields.toSeq.map: (name, kind) =>
          if kind == Json.Str("number") then Column.Number(name) else Column.Text(name)
      case _ => Seq.empty

  override val allowsMissing: Boolean = setting("ECHO_MISSING", "") == "true"

  override val hyperparameters: Hyperparameters =
    Hyperparameters("whole" -> 1, "number" -> 0.5, "flag" -> false, "text" -> "x")

  def fit(channels: Channels, hyperparameters: Hyperparameters, job: Job): Json =
    val others = json(setting("ECHO_OTHERS", "[]")) match
      case Json.Arr(names*) => names.collect { case Json.Str(name) => Column.Text(name) }
      case _                => Seq.empty
    val seen = channels.byName.map: (name, channel) =>
      name -> (
        try
          Json.Obj(
            Map("rows" -> Json.Arr(listed(channel.rows(columns ++ others)).map(Json.Arr(_*))*))
          )
        catch case NonFatal(error) => Json.Obj(Map("error" -> Json.Str(error.getMessage)))
      )
    val values = hyperparameters.values.map((name, value) => name -> asJson(value))
    Json.Obj(Map("channels" -> Json.Obj(seen), "hyperparameters" -> Json.Obj(values)))

  private def asJson(value: Hyperparameters.Value): Json = value match
    case value: Int     => Json.Whole(value)
    case value: Long    => Json.Whole(value)
    case value: Double  => Json.Num(value)
    case value: Boolean => Json.Bool(value)
    case value: String  => Json.Str(value)
    case value: Json    => value

  private def listed(rows: Rows): Seq[Seq[Json]] =
    rows.indices.map: row =>
      rows.columns.zipWithIndex.map:
        case (Column.Number(_), place) => Json.Num(rows.number(row, place))
        case (Column.Text(_), place)   => rows.text(row, place).fold(Json.Null)(Json.Str(_))

  def save(model: Json, directory: Path): Unit =
    Files.writeString(directory.resolve("seen.json"), model.compact)

  def load(directory: Path): Json = Json.Null

  def predict(model: Json, rows: Rows): Seq[Prediction] =
    rows.column("answer") match
      case Some(column) => rows.indices.map(row => answers(rows.text(row, column).getOrElse("")))
      case None         => listed(rows)

  private val answers = Map[String, Prediction](
    "whole" -> 3,
    "number" -> 0.5,
    "text" -> "a \"quoted\", text",
    "true" -> true,
    "false" -> false,
    "missing" -> Json.Null,
    "nan" -> Double.NaN,
    "infinity" -> Double.PositiveInfinity,
    "list" -> Seq(1.5, "a", true, Json.Null),
    "object" -> VectorMap(
      "label" -> "a",
      "score" -> 0.5f,
      "count" -> 3L,
      "values" -> Json.Arr(Json.Num(0.25), Json.Num(Double.NaN)),
      "nothing" -> Float.NaN
    ),
    "nested" -> Seq(
      Json.Arr(Json.Whole(1), Json.Whole(2)),
      Json.Obj(Map("a" -> Json.Whole(1)))
    ),
    "error" -> Map("error" -> "x")
  ).withDefault(_ => throw IllegalArgumentException("no such answer"))
