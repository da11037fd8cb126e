package algorithm

class AlgorithmSuite extends munit.FunSuite:

  test("declares a number and a text"):
    assertEquals(Algorithm().columns.size, 2)
