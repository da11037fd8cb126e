package serve;

import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Map;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RestController;
import sagemaker.Json;

/** A page to try the model, with SERVE_PLAYGROUND=1 only. */
@RestController
final class PlaygroundController {

  private static final Path PAGE = Path.of("/opt/program/playground.html");
  private static final Path PAYLOADS = Path.of("/tmp/payloads");

  private final boolean isOn;
  private final String columns;

  PlaygroundController(Settings settings, Predictor<?> predictor) {
    isOn = settings.hasPlayground();
    columns = predictor.describeColumns();
  }

  @GetMapping("/")
  void page(HttpServletResponse response) throws IOException {
    send(response, PAGE, "text/html");
  }

  @GetMapping("/playground/columns")
  void columns(HttpServletResponse response) throws IOException {
    if (!isOn) {
      response.sendError(HttpServletResponse.SC_NOT_FOUND);
      return;
    }
    response.setContentType(MediaType.JSON);
    response.setCharacterEncoding(StandardCharsets.UTF_8);
    response.getWriter().write(columns);
  }

  /** Lists the sample requests, as nginx lists a folder. */
  @GetMapping("/playground/payloads/")
  void payloads(HttpServletResponse response) throws IOException {
    if (!isOn || !Files.isDirectory(PAYLOADS)) {
      response.sendError(HttpServletResponse.SC_NOT_FOUND);
      return;
    }
    var entries = new ArrayList<Map<String, Object>>();
    try (var files = Files.list(PAYLOADS)) {
      for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
        entries.add(
            Map.of(
                "name", file.getFileName().toString(), "type", "file", "size", Files.size(file)));
      }
    }
    response.setContentType(MediaType.JSON);
    response.getWriter().write(Json.write(entries));
  }

  @GetMapping("/playground/payloads/{name}")
  void payload(@PathVariable("name") String name, HttpServletResponse response) throws IOException {
    send(response, PAYLOADS.resolve(Path.of(name).getFileName()), "application/octet-stream");
  }

  private void send(HttpServletResponse response, Path file, String type) throws IOException {
    if (!isOn || !Files.isRegularFile(file)) {
      response.sendError(HttpServletResponse.SC_NOT_FOUND);
      return;
    }
    response.setContentType(type);
    Files.copy(file, response.getOutputStream());
  }
}
