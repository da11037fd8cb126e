package train

import java.io.{IOException, PrintWriter, StringWriter}
import java.nio.file.{Files, Path}

import sagemaker.JobException

/** Why a job failed: one sentence first, then where, unless the sentence says it all (T24). */
object Failure:

  /** Writes the reason to standard error and to output/failure, and returns the exit code 1. */
  def report(ml: Path, error: Throwable): Int =
    val report = error match
      case _: JobException => s"${sentence(error)}\n"
      case _               => s"${sentence(error)}\n\n${trace(error)}"
    Console.err.print(report)
    try
      Files.createDirectories(ml.resolve("output"))
      Files.writeString(ml.resolve("output/failure"), report)
    catch
      case error: IOException => // must not hide the exit code
        Console.err.println(s"the failure file could not be written: $error")
    1

  private def trace(error: Throwable): String =
    val trace = StringWriter()
    error.printStackTrace(PrintWriter(trace, true))
    trace.toString

  /** SageMaker shows the beginning: it says something. */
  private def sentence(error: Throwable): String =
    val kind = error.getClass.getSimpleName
    val message = Option(error.getMessage).getOrElse("").strip
    error match
      case _: JobException      => message
      case _ if message.isEmpty => kind
      case _                    => s"$kind: $message"
