package train

import java.io.{IOException, PrintWriter, StringWriter}
import java.nio.file.{Files, Path}

import sagemaker.JobException

/** Why a job failed: one sentence first, then where (T24). */
object Failure:

  /** Writes the reason to standard error and to output/failure, and returns the exit code 1. */
  def report(ml: Path, error: Throwable): Int =
    val trace = StringWriter()
    error.printStackTrace(PrintWriter(trace, true))
    val report = s"${sentence(error)}\n\n$trace"
    Console.err.print(report)
    try
      Files.createDirectories(ml.resolve("output"))
      Files.writeString(ml.resolve("output/failure"), report)
    catch
      case error: IOException => // must not hide the exit code
        Console.err.println(s"the failure file could not be written: $error")
    1

  private def sentence(error: Throwable): String = error match
    case job: JobException => job.getMessage
    case other             => s"${other.getClass.getSimpleName}: ${other.getMessage}"
