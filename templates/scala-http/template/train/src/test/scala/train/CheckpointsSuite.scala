package train

import java.nio.file.Files

class CheckpointsSuite extends munit.FunSuite:

  private val directory = FunFixture(_ => Files.createTempDirectory("checkpoints"), _ => ())

  directory.test("starts afresh without any"): directory =>
    assertEquals(Checkpoints(directory.resolve("none")).newest("nothing"), "nothing")

  directory.test("keeps the two newest"): directory =>
    val checkpoints = Checkpoints(directory)
    for round <- Seq(999_998, 999_999, 1_000_000) do checkpoints.write(round, s"state $round")
    assertEquals(checkpoints.newest(""), "state 1000000")
    assertEquals(directory.toFile.list.length, 2)

  directory.test("skips one that is cut off"): directory =>
    val checkpoints = Checkpoints(directory)
    checkpoints.write(1, "state 1")
    Files.write(directory.resolve("round-000002.ser"), Array[Byte](1))
    assertEquals(checkpoints.newest(""), "state 1")
