package sagemaker;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.core.exc.StreamConstraintsException;

/**
 * Reads records value by value, in requests and in training data alike: a {@code Double} for each
 * column of numbers, a {@code String} or {@code null} for each column of text.
 */
public final class RowReader {

  private static final int SHOWN = 40; // characters of a value

  private final List<Column> columns;
  private final String allNames;
  private final boolean allowsMissing;

  public RowReader(List<Column> columns, boolean allowsMissing) {
    this.columns = List.copyOf(columns);
    this.allowsMissing = allowsMissing;
    allNames = names(columns);
  }

  /**
   * Returns the row of the cells of a CSV record, in the order of the columns.
   *
   * @throws BadRequestException that says what is wrong with it
   */
  public List<Object> cells(List<String> cells) {
    requireWidth(cells.size());
    var row = new ArrayList<Object>(cells.size());
    for (int i = 0; i < columns.size(); i++) {
      row.add(cell(columns.get(i), cells.get(i)));
    }
    return row;
  }

  /**
   * Returns the row of a JSON value: a list in the order of the columns, or an object by their
   * names.
   *
   * @throws BadRequestException that says what is wrong with it
   */
  public List<Object> json(Object record) {
    List<?> values =
        switch (record) {
          case List<?> list -> list;
          case Map<?, ?> object -> byName(object);
          case null, default -> throw new BadRequestException("must be a list or an object");
        };
    requireWidth(values.size());
    var row = new ArrayList<Object>(values.size());
    for (int i = 0; i < columns.size(); i++) {
      row.add(value(columns.get(i), values.get(i)));
    }
    return row;
  }

  /**
   * Returns the value that JSON text holds.
   *
   * @throws BadRequestException if it is not JSON
   */
  public static Object parse(String text) {
    try {
      return Json.read(text);
    } catch (StreamConstraintsException error) {
      boolean isDeep = error.getMessage().contains("depth");
      throw new BadRequestException(isDeep ? "the JSON is nested too deeply" : reason(error));
    } catch (JacksonException error) {
      throw new BadRequestException(reason(error));
    }
  }

  private static String reason(JacksonException error) {
    var at = error.getLocation();
    String where =
        at == null ? "" : ": line %d column %d".formatted(at.getLineNr(), at.getColumnNr());
    return first(200, "the body is not JSON: " + error.getOriginalMessage() + where);
  }

  private void requireWidth(int size) {
    if (size != columns.size()) {
      throw new BadRequestException(
          "%d values, expected %d: %s".formatted(size, columns.size(), allNames));
    }
  }

  private List<?> byName(Map<?, ?> object) {
    List<Column> missing =
        columns.stream().filter(column -> !object.containsKey(column.name())).toList();
    if (!missing.isEmpty()) {
      throw new BadRequestException("no value for " + names(missing));
    }
    return columns.stream().<Object>map(column -> object.get(column.name())).toList();
  }

  private static String names(List<Column> columns) {
    return String.join(", ", columns.stream().map(Column::name).toList());
  }

  /**
   * Returns the value of a CSV cell; a blank is a missing one, and so is NA or NaN for a number.
   */
  private Object cell(Column column, String cell) {
    String word = withoutBlanks(cell);
    if (word.isEmpty()) {
      return missing(column);
    }
    if (column.kind() == Column.Kind.TEXT) {
      return text(column, cell);
    }
    if (word.equalsIgnoreCase("NA") || word.equalsIgnoreCase("NaN")) {
      return missing(column);
    }
    try {
      return finite(column, Numbers.parse(word));
    } catch (NumberFormatException error) {
      throw new BadRequestException(
          "%s must be a number, not %s".formatted(column.name(), quoted(word)));
    }
  }

  /**
   * Returns a JSON value as the column's kind; null is a missing one, and so is NaN for a number.
   */
  private Object value(Column column, Object value) {
    boolean isNumber = column.kind() == Column.Kind.NUMBER;
    boolean isNan = value instanceof Number number && Double.isNaN(number.doubleValue());
    if (value == null || isNumber && isNan) {
      return missing(column);
    }
    if (isNumber && value instanceof Number number) {
      return finite(column, number.doubleValue());
    }
    if (!isNumber && value instanceof String text) {
      return text(column, text);
    }
    String kind = isNumber ? "a number" : "text";
    throw new BadRequestException(
        "%s must be %s, not %s".formatted(column.name(), kind, first(SHOWN, Json.show(value))));
  }

  private Object missing(Column column) {
    if (!allowsMissing) {
      throw new BadRequestException(column.name() + " is missing");
    }
    return column.kind() == Column.Kind.NUMBER ? Double.NaN : null;
  }

  private static Double finite(Column column, double number) {
    if (!Double.isFinite(number)) {
      throw new BadRequestException(column.name() + " is not a finite number");
    }
    return number;
  }

  /** Refuses text that could not be written out again. */
  private static String text(Column column, String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean isPair =
          Character.isHighSurrogate(c)
              && i + 1 < text.length()
              && Character.isLowSurrogate(text.charAt(i + 1));
      if (c == '\0' || Character.isSurrogate(c) && !isPair) {
        throw new BadRequestException(
            "%s must be text without NUL or half a surrogate pair, not %s"
                .formatted(column.name(), first(SHOWN, Json.show(text))));
      }
      i += isPair ? 1 : 0;
    }
    return text;
  }

  private static String withoutBlanks(String text) {
    int start = 0;
    int end = text.length();
    while (start < end && isBlank(text.charAt(start))) {
      start++;
    }
    while (end > start && isBlank(text.charAt(end - 1))) {
      end--;
    }
    return text.substring(start, end);
  }

  private static boolean isBlank(char c) {
    return c == ' ' || c == '\t';
  }

  /** Returns the beginning of a text between quotes, single ones if possible. */
  public static String quoted(String text) {
    String start = first(SHOWN, text);
    String shown =
        start.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t").replace("\r", "\\r");
    if (!start.contains("'")) {
      return "'" + shown + "'";
    }
    return start.contains("\"") ? "'" + shown.replace("'", "\\'") + "'" : '"' + shown + '"';
  }

  /** Returns so many characters of a text, or all where it has no more. */
  public static String first(int characters, String text) {
    return text.substring(0, Math.min(text.length(), characters));
  }
}
