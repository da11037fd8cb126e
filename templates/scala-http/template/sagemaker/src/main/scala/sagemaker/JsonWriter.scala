package sagemaker

import java.util.HexFormat

/** Writes JSON. What it cannot say, NaN and infinity, becomes null. */
final class JsonWriter private (comma: String, colon: String, lastPlain: Char):

  def write(value: Json): String =
    val out = StringBuilder()
    write(value, out)
    out.result()

  private def write(value: Json, out: StringBuilder): Unit = value match
    case Json.Null         => out ++= "null"
    case Json.Bool(value)  => out.append(value)
    case Json.Whole(value) => out.append(value)
    case Json.Num(value)   => number(value, out)
    case Json.Str(value)   => quote(value, out)
    case Json.Arr(values*) => arr(values, out)(write(_, out))
    case Json.Obj(fields)  => obj(fields, out)(write(_, out))

  /** Appends what a model has predicted. */
  def prediction(value: Prediction, out: StringBuilder): Unit = value match
    case json: Json                           => write(json, out)
    case values: Seq[Item @unchecked]         => arr(values, out)(prediction(_, out))
    case fields: Map[String, Item] @unchecked => obj(fields, out)(prediction(_, out))
    case text: String                         => quote(text, out)
    case value: Double                        => number(value, out)
    case value: Float                         => number(value, out)
    case other                                => out.append(other)

  /** Appends a list, each item of it as the last argument says. */
  def arr[A](items: IterableOnce[A], out: StringBuilder)(item: A => Unit): Unit =
    out += '['
    var separator = ""
    for value <- items.iterator do
      out ++= separator
      item(value)
      separator = comma
    out += ']'

  private def obj[A](fields: Iterable[(String, A)], out: StringBuilder)(item: A => Unit): Unit =
    out += '{'
    var separator = ""
    for (name, value) <- fields do
      out ++= separator
      quote(name, out)
      out ++= colon
      item(value)
      separator = comma
    out += '}'

  private def number(value: Double, out: StringBuilder): Unit =
    out ++= (if value.isNaN || value.isInfinite then "null" else Numbers.write(value))

  /** Appends a text between quotes. */
  def quote(text: String, out: StringBuilder): Unit =
    out += '"'
    text.foreach:
      case c @ ('"' | '\\')              => out += '\\' += c
      case '\n'                          => out ++= "\\n"
      case '\r'                          => out ++= "\\r"
      case '\t'                          => out ++= "\\t"
      case '\b'                          => out ++= "\\b"
      case '\f'                          => out ++= "\\f"
      case c if c < ' ' || c > lastPlain => out ++= "\\u" ++= HexFormat.of().toHexDigits(c)
      case c                             => out += c
    out += '"'

object JsonWriter:
  val Compact = JsonWriter(",", ":", Char.MaxValue)
  val Readable = JsonWriter(", ", ": ", '~')
