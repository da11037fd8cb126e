package serve;

import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/** What else the platform asks; with nginx in front that answers them. */
@RestController
final class PlatformController {

  private final byte[] executionParameters;

  PlatformController(Settings settings) {
    executionParameters = (settings.executionParameters() + "\n").getBytes(StandardCharsets.UTF_8);
  }

  /**
   * Is this server well (H11)? It is when it answers: the model was loaded before the port was
   * opened.
   */
  @RequestMapping("/ping")
  void ping(HttpServletResponse response) {
    response.setStatus(HttpServletResponse.SC_OK);
  }

  /** How a batch job should send its requests (B2). */
  @RequestMapping("/execution-parameters")
  void executionParameters(HttpServletResponse response) throws IOException {
    response.setContentType(MediaType.JSON);
    response.setContentLength(executionParameters.length);
    response.getOutputStream().write(executionParameters);
  }
}
