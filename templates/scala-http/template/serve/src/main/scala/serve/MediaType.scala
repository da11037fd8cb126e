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

  def hasHeader: Boolean = parameters.get("header").contains("present")

object MediaType:

  def parse(header: String): MediaType =
    val name :: rest = header.toLowerCase(Locale.ROOT).split(";", -1).toList: @unchecked
    MediaType(name.strip, rest.map(parameter).toMap)

  private def parameter(text: String): (String, String) =
    val (name, value) = text.span(_ != '=')
    // where quotes have begun before, they are not tried again: that would take quadratic time
    (name.strip, value.drop(1).strip.replaceAll("^\"+|(?<!\")\"+$", ""))

  /** The format of the answer for an Accept header; with no preference that is the request's own
    * (H14).
    */
  def chooseAnswer(accept: String, own: Format): Option[Format] =
    if accept.isBlank || accept == "*/*" then Some(own)
    else
      val (offers, refusals) = accept.split(",").map(parse).partition(quality(_) > 0)
      val refused = refusals.map(_.name).toSet
      // a stable sort: first come, first served
      offers.sortBy(offer => -quality(offer)).flatMap(matching(_, own, refused)).headOption

  private def quality(offer: MediaType): Double =
    offer.parameters.get("q").flatMap(_.toDoubleOption).getOrElse(1)

  private def matching(offer: MediaType, own: Format, refused: Set[String]): Option[Format] =
    (own +: Format.values).find: format =>
      val isWild = offer.name == "*/*" || offer.name == format.family
      val isRefused = refused(format.name) || refused(format.family)
      offer.name == format.name || isWild && !isRefused
