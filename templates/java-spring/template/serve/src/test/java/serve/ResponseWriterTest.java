package serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class ResponseWriterTest {

  @Test
  void writesArraysAsLists() {
    List<?> rows = Arrays.asList(new float[][] {{0.5f, 0.25f}, {1f, Float.NaN}});
    assertEquals("{\"predictions\":[[0.5,0.25],[1.0,null]]}", write(rows, MediaType.JSON));
    assertEquals("0.5,0.25\n1.0,", write(rows, MediaType.CSV));
    List<?> others = List.of(new double[] {0.5}, new int[] {1, 2}, new Object[] {"a,b", null});
    assertEquals("{\"predictions\":[[0.5],[1,2],[\"a,b\",null]]}", write(others, MediaType.JSON));
    assertEquals("0.5\n1,2\n\"a,b\",", write(others, MediaType.CSV));
    assertEquals(
        "{\"prediction\":[0.5,0.25]}\n{\"prediction\":[1.0,null]}",
        write(rows, MediaType.JSON_LINES));
  }

  @Test
  void writesObjectsAsJsonInACell() {
    var object = new TreeMap<>(Map.of("a", List.of(0.5)));
    assertEquals("\"{\"\"a\"\":[0.5]}\"", write(List.of(object), MediaType.CSV));
    assertEquals("[1.0],x", write(List.of(List.of(new double[] {1}, "x")), MediaType.CSV));
  }

  @Test
  void aPredictionThatIsMissingIsNoBlankLine() {
    assertEquals("\"\"\n1", write(Arrays.asList(null, 1), MediaType.CSV));
  }

  @Test
  void refusesWhatIsNotText() {
    refuses("java.util.UUID cannot be written as JSON", new UUID(0, 1), MediaType.JSON);
    refuses("java.util.UUID cannot be written as JSON", new UUID(0, 1), MediaType.CSV);
  }

  private static void refuses(String sentence, Object prediction, String type) {
    var error = assertThrows(IllegalStateException.class, () -> write(List.of(prediction), type));
    assertEquals(sentence, error.getMessage());
  }

  private static String write(List<?> predictions, String type) {
    List<String> noErrors = Collections.nCopies(predictions.size(), null);
    byte[] body = new ResponseWriter(true).write(predictions, noErrors, type);
    return new String(body, StandardCharsets.UTF_8);
  }
}
