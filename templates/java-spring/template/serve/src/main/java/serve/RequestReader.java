package serve;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import sagemaker.BadRequestException;
import sagemaker.Column;
import sagemaker.Csv;
import sagemaker.Json;
import sagemaker.Rows;
import tools.jackson.core.JacksonException;
import tools.jackson.core.exc.StreamConstraintsException;

/**
 * Reads request bodies: text/csv, application/json, application/jsonlines.
 *
 * <p>Plain numbers take a fast path; what does not fit there is read again value by value.
 */
final class RequestReader {

  private final List<Column> columns;
  private final List<String> names;
  private final String header;
  private final boolean allowsMissing;
  private final boolean isBatch; // then each line is a record, whatever is in it (B5)
  private final FastReader fast;

  RequestReader(List<Column> columns, boolean allowsMissing, boolean isBatch) {
    this.columns = columns;
    this.allowsMissing = allowsMissing;
    this.isBatch = isBatch;
    names = columns.stream().map(Column::name).toList();
    header = String.join(",", names);
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
    String text = BodyText.decode(body, type.parameters().getOrDefault("charset", "utf-8"));
    if (isBatch && !type.name().equals(MediaType.JSON)) { // a blank line is a record too
      text = withoutEnd(withoutEnd(text, "\n"), "\r");
    } else {
      text = withoutLineEnds(text);
      if (text.isBlank()) {
        throw new BadRequestException("the body is empty");
      }
    }
    return switch (type.name()) {
      case MediaType.CSV -> csv(text, "present".equals(type.parameters().get("header")));
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

  private Records csv(String text, boolean hasHeader) {
    int lineEnd = text.indexOf('\n');
    String firstLine = lineEnd < 0 ? text : text.substring(0, lineEnd);
    if (hasHeader || firstLine.strip().equals(header)) {
      return csvWithHeader(firstLine, lineEnd < 0 ? null : text.substring(lineEnd + 1));
    }
    Rows rows = fast == null ? null : fast.csv(text);
    if (rows != null) {
      return Records.of(rows);
    }
    Records.Reader reader = reader();
    forEachRow(text, reader::addCells);
    return reader.records();
  }

  /** Reads a header and what follows its line, which is null if nothing does. */
  private Records csvWithHeader(String firstLine, String rest) {
    List<String> given = Csv.firstRecord(firstLine).stream().map(String::strip).toList();
    int[] places = places(given);
    Records.Reader reader = reader();
    if (isBatch) { // a line of the input that has to have one in the output
      reader.addBad("is a header");
      return rest == null ? reader.records() : csvByName(reader, rest, given, places);
    }
    if (rest == null) {
      throw new BadRequestException("there is a header but no row");
    }
    Rows rows = fast != null && given.equals(names) ? fast.csv(rest) : null;
    return rows == null ? csvByName(reader, rest, given, places) : Records.of(rows);
  }

  /** Returns where in a header each column stands first. */
  private int[] places(List<String> given) {
    var places = new HashMap<String, Integer>(); // a header can be long: each name is read once
    for (int place = 0; place < given.size(); place++) {
      places.putIfAbsent(given.get(place), place);
    }
    List<String> missing = names.stream().filter(name -> !places.containsKey(name)).toList();
    if (!missing.isEmpty()) {
      throw new BadRequestException("the header has no column " + String.join(", ", missing));
    }
    return names.stream().mapToInt(places::get).toArray();
  }

  private Records csvByName(Records.Reader reader, String text, List<String> given, int[] places) {
    boolean isInOrder = given.equals(names);
    forEachRow(
        text,
        cells -> {
          if (isInOrder) {
            reader.addCells(cells);
          } else if (cells.size() == given.size()) {
            reader.addCells(Arrays.stream(places).mapToObj(cells::get).toList());
          } else {
            reader.addBad(
                "%d values, expected %d as in the header".formatted(cells.size(), given.size()));
          }
        });
    return reader.records();
  }

  /** In a batch job a quote that is never closed spoils its own line only. */
  private void forEachRow(String text, Consumer<List<String>> row) {
    if (isBatch) {
      forEachLine(text, line -> row.accept(Csv.firstRecord(line)));
    } else {
      Csv.forEachRecord(text, row);
    }
  }

  private static void forEachLine(String text, Consumer<String> consumer) {
    int start = 0;
    for (int end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      consumer.accept(text.substring(start, end));
      start = end + 1;
    }
    consumer.accept(text.substring(start));
  }

  // --- JSON ---

  private Records json(String text) {
    Rows rows = fast == null ? null : fast.json(text);
    if (rows != null) {
      return Records.of(rows);
    }
    Object document = parse(text);
    Object records = document instanceof Map<?, ?> object ? object.get("instances") : document;
    if (!(records instanceof List<?> list) || list.isEmpty()) {
      throw new BadRequestException(
          "the JSON must be a list of rows or {\"instances\": [rows]}, with at least one row");
    }
    Records.Reader reader = reader();
    list.forEach(reader::addJson);
    return reader.records();
  }

  private Records jsonLines(String text) {
    Records.Reader reader = reader();
    forEachLine(text, line -> addLine(reader, line));
    return reader.records();
  }

  private static void addLine(Records.Reader reader, String line) {
    if (line.isBlank()) { // it is not worth a parser: a body can hold millions of them
      reader.addBad("the body is not JSON: the line is blank");
      return;
    }
    Object record;
    try {
      record = parse(line);
    } catch (BadRequestException error) {
      reader.addBad(error.getMessage());
      return;
    }
    reader.addJson(record);
  }

  private static Object parse(String text) {
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
    String text = "the body is not JSON: " + error.getOriginalMessage() + where;
    return text.substring(0, Math.min(text.length(), 200));
  }
}
