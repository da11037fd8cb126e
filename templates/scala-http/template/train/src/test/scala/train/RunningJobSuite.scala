package train

class RunningJobSuite extends munit.FunSuite:

  test("metrics have six significant digits"):
    val texts =
      Seq(0.0 -> "0", 1.0 -> "1", 29.0 / 30 -> "0.966667", 1.5e-7 -> "1.5e-07", 1e6 -> "1e+06")
    for (value, text) <- texts do assertEquals(RunningJob.sixDigits(value), text)
