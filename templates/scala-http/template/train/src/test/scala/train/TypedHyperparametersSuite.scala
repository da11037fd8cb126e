package train

import sagemaker.{Hyperparameters, JobException, Json}

class TypedHyperparametersSuite extends munit.FunSuite:

  private val defaults = Hyperparameters(
    "depth" -> 6,
    "rate" -> 0.1,
    "center" -> true,
    "name" -> "line",
    "layers" -> Json.Arr(),
    "limits" -> Json.Obj()
  )

  private def of(name: String, text: String): Hyperparameters =
    TypedHyperparameters.of(Map(name -> Json.Str(text)), defaults)

  test("take the type of the default"):
    assertEquals(of("depth", "5").int("depth"), 5)
    assertEquals(of("depth", "\"5\"").int("depth"), 5)
    assertEquals(of("rate", "1").double("rate"), 1.0)
    assertEquals(of("center", "False").boolean("center"), false)
    assertEquals(of("name", "\"x\"").string("name"), "x")
    assertEquals(of("layers", "[1, 2]").list("layers"), Seq(Json.Whole(1), Json.Whole(2)))
    assertEquals(of("limits", "{\"a\": null}").fields("limits"), Map("a" -> Json.Null))

  Seq(
    ("depth", "many", "a whole number"),
    ("depth", "1.5", "a whole number"),
    ("depth", "\u0665", "a whole number"),
    ("depth", "2147483648", "a whole number from -2147483648 to 2147483647"),
    ("rate", "NaN", "a number"),
    ("rate", "half", "a number"),
    ("center", "maybe", "true or false"),
    ("layers", "1", "a JSON list"),
    ("layers", "null", "a JSON list"),
    ("limits", "[]", "a JSON object")
  ).foreach: (name, text, kind) =>
    test(s"$name is not '$text'"):
      val error = intercept[JobException](of(name, text))
      assertEquals(error.getMessage, s"hyperparameter $name must be $kind, not '$text'")

  test("leave the others as they are"):
    assertEquals(of("unknown", "1"), defaults)
