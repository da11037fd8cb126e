package serve;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * A media type as it stands in a header: {@code Text/CSV; header=present} is text/csv with one
 * parameter.
 */
record MediaType(String name, Map<String, String> parameters) {

  static final String CSV = "text/csv";
  static final String JSON = "application/json";
  static final String JSON_LINES = "application/jsonlines";

  /** What a request and an answer can be. */
  static final List<String> KNOWN = List.of(CSV, JSON, JSON_LINES);

  static MediaType parse(String header) {
    int semicolon = header.indexOf(';');
    if (semicolon < 0) {
      return new MediaType(header.strip().toLowerCase(Locale.ROOT), Map.of());
    }
    String[] parts = header.toLowerCase(Locale.ROOT).split(";");
    var parameters = new HashMap<String, String>();
    for (int i = 1; i < parts.length; i++) {
      String[] pair = parts[i].split("=", 2);
      parameters.put(pair[0].strip(), pair.length < 2 ? "" : unquoted(pair[1].strip()));
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
   */
  static String chooseAnswer(String accept, String own) {
    if (accept == null || accept.isBlank() || accept.equals("*/*")) {
      return own;
    }
    var offers = new ArrayList<Offer>();
    var refused = new HashSet<String>();
    for (String part : accept.split(",")) {
      var offer = Offer.of(parse(part));
      if (offer.quality > 0) {
        offers.add(offer);
      } else {
        refused.add(offer.name);
      }
    }
    offers.sort(
        Comparator.comparingDouble(offer -> -offer.quality)); // stable: first come, first served
    return offers.stream()
        .map(offer -> offer.match(own, refused))
        .filter(name -> name != null)
        .findFirst()
        .orElse(null);
  }

  private record Offer(String name, double quality) {

    static Offer of(MediaType type) {
      String quality = type.parameters.getOrDefault("q", "1");
      try {
        return new Offer(type.name, Double.parseDouble(quality));
      } catch (NumberFormatException error) {
        return new Offer(type.name, 1);
      }
    }

    String match(String own, Set<String> refused) {
      var inOrder = new ArrayList<>(List.of(own));
      inOrder.addAll(KNOWN);
      for (String known : inOrder) {
        String family = known.substring(0, known.indexOf('/')) + "/*";
        boolean isWild = name.equals("*/*") || name.equals(family);
        if (name.equals(known) || isWild && !refused.contains(known) && !refused.contains(family)) {
          return known;
        }
      }
      return null;
    }
  }
}
