package serve;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Collections;
import java.util.Map;
import java.util.concurrent.Callable;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;
import sagemaker.BadRequestException;

/** POST /invocations: asks the model. */
@RestController
final class InvocationsController {

  private static final System.Logger LOG = System.getLogger("serve");
  private static final String TYPES = String.join(", ", MediaType.KNOWN);

  private final Predictor<?> predictor;
  private final Workers workers;
  private final ErrorAnswers errors;
  private final RequestBody bodies;
  private final ContentEncoding encodings;

  InvocationsController(
      Settings settings, Predictor<?> predictor, Workers workers, ErrorAnswers errors) {
    this.predictor = predictor;
    this.workers = workers;
    this.errors = errors;
    bodies = new RequestBody(settings, errors);
    encodings = new ContentEncoding(settings, errors);
  }

  @RequestMapping("/invocations")
  void invocations(HttpServletRequest request, HttpServletResponse response) throws IOException {
    if (!request.getMethod().equals("POST")) {
      refuse(
          request,
          response,
          new RefusedException(405, errors.reason(405), Map.of("Allow", "POST")));
      return;
    }
    try {
      workers.enter();
      try {
        answer(request, response);
      } finally {
        workers.leave();
      }
    } catch (RefusedException error) {
      refuse(request, response, error);
    } catch (BadRequestException error) {
      refuse(request, response, new RefusedException(400, error.getMessage()));
    } catch (IOException gone) {
      throw gone; // the client: there is nobody to answer
    } catch (Throwable error) {
      refuse(request, response, failed(error));
    }
  }

  private void answer(HttpServletRequest request, HttpServletResponse response) throws Exception {
    // before anything is refused: a rest would spoil the connection
    byte[] sent = bodies.read(request);
    String given = header(request, "Content-Type");
    MediaType type = MediaType.parse(given);
    if (!type.isKnown()) {
      throw new RefusedException(415, "Content-Type '%s' is not one of %s".formatted(given, TYPES));
    }
    String answerType = MediaType.chooseAnswer(header(request, "Accept"), type.name());
    if (answerType == null) {
      throw new RefusedException(406, "Accept must allow one of " + TYPES);
    }
    byte[] body = encodings.decode(sent, header(request, "Content-Encoding"));
    byte[] answer = predict(response, () -> predictor.answer(body, type, answerType));
    if (answer != null) {
      response.setContentType(answerType + "; charset=utf-8");
      response.setContentLength(answer.length);
      response.getOutputStream().write(answer);
    }
  }

  /** Returns a header that may stand on several lines, of which each counts. */
  private static String header(HttpServletRequest request, String name) {
    return String.join(", ", Collections.list(request.getHeaders(name)));
  }

  private byte[] predict(HttpServletResponse response, Callable<byte[]> work) throws Exception {
    try {
      return workers.call(response, work);
    } catch (IOException error) { // the model's own, not the client's
      throw failed(error);
    }
  }

  private static RefusedException failed(Throwable error) {
    LOG.log(System.Logger.Level.ERROR, "the request failed", error);
    String reason = "%s: %s".formatted(error.getClass().getSimpleName(), error.getMessage());
    return RefusedException.ofAlgorithm(500, reason);
  }

  private void refuse(
      HttpServletRequest request, HttpServletResponse response, RefusedException error)
      throws IOException {
    String asked = request.getMethod() + " " + request.getRequestURI();
    error.headers().forEach(response::setHeader);
    errors.send(response, asked, error.status(), error.getMessage(), error.isOurs());
  }
}
