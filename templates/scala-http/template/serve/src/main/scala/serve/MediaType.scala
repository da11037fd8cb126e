package serve

import java.util.Locale

/** What a request and an answer can be. */
enum Format(val name: String):
  case Csv extends Format("text/csv")
  case Json extends Format("application/json")
  case JsonLines extends Format("application/jsonlines")

  /** The wildcard that means this one too, such as `text` with all its kinds. */
  def family: String = name.takeWhile(_ != '/') + "/*"

object Format:
  val names: String = values.map(_.name).mkString(", ")

/** A media type as it stands in a header: `Text/CSV; header=present` is text/csv with one
  * parameter.
  */
final case class MediaType(name: String, parameters: Map[String, String]):

  def format: Option[Format] = Format.values.find(_.name == name)

  def charset: String = parameters.getOrElse("charset", "utf-8")

object MediaType:

  /** A Content-Type, or what is wrong with it: it names a parameter twice. */
  def parse(header: String): Either[String, MediaType] =
    val (name, parameters) = split(header)
    val byName = parameters.toMap
    if byName.size < parameters.size then Left("Content-Type names a parameter twice")
    else Right(MediaType(name, byName))

  private def split(header: String): (String, List[(String, String)]) =
    val name :: rest = header.toLowerCase(Locale.ROOT).split(";", -1).toList: @unchecked
    (name.strip, rest.filterNot(_.isBlank).map(parameter))

  private def parameter(text: String): (String, String) =
    val (name, value) = text.span(_ != '=')
    // where quotes have begun before, they are not tried again: that would take quadratic time
    (name.strip, value.drop(1).strip.replaceAll("^\"+|(?<!\")\"+$", ""))

  /** The format of the answer for an Accept header; with no preference that is the request's own
    * (H14).
    *
    * For each format the most specific range decides (RFC 9110, 12.5.1). Of equal ones the first in
    * the header wins.
    */
  def chooseAnswer(accept: String, own: Format): Option[Format] =
    if accept.isBlank || accept == "*/*" then Some(own)
    else
      val parts = accept.split(",").toSeq.filterNot(_.isBlank).zipWithIndex
      // of ranges with one name the first one counts
      val ranges = parts.reverse.map((part, place) => range(part, place)).toMap
      def preference(format: Format): (Double, Int) =
        Seq(format.name, format.family, "*/*").flatMap(ranges.get).headOption.getOrElse((0, 0))
      if ranges.isEmpty then Some(own)
      else
        // of equal ones minBy takes the first
        Some((own +: Format.values.toSeq).minBy: format =>
          val (quality, place) = preference(format)
          (-quality, place)
        ).filter(preference(_)._1 > 0)

  /** The name of a range, how much it is liked, and where it stands. */
  private def range(part: String, place: Int): (String, (Double, Int)) =
    val (name, parameters) = split(part)
    val quality = parameters.toMap.getOrElse("q", "1")
    (name, (if Quality.matches(quality) then quality.toDouble else 1, place))

  private val Quality = """0(\.[0-9]*)?|\.[0-9]+|1(\.0*)?""".r
