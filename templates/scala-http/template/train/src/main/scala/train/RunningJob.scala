package train

import java.nio.file.Path
import java.util.Locale

import sagemaker.{Job, Json}

/** The job as resourceconfig.json describes it, until SageMaker asks it to stop. */
final class RunningJob(val host: String, val hosts: Seq[String], checkpoints: Checkpoints)
    extends Job:

  @volatile private var stopping = false

  def stop(): Unit = stopping = true

  def isStopping: Boolean = stopping

  def metric(name: String, value: Double, context: (String, Any)*): Unit =
    val before = context.map((key, what) => s"$key=$what ").mkString
    Train.log(s"$before$name=${RunningJob.sixDigits(value)};")

  def checkpoint(round: Int, state: Serializable): Unit =
    if isFirstHost then checkpoints.write(round, state) // all hosts share one place

  def resume[S <: Serializable](otherwise: S): S = checkpoints.newest(otherwise)

object RunningJob:

  def of(ml: Path): RunningJob =
    val resources = Config.read(ml.resolve("input/config/resourceconfig.json"))
    val host = resources.get("current_host").collect { case Json.Str(name) => name }
    // the only source for rank and world size (T12)
    val hosts = resources
      .get("hosts")
      .toSeq
      .flatMap:
        case Json.Arr(names*) => names.collect { case Json.Str(name) => name }
        case _                => Seq.empty
    val name = host.getOrElse("algo-1")
    val all = if hosts.isEmpty then Seq(name) else hosts
    RunningJob(name, all, Checkpoints(ml.resolve("checkpoints")))

  /** Six significant digits without zeros at the end: 0.966667, 1, 1.5e-07. */
  private[train] def sixDigits(value: Double): String =
    if value == 0 then "0"
    else if value.isNaN || value.isInfinite then value.toString.toLowerCase(Locale.ROOT)
    else
      val scientific = "%.5e".formatLocal(Locale.ROOT, value)
      val (digits, power) = scientific.splitAt(scientific.indexOf('e'))
      val exponent = power.drop(1).toInt
      if exponent >= -5 && exponent < 6 then
        withoutZeros(s"%.${5 - exponent}f".formatLocal(Locale.ROOT, value))
      else withoutZeros(digits) + power

  private def withoutZeros(digits: String): String =
    if digits.contains('.') then digits.replaceFirst("\\.?0+$", "") else digits
