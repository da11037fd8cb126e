package serve;

import java.util.List;
import sagemaker.Column;
import sagemaker.Json;
import sagemaker.Rows;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/** Reads plain numbers quickly; returns null where anything is out of the ordinary. */
final class FastReader {

  /**
   * The powers of ten that a double holds exactly: dividing a short number by one of them rounds
   * once, correctly.
   */
  private static final double[] POWERS_OF_TEN = {
    1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15
  };

  private final List<Column> columns;

  FastReader(List<Column> columns) {
    this.columns = columns;
  }

  /**
   * Reads lines such as {@code 5.1, -3}: decimal numbers of at most 15 digits, without an exponent.
   */
  Rows csv(String text) {
    if (text.isEmpty() || text.endsWith("\n")) { // a blank line is a record as well
      return null;
    }
    var rows = new Rows.Builder(columns);
    int at = 0;
    int length = text.length();
    while (at < length) {
      for (int left = columns.size(); left > 0; left--) {
        at = skipBlanks(text, at);
        int start = at;
        boolean isNegative = at < length && text.charAt(at) == '-';
        if (isNegative) {
          at++;
        }
        long digits = 0;
        int count = 0;
        int pointAt = -1;
        for (; at < length; at++) {
          char c = text.charAt(at);
          if (c >= '0' && c <= '9') {
            digits = 10 * digits + (c - '0');
            count++;
          } else if (c == '.' && pointAt < 0) {
            pointAt = count;
          } else {
            break;
          }
        }
        if (count == 0 || count > 15) {
          return null;
        }
        double number = pointAt < 0 ? digits : digits / POWERS_OF_TEN[count - pointAt];
        rows.number(isNegative ? -number : number);
        at = skipBlanks(text, at);
        boolean isLast = left == 1;
        if (isLast && at < length && text.charAt(at) == '\r') {
          at++;
        }
        if (at < length ? text.charAt(at) != (isLast ? '\n' : ',') : !isLast || start == length) {
          return null;
        }
        at++;
      }
    }
    return rows.build();
  }

  private static int skipBlanks(String text, int from) {
    int at = from;
    while (at < text.length() && text.charAt(at) == ' ') {
      at++;
    }
    return at;
  }

  /** Reads {@code [[5.1, 3]]} and {@code {"instances": [[5.1, 3]]}}. */
  Rows json(String text) {
    try (JsonParser parser = Json.parser(text)) {
      boolean isObject = parser.nextToken() == JsonToken.START_OBJECT;
      if (isObject
          && !(parser.nextToken() == JsonToken.PROPERTY_NAME
              && parser.currentName().equals("instances")
              && parser.nextToken() != null)) {
        return null;
      }
      Rows rows = parser.currentToken() == JsonToken.START_ARRAY ? jsonRows(parser) : null;
      boolean isOver =
          (!isObject || parser.nextToken() == JsonToken.END_OBJECT) && parser.nextToken() == null;
      return isOver ? rows : null;
    } catch (JacksonException error) { // is read again, to say what is wrong
      return null;
    }
  }

  private Rows jsonRows(JsonParser parser) {
    var rows = new Rows.Builder(columns);
    int count = 0;
    for (; parser.nextToken() == JsonToken.START_ARRAY; count++) {
      for (int left = columns.size(); left > 0; left--) {
        if (!parser.nextToken().isNumeric() || !Double.isFinite(parser.getDoubleValue())) {
          return null;
        }
        rows.number(parser.getDoubleValue());
      }
      if (parser.nextToken() != JsonToken.END_ARRAY) {
        return null;
      }
    }
    return count > 0 && parser.currentToken() == JsonToken.END_ARRAY ? rows.build() : null;
  }
}
