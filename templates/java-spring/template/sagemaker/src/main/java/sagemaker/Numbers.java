package sagemaker;

import java.math.BigDecimal;
import java.util.regex.Pattern;

/** Numbers as they are written in requests, in training data and in answers. */
public final class Numbers {

  // Its quantifiers give nothing back, so that a million digits and a letter take one pass.
  private static final Pattern NUMBER =
      Pattern.compile("[+-]?(\\d++\\.?+\\d*+|\\.\\d++)([eE][+-]?\\d++)?");

  private Numbers() {}

  /**
   * Returns the decimal number, infinite where it is too large.
   *
   * @throws NumberFormatException if it is none; the words for NaN and infinity are none
   */
  public static double parse(String text) {
    if (!NUMBER.matcher(text).matches()) {
      throw new NotANumberException(text);
    }
    return Double.parseDouble(text);
  }

  /** Writes the shortest text that means this number: 0.1, 3.0, 12345678.0, 1e+16, 1e-05, nan. */
  public static String write(double number) {
    if (Double.isNaN(number)) {
      return "nan";
    }
    if (Double.isInfinite(number)) {
      return number > 0 ? "inf" : "-inf";
    }
    String text = Double.toString(number);
    int exponentAt = text.indexOf('E');
    if (exponentAt < 0) {
      return text;
    }
    int exponent = Integer.parseInt(text.substring(exponentAt + 1));
    if (-5 < exponent && exponent < 16) {
      String plain = new BigDecimal(text).stripTrailingZeros().toPlainString();
      return plain.contains(".") ? plain : plain + ".0";
    }
    String digits = text.substring(0, exponentAt);
    return "%se%s%02d"
        .formatted(
            digits.endsWith(".0") ? digits.substring(0, digits.length() - 2) : digits,
            exponent < 0 ? "-" : "+",
            Math.abs(exponent));
  }

  /** Has no stack trace: a request can hold millions of cells that are no number. */
  private static final class NotANumberException extends NumberFormatException {
    private static final long serialVersionUID = 1;

    NotANumberException(String text) {
      super(text);
    }

    @Override
    public synchronized Throwable fillInStackTrace() {
      return this;
    }
  }
}
