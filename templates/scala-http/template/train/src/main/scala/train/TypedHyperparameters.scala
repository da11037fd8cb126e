package train

import java.util.Locale

import sagemaker.{Hyperparameters, JobException, Json, Numbers}

/** What the job gave, which is text, in the types that the algorithm declares. */
object TypedHyperparameters:

  /** The defaults overlaid with what the job gave, each in the type of its default (T10).
    *
    * @throws JobException
    *   that names the hyperparameter which does not fit
    */
  def of(asked: Map[String, Json], defaults: Hyperparameters): Hyperparameters =
    asked.foldLeft(defaults):
      case (values, (name, json)) =>
        defaults.values.get(name) match
          case Some(default) => values.updated(name, typed(name, text(json), default))
          case None =>
            if !name.startsWith("sagemaker_") then // those belong to SageMaker's own toolkits
              val known = defaults.values.keys.mkString(", ")
              Train.log(s"hyperparameter $name is not used: Algorithm knows $known")
            values

  /** Some SDKs JSON-encode every value, so '"5"' is 5 too. */
  private def text(json: Json): String =
    val text = json match
      case Json.Str(value) => value.strip
      case other           => other.compact
    Json.read(text) match
      case Right(Json.Str(unquoted)) => unquoted
      case _                         => text

  private def typed(
      name: String,
      text: String,
      default: Hyperparameters.Value
  ): Hyperparameters.Value =
    val word = text.strip
    val (value, kind): (Option[Hyperparameters.Value], String) = default match
      case _: String   => (Some(text), "text")
      case _: Boolean  => (boolean(word), "true or false")
      case _: Int      => (whole(word).toIntOption, range(word, Int.MinValue, Int.MaxValue))
      case _: Long     => (whole(word).toLongOption, range(word, Long.MinValue, Long.MaxValue))
      case _: Double   => (Numbers.parse(word).filter(_.isFinite), "a number")
      case _: Json.Obj => (json(text).collect { case found: Json.Obj => found }, "a JSON object")
      case _: Json     => (json(text).collect { case found: Json.Arr => found }, "a JSON list")
    value.getOrElse(throw JobException(s"hyperparameter $name must be $kind, not '$text'"))

  /** The word, or nothing where it has other digits than 0 to 9, of which Java takes all scripts.
    */
  private def whole(word: String): String = if Whole.matches(word) then word else ""

  private val Whole = "[+-]?[0-9]+".r

  private def range(word: String, least: Long, most: Long): String =
    if Whole.matches(word) then s"a whole number from $least to $most" else "a whole number"

  private def json(text: String): Option[Json] = Json.read(text).toOption

  private def boolean(word: String): Option[Boolean] = word.toLowerCase(Locale.ROOT) match
    case "true" | "1"  => Some(true)
    case "false" | "0" => Some(false)
    case _             => None
