package serve;

import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.valves.ErrorReportValve;
import sagemaker.Json;

/**
 * The JSON that every error has: one short sentence, no stack trace (H20).
 *
 * <p>As a valve it does so where Tomcat or Spring refuse a request before any code of ours has seen
 * it.
 */
public final class ErrorAnswers extends ErrorReportValve {

  private static final System.Logger LOG = System.getLogger("serve");
  private static final int LONGEST = 1000;
  private static final Pattern SAFE = Pattern.compile("(row [0-9]+: )?((?!, not )[^:'\"])*+");

  private final Settings settings;

  ErrorAnswers(Settings settings) {
    this.settings = settings;
  }

  /**
   * Answers with an error.
   *
   * @param isOurs is the sentence one of the server's own? Then the log gets its beginning, up to
   *     where it quotes the payload (H50)
   */
  void send(
      HttpServletResponse response, String request, int status, String sentence, boolean isOurs)
      throws IOException {
    String why = isOurs ? ", " + withoutValues(sentence) : "";
    LOG.log(System.Logger.Level.WARNING, "{0}: {1}{2}", request, Integer.toString(status), why);
    String line = String.join(" ", sentence.strip().split("\\s+"));
    String message = line.substring(0, Math.min(line.length(), LONGEST));
    byte[] body = (Json.write(Map.of("error", message)) + "\n").getBytes(StandardCharsets.UTF_8);
    response.resetBuffer();
    response.setStatus(status);
    response.setContentType(MediaType.JSON);
    response.setContentLength(body.length);
    response.getOutputStream().write(body);
  }

  private static String withoutValues(String sentence) {
    Matcher safe = SAFE.matcher(sentence);
    return safe.lookingAt() ? safe.group().strip() : "";
  }

  @Override
  protected void report(Request request, Response response, Throwable error) {
    int status = response.getStatus();
    if (status < 400
        || response.isCommitted()
        || response.getContentWritten() > 0
        || !response.setErrorReported()) {
      return;
    }
    try {
      String asked = request.getMethod() + " " + request.getRequestURI();
      send(response, asked, status, reason(status), true);
      response.finishResponse();
    } catch (IOException gone) {
      LOG.log(System.Logger.Level.DEBUG, "the client is gone");
    }
  }

  String reason(int status) {
    return switch (status) {
      case 404 ->
          "no such path: there are GET /ping, POST /invocations and GET /execution-parameters";
      case 405 -> "use POST for /invocations";
      case 408 -> "the request did not arrive in time";
      case 413 -> "the body is larger than %d MiB".formatted(settings.maxBodyMib());
      case 503 -> "not ready: too many requests are waiting";
      case 504 ->
          "the prediction took longer than MODEL_SERVER_TIMEOUT, %d s"
              .formatted(settings.timeout().toSeconds());
      default -> "the request cannot be read";
    };
  }
}
