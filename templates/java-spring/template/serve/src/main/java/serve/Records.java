package serve;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import sagemaker.BadRequestException;
import sagemaker.Column;
import sagemaker.Json;
import sagemaker.Numbers;
import sagemaker.Rows;

/**
 * What the body of a request held.
 *
 * @param rows the good records, in order
 * @param errors what is wrong with the others, by their position
 */
record Records(Rows rows, Map<Integer, String> errors) {

  static Records of(Rows rows) {
    return new Records(rows, Map.of());
  }

  /** Reads records value by value, to take them or to say what is wrong with them and where. */
  static final class Reader {

    private final List<Column> columns;
    private final boolean allowsMissing;
    private final Rows.Builder rows;
    private final Map<Integer, String> errors = new TreeMap<>();
    private int position;

    Reader(List<Column> columns, boolean allowsMissing) {
      this.columns = columns;
      this.allowsMissing = allowsMissing;
      rows = new Rows.Builder(columns);
    }

    Records records() {
      return new Records(rows.build(), errors);
    }

    /** Adds a record that is wrong for a reason that is known already. */
    void addBad(String reason) {
      errors.put(position++, "row %d: %s".formatted(position, reason));
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
      try {
        List<?> values = inOrder(record);
        var row = new ArrayList<Object>(values.size());
        for (int i = 0; i < columns.size(); i++) {
          row.add(
              isText
                  ? cell(columns.get(i), (String) values.get(i))
                  : value(columns.get(i), values.get(i)));
        }
        rows.row(row);
        position++;
      } catch (BadRequestException error) {
        addBad(error.getMessage());
      }
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
            "%d values, expected %d: %s".formatted(values.size(), columns.size(), names(columns)));
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
          "%s must be %s, not %s".formatted(column.name(), kind, first40(Json.show(value))));
    }

    /** Returns text between quotes, single ones if possible. */
    private static String quoted(String text) {
      String shown =
          first40(text)
              .replace("\\", "\\\\")
              .replace("\n", "\\n")
              .replace("\t", "\\t")
              .replace("\r", "\\r");
      if (!text.contains("'")) {
        return "'" + shown + "'";
      }
      return text.contains("\"") ? "'" + shown.replace("'", "\\'") + "'" : '"' + shown + '"';
    }

    private static String first40(String text) {
      return text.substring(0, Math.min(text.length(), 40));
    }
  }
}
