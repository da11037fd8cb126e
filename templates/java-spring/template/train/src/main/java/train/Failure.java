package train;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import sagemaker.JobException;

/** Why a job failed: one sentence first, then where, unless the sentence says it all (T24). */
final class Failure {

  private Failure() {}

  /** Writes the reason to standard error and to output/failure, and returns the exit code 1. */
  static int report(Path ml, Throwable error) {
    var report = new StringWriter();
    var out = new PrintWriter(report);
    out.println(sentence(error));
    if (!(error instanceof JobException)) {
      out.println();
      error.printStackTrace(out);
    }
    System.err.print(report);
    try {
      Files.createDirectories(ml.resolve("output"));
      Files.writeString(ml.resolve("output/failure"), report.toString());
    } catch (IOException ignored) { // must not hide the exit code
      System.err.println("the failure file could not be written: " + ignored);
    }
    return 1;
  }

  /** SageMaker shows the beginning: it says something. */
  private static String sentence(Throwable error) {
    String kind = error.getClass().getSimpleName();
    String message = error.getMessage() == null ? "" : error.getMessage().strip();
    if (error instanceof JobException) {
      return message;
    }
    return message.isEmpty() ? kind : kind + ": " + message;
  }
}
