package train;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import sagemaker.BadRequestException;
import sagemaker.Column;
import sagemaker.Csv;
import sagemaker.CsvHeader;
import sagemaker.JobException;
import sagemaker.RowReader;
import sagemaker.Rows;

/** Collects the files of a channel into one table; each value is read as a request's is. */
final class Table {

  private final List<Column> columns;
  private final List<String> names;
  private final RowReader reader;
  private final Rows.Builder rows;

  Table(List<Column> columns) {
    this.columns = columns;
    names = columns.stream().map(Column::name).toList();
    reader = new RowReader(columns, true);
    rows = new Rows.Builder(columns);
  }

  Rows rows() {
    return rows.build();
  }

  /**
   * Adds the rows of a CSV file.
   *
   * @throws JobException that names the file and the row which does not fit
   */
  void addCsv(String file, byte[] data) {
    CsvHeader header = null;
    Csv.Line headerLine = null;
    int count = 0;
    int records = 0;
    for (var csv = new Csv(text(file, data)); csv.hasNext(); ) {
      Csv.Line line = csv.next();
      if (csv.isBlank()) {
        continue;
      }
      if (records++ == 0 && isHeader(line)) {
        header = header(file, line);
        headerLine = line;
      } else if (!line.equals(headerLine)) { // a Pipe repeats it for each object
        add(file, ++count, line, header);
      }
    }
  }

  private void add(String file, int number, Csv.Line line, CsvHeader header) {
    try {
      if (line.problem() != null) {
        throw new BadRequestException(line.problem());
      }
      rows.row(reader.cells(header == null ? line.cells() : header.inOrder(line.cells())));
    } catch (BadRequestException error) {
      throw wrong(file, number, error);
    }
  }

  /** Has a record the names of columns, and is no row of data? */
  private boolean isHeader(Csv.Line line) {
    if (line.problem() != null || Collections.disjoint(line.cells(), names)) {
      return false;
    }
    return CsvHeader.isIn(line.cells(), columns) || !isRow(line.cells());
  }

  private boolean isRow(List<String> cells) {
    try {
      reader.cells(cells);
      return true;
    } catch (BadRequestException error) {
      return false;
    }
  }

  private CsvHeader header(String file, Csv.Line line) {
    try {
      return CsvHeader.of(line.cells(), columns);
    } catch (BadRequestException error) {
      throw new JobException("%s: %s".formatted(file, error.getMessage()));
    }
  }

  /**
   * Adds the rows of a JSON Lines file.
   *
   * @throws JobException that names the file and the row which does not fit
   */
  void addLines(String file, byte[] data) {
    int count = 0;
    for (String line : text(file, data).split("\n")) {
      if (!line.isBlank()) {
        count++;
        try {
          rows.row(reader.json(RowReader.parse(line)));
        } catch (BadRequestException error) {
          throw wrong(file, count, error);
        }
      }
    }
  }

  private static JobException wrong(String file, int number, BadRequestException error) {
    return new JobException("%s, row %d: %s".formatted(file, number, error.getMessage()));
  }

  private static String text(String file, byte[] data) {
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(data)).toString();
      return text.startsWith("\ufeff") ? text.substring(1) : text;
    } catch (CharacterCodingException error) {
      throw new JobException(
          "%s is not UTF-8 text: rows() reads CSV and JSON Lines; for other formats, such as Parquet, read the channel's files() yourself"
              .formatted(file));
    }
  }
}
