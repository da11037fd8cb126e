package serve;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import sagemaker.Json;
import sagemaker.Numbers;

/** Writes predictions as text of a media type. */
final class ResponseWriter {

  private final boolean isBatch; // SageMaker ends each batch answer with a newline of its own (B5)

  ResponseWriter(boolean isBatch) {
    this.isBatch = isBatch;
  }

  byte[] write(List<?> predictions, Map<Integer, String> errors, String type) {
    List<?> all = errors.isEmpty() ? predictions : withErrors(predictions, errors, type);
    var out = new StringBuilder(16 * all.size() + 32);
    switch (type) {
      case MediaType.CSV -> csv(all, out);
      case MediaType.JSON -> {
        Json.write(all, out.append("{\"predictions\":"));
        out.append('}');
      }
      default -> jsonLines(all, out);
    }
    return (isBatch ? out : out.append('\n')).toString().getBytes(StandardCharsets.UTF_8);
  }

  /**
   * Puts a placeholder at the place of each bad record, so that batch output lines up with its
   * input (B5).
   */
  private static List<?> withErrors(List<?> predictions, Map<Integer, String> errors, String type) {
    Iterator<?> rest = predictions.iterator();
    var all = new ArrayList<Object>();
    for (int position = 0; position < predictions.size() + errors.size(); position++) {
      String error = errors.get(position);
      if (error == null) {
        all.add(rest.next());
      } else {
        all.add(type.equals(MediaType.CSV) ? "ERROR" : Map.of("error", error));
      }
    }
    return all;
  }

  private static void jsonLines(List<?> predictions, StringBuilder out) {
    String separator = "";
    for (Object prediction : predictions) {
      out.append(separator);
      boolean isError =
          prediction instanceof Map<?, ?> map && map.keySet().equals(Map.of("error", "").keySet());
      if (isError) {
        Json.write(prediction, out);
      } else {
        Json.write(prediction, out.append("{\"prediction\":"));
        out.append('}');
      }
      separator = "\n";
    }
  }

  private static void csv(List<?> predictions, StringBuilder out) {
    String lineEnd = "";
    for (Object prediction : predictions) {
      out.append(lineEnd);
      switch (prediction) {
        case Collection<?> cells -> cells(cells, out);
        case Object array when array.getClass().isArray() -> cells(Json.list(array), out);
        case null, default -> cell(prediction, out);
      }
      lineEnd = "\n";
    }
  }

  private static void cells(Collection<?> cells, StringBuilder out) {
    String separator = "";
    for (Object cell : cells) {
      cell(cell, out.append(separator));
      separator = ",";
    }
  }

  private static void cell(Object value, StringBuilder out) {
    switch (value) {
      case null -> {}
      case Double number -> out.append(Numbers.write(number));
      case Float number -> out.append(Numbers.write(number));
      case Number number -> out.append(number);
      case Boolean bool -> out.append(bool);
      case String text -> out.append(isPlain(text) ? text : '"' + text.replace("\"", "\"\"") + '"');
      default ->
          throw new IllegalStateException(
              value.getClass().getName() + " cannot be written as a value of CSV");
    }
  }

  private static boolean isPlain(String text) {
    return text.chars().noneMatch(c -> c == ',' || c == '"' || c == '\n' || c == '\r');
  }
}
