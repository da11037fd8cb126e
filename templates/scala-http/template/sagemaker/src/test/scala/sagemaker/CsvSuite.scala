package sagemaker

class CsvSuite extends munit.FunSuite:

  private def records(text: String) = Csv.lines(text).map(_.cells).toVector

  private def cells(cells: String*) = Right(cells.toVector)

  test("splits lines and cells"):
    assertEquals(records("1, 2\r\n3,"), Vector(cells("1", "2"), cells("3", "")))

  test("a blank line is a record without a cell"):
    assertEquals(records("1\n\n2\n"), Vector(cells("1"), cells(), cells("2"), cells()))

  test("quotes hold commas, blanks, line ends and quotes"):
    assertEquals(
      records("\" a, \"\"b\"\"\r\nc\" ,d"),
      Vector(cells(" a, \"b\"\r\nc", "d"))
    )

  test("a quote within a cell is a letter"):
    assertEquals(records("5\" tall\nb"), Vector(cells("5\" tall"), cells("b")))

  test("says what is wrong"):
    assertEquals(records("\"a\nb"), Vector(Left("has a quote that is never closed")))
    assertEquals(records("\"a\"b"), Vector(Left("has text after a closing quote")))
    assertEquals(records("a\rb"), Vector(Left("has a CR without LF")))
