package sagemaker

/** Numbers as they are written in requests, in training data and in answers. */
object Numbers:

  // its quantifiers give nothing back, so that a million digits and a letter take one pass
  private val Number = """[+-]?([0-9]++\.?+[0-9]*+|\.[0-9]++)([eE][+-]?[0-9]++)?""".r

  /** The decimal number that a text means, infinite where it is too large. The words for NaN and
    * infinity are none.
    */
  def parse(text: String): Option[Double] = Option.when(Number.matches(text))(text.toDouble)

  /** The shortest text that means this number: 0.1, 3.0, 12345678.0, 1e+16, 1e-05, nan. */
  def write(number: Double): String =
    if number.isNaN then "nan"
    else if number.isInfinite then if number > 0 then "inf" else "-inf"
    else
      val text = number.toString
      text.indexOf('E') match
        case -1 => text
        case at => withExponent(text.substring(0, at), text.substring(at + 1).toInt)

  private def withExponent(digits: String, exponent: Int): String =
    if exponent > -5 && exponent < 16 then
      val plain = BigDecimal(s"${digits}e$exponent").bigDecimal.stripTrailingZeros.toPlainString
      if plain.contains('.') then plain else s"$plain.0"
    else
      val sign = if exponent < 0 then '-' else '+'
      f"${digits.stripSuffix(".0")}e$sign${exponent.abs}%02d"
