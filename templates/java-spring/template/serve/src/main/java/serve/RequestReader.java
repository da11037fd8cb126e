package serve;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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
   * @throws BadRequestException where not even records can be told apart
   */
  Records read(byte[] body, MediaType type) {
    String text = decode(body, type.parameters().getOrDefault("charset", "utf-8"));
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

  // --- text ---

  private static String decode(byte[] body, String charset) {
    Charset known = charset(charset);
    String text = new String(body, known);
    // what cannot be read has become that character, or it was there before
    if (text.indexOf('\ufffd') >= 0) {
      try {
        known.newDecoder().decode(ByteBuffer.wrap(body));
      } catch (CharacterCodingException error) {
        throw new BadRequestException(
            "the body is not %s text: %s".formatted(charset, error.getMessage()));
      }
    }
    return known.equals(StandardCharsets.UTF_8) && text.startsWith("\ufeff")
        ? text.substring(1)
        : text;
  }

  private static Charset charset(String name) {
    if (name.equals("utf-8")) {
      return StandardCharsets.UTF_8;
    }
    for (String spelling : List.of(name, name.replaceAll("[-_ ]", ""))) {
      try {
        return Charset.forName(spelling);
      } catch (IllegalArgumentException unknown) {
        continue;
      }
    }
    throw new BadRequestException("unknown charset '%s'".formatted(name));
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
      return csvWithHeader(text, firstLine);
    }
    Rows rows = fast == null ? null : fast.csv(text);
    return rows == null
        ? csvByCell(new Records.Reader(columns, allowsMissing), split(text), names)
        : Records.of(rows);
  }

  private Records csvWithHeader(String text, String firstLine) {
    List<String> given = Csv.firstRecord(firstLine).stream().map(String::strip).toList();
    List<String> missing = names.stream().filter(name -> !given.contains(name)).toList();
    if (!missing.isEmpty()) {
      throw new BadRequestException("the header has no column " + String.join(", ", missing));
    }
    var reader = new Records.Reader(columns, allowsMissing);
    if (isBatch) { // a line of the input that has to have one in the output
      reader.addBad("is a header");
      List<List<String>> lines = split(text);
      return csvByCell(reader, lines.subList(1, lines.size()), given);
    }
    String rest = text.substring(Math.min(firstLine.length() + 1, text.length()));
    if (rest.isEmpty()) {
      throw new BadRequestException("there is a header but no row");
    }
    Rows rows = fast != null && given.equals(names) ? fast.csv(rest) : null;
    return rows == null ? csvByCell(reader, split(rest), given) : Records.of(rows);
  }

  private Records csvByCell(Records.Reader reader, List<List<String>> lines, List<String> given) {
    int[] places = names.stream().mapToInt(given::indexOf).toArray();
    for (List<String> cells : lines) {
      if (given.equals(names)) {
        reader.addCells(cells);
      } else if (cells.size() != given.size()) {
        reader.addBad(
            "%d values, expected %d as in the header".formatted(cells.size(), given.size()));
      } else {
        var inOrder = new ArrayList<String>(places.length);
        for (int place : places) {
          inOrder.add(cells.get(place));
        }
        reader.addCells(inOrder);
      }
    }
    return reader.records();
  }

  /** In a batch job a quote that is never closed spoils its own line only. */
  private List<List<String>> split(String text) {
    return isBatch ? lines(text).stream().map(Csv::firstRecord).toList() : Csv.records(text);
  }

  private static List<String> lines(String text) {
    return List.of(text.split("\n", -1));
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
    var reader = new Records.Reader(columns, allowsMissing);
    list.forEach(reader::addJson);
    return reader.records();
  }

  private Records jsonLines(String text) {
    var reader = new Records.Reader(columns, allowsMissing);
    for (String line : lines(text)) {
      try {
        reader.addJson(parse(line));
      } catch (BadRequestException error) {
        reader.addBad(error.getMessage());
      }
    }
    return reader.records();
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
