package sagemaker

import scala.collection.immutable.VectorMap

import Hyperparameters.Value

/** Named values that steer training, such as `Hyperparameters("max_depth" -> 6)`. */
final case class Hyperparameters(values: VectorMap[String, Value]):

  /** These and one more, or with another value for the one of that name. */
  def updated(name: String, value: Value): Hyperparameters =
    Hyperparameters(values.updated(name, value))

  def int(name: String): Int = get(name) { case value: Int => value }

  def long(name: String): Long = get(name) { case value: Long => value }

  def double(name: String): Double = get(name) { case value: Double => value }

  def boolean(name: String): Boolean = get(name) { case value: Boolean => value }

  def string(name: String): String = get(name) { case value: String => value }

  def list(name: String): Seq[Json] = get(name) { case Json.Arr(values*) => values }

  def fields(name: String): Map[String, Json] = get(name) { case Json.Obj(fields) => fields }

  private def get[A](name: String)(take: PartialFunction[Value, A]): A =
    val value = values.getOrElse(
      name,
      throw IllegalArgumentException(s"Algorithm declares no hyperparameter $name")
    )
    take.applyOrElse(
      value,
      _ => throw IllegalArgumentException(s"hyperparameter $name was declared as another type")
    )

  override def toString: String =
    values.map((name, value) => s"$name=${Hyperparameters.show(value)}").mkString("{", ", ", "}")

object Hyperparameters:

  /** A list is declared as `Json.Arr()`, an object as `Json.Obj()`. */
  type Value = Int | Long | Double | Boolean | String | Json

  def apply(values: (String, Value)*): Hyperparameters = Hyperparameters(VectorMap(values*))

  private def show(value: Value): String = value match
    case json: Json => json.readable
    case other      => other.toString
