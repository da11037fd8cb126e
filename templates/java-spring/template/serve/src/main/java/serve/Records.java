package serve;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Supplier;
import sagemaker.BadRequestException;
import sagemaker.Column;
import sagemaker.Csv;
import sagemaker.CsvHeader;
import sagemaker.RowReader;
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

    private final RowReader reader;
    private final boolean isBatch;
    private final Rows.Builder rows;
    private final List<String> errors = new ArrayList<>();
    private String lastReason = "";

    Reader(List<Column> columns, boolean allowsMissing, boolean isBatch) {
      this.isBatch = isBatch;
      reader = new RowReader(columns, allowsMissing);
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
      String kept = RowReader.first(LONGEST, reason);
      if (!kept.equals(lastReason)) { // one that comes a million times is kept once
        lastReason = kept;
      }
      errors.add(lastReason);
    }

    /**
     * Adds a record of CSV; a header says where its columns stand, without one they are in order.
     */
    void addLine(Csv.Line line, CsvHeader header) {
      if (line.problem() != null) {
        addBad(line.problem());
        return;
      }
      add(() -> reader.cells(header == null ? line.cells() : header.inOrder(line.cells())));
    }

    /** Adds a record of JSON, as text. */
    void addJson(String text) {
      add(() -> reader.json(RowReader.parse(text)));
    }

    /** Adds a JSON value: a list in the order of the columns, or an object by their names. */
    void addJson(Object value) {
      add(() -> reader.json(value));
    }

    private void add(Supplier<List<Object>> record) {
      List<Object> row;
      try {
        row = record.get();
      } catch (BadRequestException error) {
        addBad(error.getMessage());
        return;
      }
      rows.row(row);
      errors.add(null);
    }
  }

  /** Returns what is wrong with the record at a position, counted from 0. */
  static String inRow(int position, String reason) {
    return RowReader.first(LONGEST, "row " + (position + 1) + ": " + reason);
  }
}
