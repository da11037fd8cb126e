package sagemaker;

/**
 * A column of a request or of the training data: its name, and whether it holds numbers or text.
 */
public record Column(String name, Kind kind) {

  /** What the values of a column are. */
  public enum Kind {
    NUMBER,
    TEXT
  }

  /** Returns a column of numbers. */
  public static Column number(String name) {
    return new Column(name, Kind.NUMBER);
  }

  /** Returns a column of text. */
  public static Column text(String name) {
    return new Column(name, Kind.TEXT);
  }
}
