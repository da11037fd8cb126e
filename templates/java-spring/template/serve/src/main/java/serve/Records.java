package serve;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import sagemaker.BadRequestException;
import sagemaker.Column;
import sagemaker.Json;
import sagemaker.Numbers;
import sagemaker.Rows;

/**
 * What the body of a request held.
 *
 * @param rows the good records, in order
 * @param errors for each record what is wrong with it, {@code null} for a good one; there are bad
 *     ones in a batch job only
 */
record Records(Rows rows, List<String> errors) {

  private static final int LONGEST = 1000; // characters of a message

  static Records of(Rows rows) {
    return new Records(rows, Collections.nCopies(rows.size(), null));
  }

  /**
   * Reads records value by value. The first bad one ends it with a {@link BadRequestException} that
   * says what is wrong and where; in a batch job the reader keeps that reason, and goes on (B5).
   */
  static final class Reader {

    private final List<Column> columns;
    private final String allNames;
    private final boolean allowsMissing;
    private final boolean isBatch;
    private final Rows.Builder rows;
    private final List<String> errors = new ArrayList<>();
    private String lastReason = "";

    Reader(List<Column> columns, boolean allowsMissing, boolean isBatch) {
      this.columns = columns;
      this.allNames = names(columns);
      this.allowsMissing = allowsMissing;
      this.isBatch = isBatch;
      rows = new Rows.Builder(columns);
    }

    Records records() {
      return new Records(rows.build(), errors);
    }

    /** Adds a record that is wrong for a reason that is known already. */
    void addBad(String reason) {
      if (!isBatch) {
        throw new BadRequestException(inRow(errors.size(), reason));
      }
      String kept = first(LONGEST, reason);
      if (!kept.equals(lastReason)) { // one that comes a million times is kept once
        lastReason = kept;
      }
      errors.add(lastReason);
    }

    /** Adds the cells of a line of CSV, in the order of the columns. */
    void addCells(List<String> cells) {
      add(cells, true);
    }

    /** Adds a JSON value: a list in the order of the columns, or an object by their names. */
    void addJson(Object value) {
      add(value, false);
    }

    private void add(Object record, boolean isText) {
      List<Object> row;
      try {
        row = row(record, isText);
      } catch (BadRequestException error) {
        addBad(error.getMessage());
        return;
      }
      rows.row(row);
      errors.add(null);
    }

    private List<Object> row(Object record, boolean isText) {
      List<?> values = inOrder(record);
      var row = new ArrayList<Object>(values.size());
      for (int i = 0; i < columns.size(); i++) {
        row.add(
            isText
                ? cell(columns.get(i), (String) values.get(i))
                : value(columns.get(i), values.get(i)));
      }
      return row;
    }

    private List<?> inOrder(Object record) {
      List<?> values =
          switch (record) {
            case List<?> list -> list;
            case Map<?, ?> object -> byName(object);
            case null, default -> throw new BadRequestException("must be a list or an object");
          };
      if (values.size() != columns.size()) {
        throw new BadRequestException(
            "%d values, expected %d: %s".formatted(values.size(), columns.size(), allNames));
      }
      return values;
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

    /** Returns the value of a CSV cell; a blank, NA or NaN is a missing one. */
    private Object cell(Column column, String cell) {
      String text = cell.strip();
      boolean isNumber = column.kind() == Column.Kind.NUMBER;
      if (text.isEmpty() || isNumber && text.equalsIgnoreCase("NA")) {
        return value(column, null);
      }
      if (!isNumber) {
        return text;
      }
      try {
        return value(column, Numbers.parse(text));
      } catch (NumberFormatException error) {
        throw new BadRequestException(
            "%s must be a number, not %s".formatted(column.name(), quoted(text)));
      }
    }

    /**
     * Returns a JSON value as the column's kind; null is a missing one, and so is NaN where numbers
     * belong.
     */
    private Object value(Column column, Object value) {
      boolean isNumber = column.kind() == Column.Kind.NUMBER;
      boolean isNan = value instanceof Number number && Double.isNaN(number.doubleValue());
      if (value == null || isNumber && isNan) {
        if (allowsMissing) {
          return isNumber ? Double.NaN : null;
        }
        throw new BadRequestException(column.name() + " is missing");
      }
      if (isNumber && value instanceof Number number) {
        if (Double.isFinite(number.doubleValue())) {
          return number.doubleValue();
        }
        throw new BadRequestException(column.name() + " is not a finite number");
      }
      if (!isNumber && value instanceof String) {
        return value;
      }
      String kind = isNumber ? "a number" : "text";
      throw new BadRequestException(
          "%s must be %s, not %s".formatted(column.name(), kind, first(40, Json.show(value))));
    }
  }

  /** Returns what is wrong with the record at a position, counted from 0. */
  static String inRow(int position, String reason) {
    return first(LONGEST, "row " + (position + 1) + ": " + reason);
  }

  /** Returns the beginning of a text between quotes, single ones if possible. */
  static String quoted(String text) {
    String start = first(40, text);
    String shown =
        start.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t").replace("\r", "\\r");
    if (!start.contains("'")) {
      return "'" + shown + "'";
    }
    return start.contains("\"") ? "'" + shown.replace("'", "\\'") + "'" : '"' + shown + '"';
  }

  private static String first(int characters, String text) {
    return text.substring(0, Math.min(text.length(), characters));
  }
}
