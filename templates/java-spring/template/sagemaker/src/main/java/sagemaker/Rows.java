package sagemaker;

import java.util.Arrays;
import java.util.List;

/**
 * A table: its numbers as {@code double}, {@code NaN} where one is missing, its text as {@code
 * String} or {@code null}.
 */
public final class Rows {

  private final List<Column> columns;
  private final int[] places; // of each column, among the numbers or among the texts of a row
  private final int numbersOfRow;
  private final int textsOfRow;
  private final double[] numbers; // row after row
  private final String[] texts;
  private final int size;

  private Rows(Builder builder) {
    columns = builder.columns;
    places = new int[columns.size()];
    int numbersSoFar = 0;
    int textsSoFar = 0;
    for (int column = 0; column < places.length; column++) {
      boolean isNumber = columns.get(column).kind() == Column.Kind.NUMBER;
      places[column] = isNumber ? numbersSoFar++ : textsSoFar++;
    }
    numbersOfRow = numbersSoFar;
    textsOfRow = textsSoFar;
    numbers = builder.numbers;
    texts = builder.texts;
    size = numbersOfRow > 0 ? builder.numberCount / numbersOfRow : builder.textCount / textsOfRow;
  }

  /** Returns the number of rows. */
  public int size() {
    return size;
  }

  public List<Column> columns() {
    return columns;
  }

  /** Returns the position of a column, counted from 0, or -1. */
  public int column(String name) {
    for (int column = 0; column < places.length; column++) {
      if (columns.get(column).name().equals(name)) {
        return column;
      }
    }
    return -1;
  }

  /**
   * Returns the value of a column of numbers, {@code NaN} where it is missing. Both count from 0.
   */
  public double number(int row, int column) {
    return numbers[row * numbersOfRow + places[column]];
  }

  /** Returns the value of a column of text, {@code null} where it is missing. Both count from 0. */
  public String text(int row, int column) {
    return texts[row * textsOfRow + places[column]];
  }

  /**
   * Checks that no value is missing.
   *
   * @throws JobException that names the first row, counted from 1, and the column where one is
   */
  public void requireComplete() {
    for (int row = 0; row < size; row++) {
      for (int column = 0; column < places.length; column++) {
        boolean isMissing =
            switch (columns.get(column).kind()) {
              case NUMBER -> Double.isNaN(number(row, column));
              case TEXT -> text(row, column) == null;
            };
        if (isMissing) {
          throw new JobException(
              "row %d of the data: %s is missing".formatted(row + 1, columns.get(column).name()));
        }
      }
    }
  }

  /** Collects values, row by row and in the order of the columns. */
  public static final class Builder {

    private final List<Column> columns;
    private double[] numbers = new double[64];
    private String[] texts = {};
    private int numberCount;
    private int textCount;

    public Builder(List<Column> columns) {
      this.columns = List.copyOf(columns);
    }

    public Builder number(double value) {
      if (numberCount == numbers.length) {
        numbers = Arrays.copyOf(numbers, 2 * numberCount);
      }
      numbers[numberCount++] = value;
      return this;
    }

    public Builder text(String value) {
      if (textCount == texts.length) {
        texts = Arrays.copyOf(texts, 2 * textCount + 16);
      }
      texts[textCount++] = value;
      return this;
    }

    /**
     * Adds a whole row: a {@code Double} for each column of numbers, a {@code String} or {@code
     * null} for the others.
     */
    public Builder row(List<?> values) {
      for (int column = 0; column < columns.size(); column++) {
        switch (columns.get(column).kind()) {
          case NUMBER -> number((Double) values.get(column));
          case TEXT -> text((String) values.get(column));
        }
      }
      return this;
    }

    public Rows build() {
      return new Rows(this);
    }
  }
}
