package train

import sagemaker.{Column, JobException}

class TableSuite extends munit.FunSuite:

  private def read(text: String): Seq[String] =
    val table = Table(Seq(Column.Number("number"), Column.Text("text")))
    table.addCsv("file.csv", text.getBytes("utf-8"))
    val rows = table.rows
    rows.indices.map(row => s"${rows.number(row, 0)} ${rows.text(row, 1).getOrElse("-")}")

  test("takes values in their order"):
    assertEquals(read("1, 01 \r\n,\n\nNA,NA"), Seq("1.0 01", "NaN -", "NaN NA"))

  test("takes columns by name from a header, wherever it is repeated"):
    val text = "\ufefftext , more,number\na,9,1\ntext , more,number\nb,9,2"
    assertEquals(read(text), Seq("1.0 a", "2.0 b"))

  test("text that is a column's name makes no header"):
    assertEquals(read("1,text\n2,number"), Seq("1.0 text", "2.0 number"))

  Seq(
    "number,label\n1,a" -> "file.csv: the header has no column text",
    "1,a\n2,b," -> "file.csv, row 2: 3 values, expected 2: number, text",
    "x,a" -> "file.csv, row 1: number must be a number, not 'x'"
  ).foreach: (text, sentence) =>
    test(s"says: $sentence"):
      assertEquals(intercept[JobException](read(text)).getMessage, sentence)
