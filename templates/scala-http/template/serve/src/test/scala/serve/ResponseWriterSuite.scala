package serve

import sagemaker.{Json, Prediction}

class ResponseWriterSuite extends munit.FunSuite:

  private def write(predictions: Seq[Prediction], format: Format): String =
    val noErrors = predictions.map(_ => None)
    String(ResponseWriter(isBatch = true).write(predictions, noErrors, format), "utf-8")

  test("writes several values of a row"):
    val rows = Seq(Array(0.5f, 0.25f).toSeq, Array(1f, Float.NaN).toSeq)
    assertEquals(write(rows, Format.Json), """{"predictions":[[0.5,0.25],[1.0,null]]}""")
    assertEquals(write(rows, Format.Csv), "0.5,0.25\n1.0,")
    val lines = "{\"prediction\":[0.5,0.25]}\n{\"prediction\":[1.0,null]}"
    assertEquals(write(rows, Format.JsonLines), lines)

  test("writes values of each type"):
    val row = Seq(Seq("a,b", 1, 2L, true, 0.5))
    assertEquals(write(row, Format.Json), """{"predictions":[["a,b",1,2,true,0.5]]}""")
    assertEquals(write(row, Format.Csv), "\"a,b\",1,2,true,0.5")

  test("writes values by name, as JSON in a cell of CSV"):
    val row = Seq(Map("a" -> 0.5))
    assertEquals(write(row, Format.Json), """{"predictions":[{"a":0.5}]}""")
    assertEquals(write(row, Format.Csv), "\"{\"\"a\"\":0.5}\"")

  test("a prediction that is missing is no blank line"):
    assertEquals(write(Seq(Json.Null, 1), Format.Csv), "\"\"\n1")
