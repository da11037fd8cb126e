package sagemaker;

import java.lang.reflect.Array;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.exc.StreamReadException;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.json.JsonReadFeature;

/**
 * JSON as plain objects: {@code Map}, {@code List}, {@code String}, {@code Number}, {@code Boolean}
 * and {@code null}.
 */
public final class Json {

  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
          .streamReadConstraints(
              StreamReadConstraints.builder().maxStringLength(Integer.MAX_VALUE).build())
          .build();

  private static final HexFormat HEX = HexFormat.of();
  private static final Style COMPACT = new Style(",", ":", Character.MAX_VALUE);
  private static final Style READABLE = new Style(", ", ": ", '~');

  private Json() {}

  /** Returns a parser of this text, for those who want it faster. */
  public static JsonParser parser(String text) {
    return FACTORY.createParser(ObjectReadContext.empty(), text);
  }

  /**
   * Returns the one value that the text holds.
   *
   * @throws JacksonException if it is not JSON
   */
  public static Object read(String text) {
    try (JsonParser parser = parser(text)) {
      parser.nextToken();
      Object value = value(parser);
      if (parser.nextToken() != null) {
        throw new StreamReadException(parser, "there is more after the value");
      }
      return value;
    }
  }

  private static Object value(JsonParser parser) {
    return switch (parser.currentToken()) {
      case START_OBJECT -> object(parser);
      case START_ARRAY -> array(parser);
      case VALUE_STRING -> parser.getString();
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> parser.getNumberValue();
      case VALUE_TRUE -> true;
      case VALUE_FALSE -> false;
      case VALUE_NULL -> null;
      case null, default -> throw new StreamReadException(parser, "there is no value");
    };
  }

  private static Map<String, Object> object(JsonParser parser) {
    var object = new LinkedHashMap<String, Object>();
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String name = parser.currentName();
      parser.nextToken();
      object.put(name, value(parser));
    }
    return object;
  }

  private static List<Object> array(JsonParser parser) {
    var array = new ArrayList<>();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      array.add(value(parser));
    }
    return array;
  }

  /**
   * Returns a value as JSON without blanks. What JSON cannot say, NaN and infinity, becomes null;
   * an array becomes a list.
   *
   * @throws IllegalStateException if it is neither a plain object nor an array of them
   */
  public static String write(Object value) {
    var out = new StringBuilder();
    write(value, out);
    return out.toString();
  }

  /**
   * Appends a value as JSON without blanks.
   *
   * @throws IllegalStateException if it is neither a plain object nor an array of them
   */
  public static void write(Object value, StringBuilder out) {
    COMPACT.write(value, out);
  }

  /** Returns a value as JSON for a message: with blanks, and in ASCII. */
  public static String show(Object value) {
    var out = new StringBuilder();
    READABLE.write(value, out);
    return out.toString();
  }

  /** Returns an array as a list, be it one of objects or of {@code double}, {@code int} ... */
  public static List<?> list(Object array) {
    return array instanceof Object[] objects
        ? Arrays.asList(objects)
        : IntStream.range(0, Array.getLength(array)).mapToObj(i -> Array.get(array, i)).toList();
  }

  private record Style(String comma, String colon, char lastPlain) {

    void write(Object value, StringBuilder out) {
      switch (value) {
        case null -> out.append("null");
        case String text -> quote(text, out);
        case Double number -> out.append(Double.isFinite(number) ? Numbers.write(number) : "null");
        case Float number -> write((double) number, out);
        case Number number -> out.append(number);
        case Boolean bool -> out.append(bool);
        case Map<?, ?> object -> object(object, out);
        case Collection<?> array -> array(array, out);
        case Object other when other.getClass().isArray() -> array(list(other), out);
        default ->
            throw new IllegalStateException(
                value.getClass().getName() + " cannot be written as JSON");
      }
    }

    private void object(Map<?, ?> object, StringBuilder out) {
      String separator = "";
      out.append('{');
      for (Map.Entry<?, ?> entry : object.entrySet()) {
        quote(String.valueOf(entry.getKey()), out.append(separator));
        write(entry.getValue(), out.append(colon));
        separator = comma;
      }
      out.append('}');
    }

    private void array(Collection<?> array, StringBuilder out) {
      String separator = "";
      out.append('[');
      for (Object item : array) {
        write(item, out.append(separator));
        separator = comma;
      }
      out.append(']');
    }

    private void quote(String text, StringBuilder out) {
      out.append('"');
      for (int i = 0; i < text.length(); i++) {
        char c = text.charAt(i);
        switch (c) {
          case '"', '\\' -> out.append('\\').append(c);
          case '\n' -> out.append("\\n");
          case '\r' -> out.append("\\r");
          case '\t' -> out.append("\\t");
          case '\b' -> out.append("\\b");
          case '\f' -> out.append("\\f");
          default -> {
            if (c < ' ' || c > lastPlain) {
              out.append("\\u").append(HEX.toHexDigits(c));
            } else {
              out.append(c);
            }
          }
        }
      }
      out.append('"');
    }
  }
}
