package serve;

import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import sagemaker.BadRequestException;
import sagemaker.Column;
import sagemaker.Csv;
import sagemaker.CsvHeader;
import sagemaker.RowReader;
import sagemaker.Rows;

/**
 * Reads request bodies: text/csv, application/json, application/jsonlines.
 *
 * <p>Plain numbers take a fast path; what does not fit there is read again value by value.
 */
final class RequestReader {

  private final List<Column> columns;
  private final boolean allowsMissing;
  private final boolean isBatch; // then each line is a record, whatever is in it (B5)
  private final FastReader fast;

  RequestReader(List<Column> columns, boolean allowsMissing, boolean isBatch) {
    this.columns = columns;
    this.allowsMissing = allowsMissing;
    this.isBatch = isBatch;
    boolean isNumeric = columns.stream().allMatch(column -> column.kind() == Column.Kind.NUMBER);
    fast = isNumeric ? new FastReader(columns) : null;
  }

  /**
   * Returns the records of a body.
   *
   * @throws BadRequestException where not even records can be told apart, and outside a batch job
   *     at the first bad record: what follows it is not read
   */
  Records read(byte[] body, MediaType type) {
    String charset = type.parameters().getOrDefault("charset", "utf-8");
    String text;
    if (isBatch && !type.name().equals(MediaType.JSON)) { // a blank line is a record too
      text = withoutEnd(withoutEnd(BodyText.decodeLines(body, charset), "\n"), "\r");
    } else {
      text = withoutLineEnds(BodyText.decode(body, charset));
      if (text.isBlank()) {
        throw new BadRequestException("the body is empty");
      }
    }
    return switch (type.name()) {
      case MediaType.CSV -> csv(text, type.parameters().getOrDefault("header", ""));
      case MediaType.JSON_LINES -> jsonLines(text);
      default -> json(text);
    };
  }

  private Records.Reader reader() {
    return new Records.Reader(columns, allowsMissing, isBatch);
  }

  private static String withoutEnd(String text, String end) {
    return text.endsWith(end) ? text.substring(0, text.length() - end.length()) : text;
  }

  private static String withoutLineEnds(String text) {
    int end = text.length();
    while (end > 0 && (text.charAt(end - 1) == '\n' || text.charAt(end - 1) == '\r')) {
      end--;
    }
    return text.substring(0, end);
  }

  // --- CSV ---

  /** Reads CSV. The parameter {@code header} of the media type may say whether there is one. */
  private Records csv(String text, String declared) {
    var csv = new Csv(isBatch ? firstLine(text) : text);
    CsvHeader header = mayHaveHeader(text, declared) ? header(csv.next(), declared) : null;
    Records.Reader reader = reader();
    String rest = text;
    if (header != null) {
      if (csv.at() <= text.length()) {
        rest = text.substring(csv.at());
      } else if (isBatch) {
        rest = null;
      } else {
        throw new BadRequestException("there is a header but no row");
      }
      if (isBatch) { // a line of the input that has to have one in the output
        reader.addBad("is a header");
        return rest == null ? reader.records() : csvRows(rest, header, reader);
      }
    }
    Rows rows = fast == null || header != null && !header.isInOrder() ? null : fast.csv(rest);
    return rows == null ? csvRows(rest, header, reader) : Records.of(rows);
  }

  /** Is it worth a look? A header has the name of the first column in its first line, or quotes. */
  private boolean mayHaveHeader(String text, String declared) {
    if (declared.equals("absent")) {
      return false;
    }
    String line = firstLine(text);
    String name = columns.getFirst().name();
    return declared.equals("present") || line.contains(name) || line.indexOf('"') >= 0;
  }

  private CsvHeader header(Csv.Line line, String declared) {
    boolean isHeader = declared.equals("present") || CsvHeader.isIn(line.cells(), columns);
    return line.problem() == null && isHeader ? CsvHeader.of(line.cells(), columns) : null;
  }

  private static String firstLine(String text) {
    int end = text.indexOf('\n');
    return end < 0 ? text : text.substring(0, end);
  }

  /** In a batch job each line is a record: a quote that is never closed spoils its own only. */
  private Records csvRows(String text, CsvHeader header, Records.Reader reader) {
    if (isBatch) {
      forEachLine(text, reader, line -> reader.addLine(new Csv(line).next(), header));
    } else {
      for (var csv = new Csv(text); csv.hasNext(); ) {
        reader.addLine(csv.next(), header);
      }
    }
    return reader.records();
  }

  private static void forEachLine(String text, Records.Reader reader, Consumer<String> consumer) {
    int start = 0;
    while (start <= text.length()) {
      int end = text.indexOf('\n', start);
      end = end < 0 ? text.length() : end;
      String line = text.substring(start, end);
      if (line.equals(BodyText.NO_TEXT)) {
        reader.addBad("has bytes that are no letters of the character set");
      } else {
        consumer.accept(line);
      }
      start = end + 1;
    }
  }

  // --- JSON ---

  private Records json(String text) {
    Rows rows = fast == null ? null : fast.json(text);
    if (rows != null) {
      return Records.of(rows);
    }
    Object document = RowReader.parse(text);
    Object records = document;
    if (document instanceof Map<?, ?> object) {
      records = object.get("instances");
      refuseParameters(object.get("parameters"));
    }
    if (!(records instanceof List<?> list) || list.isEmpty()) {
      throw new BadRequestException(
          "the JSON must be a list of rows or {\"instances\": [rows]}, with at least one row");
    }
    Records.Reader reader = reader();
    list.forEach(reader::addJson);
    return reader.records();
  }

  private static void refuseParameters(Object given) {
    if (given == null || given.equals(Map.of())) {
      return;
    }
    String names =
        given instanceof Map<?, ?> object
            ? object.keySet().stream().map(Object::toString).collect(Collectors.joining(", "))
            : "parameters";
    throw new BadRequestException(
        RowReader.first(1000, "this model takes no parameters: " + names));
  }

  private Records jsonLines(String text) {
    Records.Reader reader = reader();
    forEachLine(
        text,
        reader,
        line -> {
          if (line.isBlank()) { // it is not worth a parser: a body can hold millions of them
            reader.addBad("the body is not JSON: the line is blank");
          } else {
            reader.addJson(line);
          }
        });
    return reader.records();
  }
}
