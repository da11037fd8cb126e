package sagemaker

import java.util.LinkedHashMap

import scala.collection.immutable.{AbstractMap, VectorMap}
import scala.jdk.CollectionConverters.*
import scala.util.Using

import tools.jackson.core.*
import tools.jackson.core.exc.StreamReadException
import tools.jackson.core.json.{JsonFactory, JsonReadFeature}

/** A JSON value. */
enum Json:
  case Null
  case Bool(value: Boolean)
  case Whole(value: BigInt)
  case Num(value: Double)
  case Str(value: String)
  case Arr(values: Json*)
  case Obj(fields: Map[String, Json] = VectorMap.empty)

  /** This value as text without blanks. */
  def compact: String = JsonWriter.Compact.write(this)

  /** This value as text for a message: with blanks, and in ASCII. */
  def readable: String = JsonWriter.Readable.write(this)

object Json:

  private val factory = JsonFactory
    .builder()
    .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
    .streamReadConstraints(StreamReadConstraints.builder().maxStringLength(Int.MaxValue).build())
    .build()

  /** A parser of this text, for those who want it faster. */
  def parser(text: String): JsonParser = factory.createParser(ObjectReadContext.empty(), text)

  /** The one value that the text holds, or why it is not JSON. */
  def read(text: String): Either[JacksonException, Json] =
    try Right(Using.resource(parser(text))(single))
    catch case error: JacksonException => Left(error)

  private def single(parser: JsonParser): Json =
    parser.nextToken()
    val json = value(parser)
    if parser.nextToken() != null then
      throw StreamReadException(parser, "there is more after the value")
    json

  private def value(parser: JsonParser): Json = parser.currentToken() match
    case JsonToken.START_OBJECT       => obj(parser)
    case JsonToken.START_ARRAY        => arr(parser)
    case JsonToken.VALUE_STRING       => Str(parser.getString())
    case JsonToken.VALUE_NUMBER_INT   => Whole(BigInt(parser.getBigIntegerValue()))
    case JsonToken.VALUE_NUMBER_FLOAT => Num(parser.getDoubleValue())
    case JsonToken.VALUE_TRUE         => Bool(true)
    case JsonToken.VALUE_FALSE        => Bool(false)
    case JsonToken.VALUE_NULL         => Null
    case _                            => throw StreamReadException(parser, "there is no value")

  private def obj(parser: JsonParser): Json =
    val fields = LinkedHashMap[String, Json]()
    while parser.nextToken() != JsonToken.END_OBJECT do
      val name = parser.currentName()
      parser.nextToken()
      fields.put(name, value(parser))
    Obj(Fields(fields))

  private def arr(parser: JsonParser): Json =
    val values = Vector.newBuilder[Json]
    while parser.nextToken() != JsonToken.END_ARRAY do values += value(parser)
    Arr(values.result()*)

/** The fields of an object in their order. Java's map finds them: Scala's own takes quadratic time
  * for names that were chosen so that their hash codes collide.
  */
private final class Fields(byName: LinkedHashMap[String, Json]) extends AbstractMap[String, Json]:
  override def size: Int = byName.size
  override def get(name: String): Option[Json] = Option(byName.get(name))
  override def iterator: Iterator[(String, Json)] = byName.asScala.iterator
  override def removed(name: String): Map[String, Json] = VectorMap.from(this).removed(name)
  override def updated[V >: Json](name: String, value: V): Map[String, V] =
    VectorMap.from[String, V](this).updated(name, value)
