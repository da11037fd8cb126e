package train

import java.io.RandomAccessFile
import java.nio.file.Files

import scala.util.Using

import sagemaker.{Column, JobException}

class InputChannelSuite extends munit.FunSuite:

  private val job = FunFixture(
    setup = _ =>
      val ml = Files.createTempDirectory("ml")
      (ml, Files.createDirectories(ml.resolve("input/data/train")))
    ,
    teardown = (_, data) => // no layer of the image may hold the large file
      Files.list(data).forEach(Files.delete)
  )

  job.test("leaves out hidden and empty files"): (ml, data) =>
    for name <- Seq("a.csv", ".b.csv", "_c.csv") do Files.writeString(data.resolve(name), "1")
    Files.createFile(data.resolve("empty.csv"))
    assertEquals(InputChannel.ofJob(ml)("train").files, Seq(data.resolve("a.csv")))

  job.test("refuses a file that is too large"): (ml, data) =>
    val file = data.resolve("a.csv")
    // takes no room on the disk
    Using.resource(RandomAccessFile(file.toFile, "rw"))(_.setLength(3L << 30))
    val channel = InputChannel.ofJob(ml)("train")
    val error = intercept[JobException](channel.rows(Seq(Column.Number("x"))))
    val instead = "split it, or read it in parts with foreachStream"
    assertEquals(error.getMessage, s"$file is larger than 2 GB: $instead")
