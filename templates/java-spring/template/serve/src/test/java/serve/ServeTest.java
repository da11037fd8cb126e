package serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.context.ConfigurableApplicationContext;

/**
 * The whole server on a unix socket. The classes that are loaded here are those that the image has
 * prepared for a quick start: see the Dockerfile.
 */
class ServeTest {

  @TempDir static Path directory;
  private static Path socket;
  private static ConfigurableApplicationContext context;

  @BeforeAll
  static void start() {
    Logger.getLogger("").setLevel(Level.OFF);
    socket = directory.resolve("jvm-1.sock");
    Duration second = Duration.ofSeconds(1);
    var settings = new Settings(socket, 0, 1, second, second, 1, false, false, "{}");
    context = Serve.start(settings, new Predictor<>(new EchoAlgorithm(), "", false));
  }

  @AfterAll
  static void stop() {
    context.close();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "text/csv | 1,2 | text/csv;charset=utf-8 | 3.0",
        "text/csv;header=present | y,x^2,1 | text/csv;charset=utf-8 | 3.0",
        "application/json | {\"instances\": [[1, 2]]} | application/json;charset=utf-8 |"
            + " {\"predictions\":[3.0]}",
        "application/json | [{\"y\": 2, \"x\": 1}] | application/json;charset=utf-8 |"
            + " {\"predictions\":[3.0]}",
        "application/jsonlines | [1, 2]^[3, 4] | application/jsonlines;charset=utf-8 |"
            + " {\"prediction\":3.0}^{\"prediction\":7.0}",
      })
  void answersInTheTypeOfTheRequest(String type, String body, String answerType, String answer)
      throws IOException {
    String response = post("Content-Type: " + type + "\r\n", body.replace('^', '\n'));
    assertTrue(response.startsWith("HTTP/1.1 200"), response);
    assertTrue(response.contains("Content-Type: " + answerType + "\r\n"), response);
    assertEquals(answer.replace('^', '\n') + "\n", body(response));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "400 | Content-Type: text/csv | 1,x | row 1: y must be a number, not 'x'",
        "400 | Content-Type: application/json | [[1]] | row 1: 1 values, expected 2: x, y",
        "415 | Content-Type: text/plain | 1,2 | Content-Type 'text/plain' is not one of text/csv,"
            + " application/json, application/jsonlines",
        "406 | Content-Type: text/csv^Accept: image/png | 1,2 | Accept must allow one of text/csv,"
            + " application/json, application/jsonlines",
        "500 | Content-Type: text/csv | 404,2 | FileNotFoundException: no table of prices",
        "504 | Content-Type: text/csv | -1,2 | the prediction took longer than"
            + " MODEL_SERVER_TIMEOUT, 1 s",
      })
  void refusesWithOneSentence(int status, String headers, String body, String sentence)
      throws IOException {
    String response = post(headers.replace("^", "\r\n") + "\r\n", body);
    assertTrue(response.startsWith("HTTP/1.1 " + status), response);
    assertTrue(response.contains("Content-Type: application/json\r\n"), response);
    assertEquals("{\"error\":\"%s\"}\n".formatted(sentence), body(response));
  }

  @Test
  void answersTheNextRequestAfterOneThatHung() throws IOException {
    assertTrue(post("Content-Type: text/csv\r\n", "-1,0").startsWith("HTTP/1.1 504"));
    assertEquals("3.0\n", body(post("Content-Type: text/csv\r\n", "1,2")));
  }

  @Test
  void refusesWhatIsTooLarge() throws IOException {
    assertTrue(
        post("Content-Type: text/csv\r\n", "1,2\n".repeat(300_000)).startsWith("HTTP/1.1 413"));
  }

  @Test
  void knowsNoOtherPathsAndMethods() throws IOException {
    String unknown = send("GET /nowhere HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    assertTrue(unknown.startsWith("HTTP/1.1 404"));
    assertTrue(body(unknown).startsWith("{\"error\":\"no such path"), unknown);
    String wrong = send("GET /invocations HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    assertTrue(wrong.startsWith("HTTP/1.1 405"));
    assertTrue(wrong.contains("Allow: POST\r\n"));
    assertTrue(body(send("nonsense\r\n\r\n")).startsWith("{\"error\":"));
  }

  @Test
  void isWell() throws IOException {
    assertTrue(
        send("GET /ping HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            .startsWith("HTTP/1.1 200"));
  }

  /** Sends a request with a body and returns the whole response. */
  private static String post(String headers, String body) throws IOException {
    String head =
        "POST /invocations HTTP/1.1\r\n"
            + "Host: x\r\n"
            + "Connection: close\r\n"
            + "Content-Length: %d\r\n"
            + "%s\r\n";
    return send(head.formatted(body.length(), headers) + body);
  }

  private static String send(String request) throws IOException {
    try (var channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
      var bytes = ByteBuffer.wrap(request.getBytes(StandardCharsets.UTF_8));
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      return new String(Channels.newInputStream(channel).readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static String body(String response) {
    return response.substring(response.indexOf("\r\n\r\n") + 4);
  }
}
