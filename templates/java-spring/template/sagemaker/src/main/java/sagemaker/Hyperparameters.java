package sagemaker;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Named values that steer training, such as {@code Hyperparameters.none().with("max_depth", 6)}. A
 * value is an {@code Integer}, {@code Long}, {@code Double}, {@code Float}, {@code Boolean}, {@code
 * String}, {@code List} or {@code Map}.
 */
public final class Hyperparameters {

  private static final Hyperparameters NONE = new Hyperparameters(Map.of());

  private final Map<String, Object> values;

  private Hyperparameters(Map<String, Object> values) {
    this.values = values;
  }

  public static Hyperparameters none() {
    return NONE;
  }

  /**
   * Returns these and one more, or with another value for the one of that name.
   *
   * @throws IllegalArgumentException if the value is null: it has no type
   */
  public Hyperparameters with(String name, Object value) {
    if (value == null) {
      throw new IllegalArgumentException("hyperparameter %s must not be null".formatted(name));
    }
    var more = new LinkedHashMap<>(values);
    more.put(name, value);
    return new Hyperparameters(Collections.unmodifiableMap(more));
  }

  public Map<String, Object> values() {
    return values;
  }

  public int integer(String name) {
    return (Integer) value(name);
  }

  public double number(String name) {
    return ((Number) value(name)).doubleValue();
  }

  public boolean flag(String name) {
    return (Boolean) value(name);
  }

  public String text(String name) {
    return (String) value(name);
  }

  public List<?> list(String name) {
    return (List<?>) value(name);
  }

  public Map<?, ?> object(String name) {
    return (Map<?, ?>) value(name);
  }

  private Object value(String name) {
    if (!values.containsKey(name)) {
      throw new IllegalArgumentException("Algorithm declares no hyperparameter " + name);
    }
    return values.get(name);
  }

  @Override
  public String toString() {
    return values.toString();
  }
}
