package sagemaker

class RowsSuite extends munit.FunSuite:

  private val columns = Seq(Column.Text("a"), Column.Number("b"), Column.Text("c"))
  private val rows = Rows(columns, Seq(Seq("x", 1.0, None), Seq("y", 2.0, "z")))

  test("values are found by row and column"):
    assertEquals(rows.size, 2)
    assertEquals(rows.column("c"), Some(2))
    assertEquals(rows.column("d"), None)
    assertEquals(rows.text(0, 2), None)
    assertEquals((rows.text(1, 0), rows.number(1, 1), rows.text(1, 2)), (Some("y"), 2.0, Some("z")))

  test("the first missing value is named"):
    val error = intercept[JobException](rows.requireComplete())
    assertEquals(error.getMessage, "row 1 of the data: c is missing")
