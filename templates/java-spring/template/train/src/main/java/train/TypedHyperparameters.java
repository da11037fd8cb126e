package train;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import sagemaker.Hyperparameters;
import sagemaker.JobException;
import sagemaker.Json;
import sagemaker.Numbers;
import tools.jackson.core.JacksonException;

/** What the job gave, which is text, in the types that the algorithm declares. */
final class TypedHyperparameters {

  private static final String WHOLE = "[+-]?[0-9]+";

  private TypedHyperparameters() {}

  /**
   * Returns the defaults overlaid with what the job gave, each in the type of its default (T10).
   *
   * @throws JobException that names the hyperparameter which does not fit, or whose default has no
   *     usable type
   */
  static Hyperparameters of(Map<?, ?> given, Hyperparameters defaults) {
    defaults.values().forEach(TypedHyperparameters::kind);
    Hyperparameters values = defaults;
    for (Map.Entry<?, ?> entry : given.entrySet()) {
      String name = entry.getKey().toString();
      if (defaults.values().containsKey(name)) {
        values =
            values.with(name, typed(name, text(entry.getValue()), defaults.values().get(name)));
      } else if (!name.startsWith("sagemaker_")) { // those belong to SageMaker's own toolkits
        String known = String.join(", ", defaults.values().keySet());
        Train.log("hyperparameter %s is not used: Algorithm knows %s".formatted(name, known));
      }
    }
    return values;
  }

  /** Some SDKs JSON-encode every value, so '"5"' is 5 too. */
  private static String text(Object value) {
    String text = value instanceof String string ? string.strip() : Json.write(value);
    try {
      return Json.read(text) instanceof String unquoted ? unquoted : text;
    } catch (JacksonException notEncoded) {
      return text;
    }
  }

  private static Object typed(String name, String text, Object sample) {
    try {
      return switch (sample) {
        case String ignored -> text;
        case Boolean ignored -> flag(text);
        case Integer ignored -> Integer.parseInt(whole(text));
        case Long ignored -> Long.parseLong(whole(text));
        case Double ignored -> number(text);
        case Float ignored -> (float) number(text);
        case List<?> ignored -> json(text, List.class);
        default -> json(text, Map.class);
      };
    } catch (NumberFormatException | JacksonException | ClassCastException error) {
      throw new JobException(
          "hyperparameter %s must be %s%s, not '%s'"
              .formatted(name, kind(name, sample), range(text, sample), text));
    }
  }

  /** Java itself would take the digits of all scripts. */
  private static String whole(String text) {
    if (!text.strip().matches(WHOLE)) {
      throw new NumberFormatException(text);
    }
    return text.strip();
  }

  /** Returns the range of a whole number for one that is beyond it. */
  private static String range(String text, Object sample) {
    boolean isLong = sample instanceof Long;
    if (!isLong && !(sample instanceof Integer) || !text.strip().matches(WHOLE)) {
      return "";
    }
    return " from %d to %d"
        .formatted(
            isLong ? Long.MIN_VALUE : Integer.MIN_VALUE,
            isLong ? Long.MAX_VALUE : Integer.MAX_VALUE);
  }

  private static double number(String text) {
    double number = Numbers.parse(text.strip());
    if (!Double.isFinite(number)) {
      throw new NumberFormatException(text);
    }
    return number;
  }

  private static <T> T json(String text, Class<T> type) {
    Object value = Json.read(text);
    if (value == null) {
      throw new ClassCastException(text);
    }
    return type.cast(value);
  }

  private static boolean flag(String text) {
    return switch (text.strip().toLowerCase(Locale.ROOT)) {
      case "true", "1" -> true;
      case "false", "0" -> false;
      default -> throw new NumberFormatException(text);
    };
  }

  private static String kind(String name, Object sample) {
    return switch (sample) {
      case String ignored -> "text";
      case Boolean ignored -> "true or false";
      case Integer ignored -> "a whole number";
      case Long ignored -> "a whole number";
      case Double ignored -> "a number";
      case Float ignored -> "a number";
      case List<?> ignored -> "a JSON list";
      case Map<?, ?> ignored -> "a JSON object";
      default ->
          throw new JobException(
              "Algorithm: the default of %s must be text, a number, a boolean, a List or a Map"
                  .formatted(name));
    };
  }
}
