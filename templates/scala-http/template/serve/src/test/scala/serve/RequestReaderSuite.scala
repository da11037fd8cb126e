package serve

import sagemaker.Column

class RequestReaderSuite extends munit.FunSuite:

  private val numbers = Seq(Column.Number("x"), Column.Number("y"))

  private def read(text: String, contentType: String): Either[String, Seq[Double]] =
    val media = MediaType.parse(contentType).toOption.get
    val reader = RequestReader(numbers, allowsMissing = false, isBatch = false)
    reader
      .read(text.getBytes("utf-8"), media.format.get, media)
      .map: records =>
        val rows = records.rows
        rows.indices.flatMap(row => Seq(rows.number(row, 0), rows.number(row, 1)))

  private val plain = Right(Seq(1.5, -2.0, 3.0, 4.0))

  test("plain numbers and odd ones are read alike"):
    for text <- Seq("1.5,-2\r\n3,4", "1.5 , -2\n3,4\n", "\"1.5\",-2\n3e0,4", "+1.5,-2\n03,4.") do
      assertEquals(read(text, "text/csv"), plain, text)
    for text <- Seq("[[1.5, -2], [3, 4]]", """[[1.5, -2], {"y": 4, "x": 3}]""") do
      assertEquals(read(text, "application/json"), plain, text)

  test("what is no finite number is refused"):
    assertEquals(read("[[1, NaN]]", "application/json"), Left("row 1: y is missing"))
    assertEquals(read("[[1, 1e999]]", "application/json"), Left("row 1: y is not a finite number"))
    assertEquals(read("1,1e999", "text/csv"), Left("row 1: y is not a finite number"))
    assertEquals(read("1,inf", "text/csv"), Left("row 1: y must be a number, not 'inf'"))
