package train;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.stream.Collectors;
import sagemaker.Column;
import sagemaker.Csv;
import sagemaker.JobException;
import sagemaker.Numbers;
import sagemaker.Rows;

/**
 * Collects CSV files into one table. Text is read as serving reads it: only a blank is missing
 * there.
 */
final class CsvTable {

  private final List<Column> columns;
  private final Rows.Builder table;

  CsvTable(List<Column> columns) {
    this.columns = columns;
    table = new Rows.Builder(columns);
  }

  Rows rows() {
    return table.build();
  }

  /**
   * Adds the rows of a CSV file.
   *
   * @throws JobException that names the file and the row which does not fit
   */
  void add(String file, byte[] data) {
    List<String> lines = lines(file, data);
    if (lines.isEmpty()) {
      return;
    }
    List<String> wanted = columns.stream().map(Column::name).toList();
    List<String> names = Csv.firstRecord(lines.getFirst()).stream().map(String::strip).toList();
    if (names.containsAll(wanted)) {
      String header = lines.getFirst();
      // a Pipe repeats it for each object
      lines = lines.stream().filter(line -> !line.equals(header)).toList();
    } else if (Collections.disjoint(names, wanted)) {
      names = wanted;
    } else {
      var missing = new HashSet<>(wanted);
      names.forEach(missing::remove);
      String inOrder = wanted.stream().filter(missing::contains).collect(Collectors.joining(", "));
      throw new JobException("%s: the header lacks %s".formatted(file, inOrder));
    }
    addRecords(file, Csv.records(String.join("\n", lines)), names);
  }

  private static List<String> lines(String file, byte[] data) {
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(data)).toString();
      String withoutMark = text.startsWith("\ufeff") ? text.substring(1) : text;
      return withoutMark.lines().filter(line -> !line.isBlank()).toList();
    } catch (CharacterCodingException error) {
      throw new JobException("%s is not UTF-8 text: %s".formatted(file, error.getMessage()));
    }
  }

  private void addRecords(String file, List<List<String>> records, List<String> names) {
    int[] places = columns.stream().mapToInt(column -> names.indexOf(column.name())).toArray();
    for (int number = 1; number <= records.size(); number++) {
      List<String> cells = records.get(number - 1);
      String where = "%s, row %d: ".formatted(file, number);
      if (cells.size() != names.size()) {
        String expected = String.join(", ", names);
        throw new JobException(
            where + "%d values, expected %d: %s".formatted(cells.size(), names.size(), expected));
      }
      for (int i = 0; i < places.length; i++) {
        addCell(where, columns.get(i), cells.get(places[i]).strip());
      }
    }
  }

  private void addCell(String where, Column column, String cell) {
    switch (column.kind()) {
      case TEXT -> table.text(cell.isEmpty() ? null : cell);
      case NUMBER -> {
        try {
          table.number(
              cell.isEmpty() || cell.equalsIgnoreCase("NA") ? Double.NaN : Numbers.parse(cell));
        } catch (NumberFormatException error) {
          throw new JobException(
              where + "%s must be a number, not '%.40s'".formatted(column.name(), cell));
        }
      }
    }
  }
}
