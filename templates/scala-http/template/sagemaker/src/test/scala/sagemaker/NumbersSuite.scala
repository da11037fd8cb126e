package sagemaker

class NumbersSuite extends munit.FunSuite:

  test("writes the shortest text"):
    val texts = Seq("3.0", "0.1", "12345678.0", "1e+16", "1.5e-07", "0.0001", "1e-05", "0.00123")
    for text <- texts do assertEquals(Numbers.write(text.toDouble), text)

  test("reads numbers"):
    val numbers =
      Seq("5." -> 5.0, "+.5" -> 0.5, "2e-1" -> 0.2, "1e999" -> Double.PositiveInfinity)
    for (text, number) <- numbers do assertEquals(Numbers.parse(text), Some(number))

  test("refuses what is none"):
    val texts = Seq("", ".", "1d", "1L", "0x10", "1_0", "1 0", "1e", "true", "nan", "\u0664")
    for text <- texts do assertEquals(Numbers.parse(text), None, text)
