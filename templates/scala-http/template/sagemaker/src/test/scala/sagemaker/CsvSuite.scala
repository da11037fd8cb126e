package sagemaker

class CsvSuite extends munit.FunSuite:

  test("splits lines and cells"):
    assertEquals(Csv.records("1, 2\r\n3,"), Vector(Vector("1", "2"), Vector("3", "")))

  test("a blank line is a record without a cell"):
    assertEquals(Csv.records("1\n\n2\n"), Vector(Vector("1"), Vector(), Vector("2")))

  test("quotes hold commas, line ends and quotes"):
    assertEquals(Csv.records("\"a, \"\"b\"\"\nc\",d"), Vector(Vector("a, \"b\"\nc", "d")))

  test("a quote that is never closed ends with the text"):
    assertEquals(Csv.records("1,\"a\nb"), Vector(Vector("1", "a\nb")))
