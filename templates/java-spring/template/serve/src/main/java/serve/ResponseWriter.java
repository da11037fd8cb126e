package serve;

import java.nio.charset.StandardCharsets;
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

  /**
   * Returns the body of an answer.
   *
   * @param predictions of the good records, in order
   * @param errors for each record what is wrong with it, {@code null} for a good one: an error
   *     stands at the place of its record, so that batch output lines up with its input (B5)
   */
  byte[] write(List<?> predictions, List<String> errors, String type) {
    boolean isJson = type.equals(MediaType.JSON);
    var out = new StringBuilder(16 * errors.size() + 32);
    out.append(isJson ? "{\"predictions\":[" : "");
    Iterator<?> rest = predictions.iterator();
    for (int position = 0; position < errors.size(); position++) {
      if (position > 0) {
        out.append(isJson ? ',' : '\n');
      }
      String error = errors.get(position);
      if (error == null) {
        prediction(rest.next(), type, out);
      } else {
        error(position, error, type, out);
      }
    }
    out.append(isJson ? "]}" : "");
    return (isBatch ? out : out.append('\n')).toString().getBytes(StandardCharsets.UTF_8);
  }

  private static void prediction(Object prediction, String type, StringBuilder out) {
    switch (type) {
      case MediaType.CSV -> csv(prediction, out);
      case MediaType.JSON -> Json.write(prediction, out);
      default -> {
        Json.write(prediction, out.append("{\"prediction\":"));
        out.append('}');
      }
    }
  }

  private static void error(int position, String error, String type, StringBuilder out) {
    if (type.equals(MediaType.CSV)) {
      out.append("ERROR");
    } else {
      Json.write(Map.of("error", Records.inRow(position, error)), out);
    }
  }

  private static void csv(Object prediction, StringBuilder out) {
    int start = out.length();
    switch (prediction) {
      case Collection<?> cells -> cells(cells, out);
      case Object array when array.getClass().isArray() -> cells(Json.list(array), out);
      case null, default -> cell(prediction, out);
    }
    if (out.length() == start) {
      out.append("\"\""); // a blank line would be skipped where it is read
    }
  }

  private static void cells(Collection<?> cells, StringBuilder out) {
    String separator = "";
    for (Object cell : cells) {
      cell(cell, out.append(separator));
      separator = ",";
    }
  }

  /** Appends a cell: blank for what is missing or not finite, JSON for a list or a map. */
  private static void cell(Object value, StringBuilder out) {
    switch (value) {
      case null -> {}
      case Double number when !Double.isFinite(number) -> {}
      case Float number when !Float.isFinite(number) -> {}
      case Double number -> out.append(Numbers.write(number));
      case Float number -> out.append(Numbers.write(number));
      case Number number -> out.append(number);
      case Boolean bool -> out.append(bool);
      case String text -> text(text, out);
      default -> text(Json.write(value), out);
    }
  }

  private static void text(String text, StringBuilder out) {
    out.append(isPlain(text) ? text : '"' + text.replace("\"", "\"\"") + '"');
  }

  private static boolean isPlain(String text) {
    return text.chars().noneMatch(c -> c == ',' || c == '"' || c == '\n' || c == '\r')
        && !text.startsWith(" ")
        && !text.startsWith("\t")
        && !text.endsWith(" ")
        && !text.endsWith("\t");
  }
}
