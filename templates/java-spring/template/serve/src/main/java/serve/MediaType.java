package serve;

import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import sagemaker.BadRequestException;

/**
 * A media type as it stands in a header: {@code Text/CSV; header=present} is text/csv with one
 * parameter.
 */
record MediaType(String name, Map<String, String> parameters) {

  static final String CSV = "text/csv";
  static final String JSON = "application/json";
  static final String JSON_LINES = "application/jsonlines";

  private static final Pattern QUALITY = Pattern.compile("0(\\.\\d*)?|\\.\\d+|1(\\.0*)?");

  /** What a request and an answer can be. */
  static final List<String> KNOWN = List.of(CSV, JSON, JSON_LINES);

  /**
   * Reads a Content-Type.
   *
   * @throws BadRequestException if it names a parameter twice
   */
  static MediaType parse(String header) {
    return parse(header, true);
  }

  private static MediaType parse(String header, boolean isStrict) {
    int semicolon = header.indexOf(';');
    if (semicolon < 0) {
      return new MediaType(header.strip().toLowerCase(Locale.ROOT), Map.of());
    }
    String[] parts = header.toLowerCase(Locale.ROOT).split(";");
    var parameters = new HashMap<String, String>();
    for (int i = 1; i < parts.length; i++) {
      String[] pair = parts[i].split("=", 2);
      String value = pair.length < 2 ? "" : unquoted(pair[1].strip());
      if (!parts[i].isBlank() && parameters.put(pair[0].strip(), value) != null && isStrict) {
        throw new BadRequestException("Content-Type names a parameter twice");
      }
    }
    return new MediaType(parts.length == 0 ? "" : parts[0].strip(), parameters);
  }

  private static String unquoted(String value) {
    // where quotes have begun before, they are not tried again: that would take quadratic time
    return value.replaceAll("^\"+|(?<!\")\"+$", "");
  }

  boolean isKnown() {
    return KNOWN.contains(name);
  }

  /**
   * Returns the type of the answer for an Accept header, or null; with no preference that is its
   * own (H14).
   *
   * <p>For each type the most specific range decides (RFC 9110, 12.5.1). Of equal ones the first in
   * the header wins.
   */
  static String chooseAnswer(String accept, String own) {
    if (accept == null || accept.isBlank() || accept.equals("*/*")) {
      return own;
    }
    var ranges = new HashMap<String, Range>();
    String[] parts = accept.split(",");
    for (int place = 0; place < parts.length; place++) {
      if (!parts[place].isBlank()) {
        MediaType range = parse(parts[place], false);
        ranges.putIfAbsent(range.name, new Range(range.quality(), place));
      }
    }
    if (ranges.isEmpty()) {
      return own;
    }
    return Stream.concat(Stream.of(own), KNOWN.stream())
        .filter(known -> Range.of(known, ranges).quality > 0)
        .min(Comparator.comparing(known -> Range.of(known, ranges))) // of equal ones the first
        .orElse(null);
  }

  private double quality() {
    String quality = parameters.getOrDefault("q", "1");
    return QUALITY.matcher(quality).matches() ? Double.parseDouble(quality) : 1;
  }

  /** How much a range is liked, and where it stands; the best comes first. */
  private record Range(double quality, int place) implements Comparable<Range> {

    static Range of(String known, Map<String, Range> ranges) {
      String family = known.substring(0, known.indexOf('/')) + "/*";
      return Stream.of(known, family, "*/*")
          .map(ranges::get)
          .filter(Objects::nonNull)
          .findFirst()
          .orElse(new Range(0, 0));
    }

    @Override
    public int compareTo(Range other) {
      int byQuality = Double.compare(other.quality, quality);
      return byQuality != 0 ? byQuality : Integer.compare(place, other.place);
    }
  }
}
