package serve

import sagemaker.Column

class RequestReaderSuite extends munit.FunSuite:

  private val numbers = Seq(Column.Number("x"), Column.Number("y"))

  private def read(text: String, contentType: String): Seq[Double] =
    val media = MediaType.parse(contentType)
    val reader = RequestReader(numbers, allowsMissing = false, isBatch = false)
    reader.read(text.getBytes("utf-8"), media.format.get, media) match
      case Right(Records(rows, _)) => rows.indices.flatMap(i => Seq(rows.number(i, 0), rows.number(i, 1)))
      case Left(reason) => fail(reason)

  test("plain numbers and odd ones are read alike"):
    for text <- Seq("1.5,-2\r\n3,4", "1.5 , -2\n3,4\n", "\"1.5\",-2\n3e0,4", "+1.5,-2\n03,4.") do
      assertEquals(read(text, "text/csv"), Seq(1.5, -2.0, 3.0, 4.0), text)
    for text <- Seq("[[1.5, -2], [3, 4]]", """[[1.5, -2], {"y": 4, "x": 3}]""") do
      assertEquals(read(text, "application/json"), Seq(1.5, -2.0, 3.0, 4.0), text)
