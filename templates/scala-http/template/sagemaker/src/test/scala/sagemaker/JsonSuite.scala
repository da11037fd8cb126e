package sagemaker

class JsonSuite extends munit.FunSuite:

  private val text = "{\"a\":[1,2.5,-1e+30,true,null],\"b\":{},\"c\":\"\\\"é\\n\"}"

  test("writes what it has read"):
    assertEquals(Json.read(text).map(_.compact), Right(text))

  test("messages have blanks and are in ASCII"):
    val readable = Json.read("[1,\"é\"]").map(_.readable)
    assertEquals(readable, Right("[1, \"\\u00e9\"]"))

  test("refuses what is not one value"):
    for text <- Seq("", "[1", "[1]]", "1 2", "{1: 2}", "[1,]") do
      assert(Json.read(text).isLeft, text)
