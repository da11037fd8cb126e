package train

import java.io.{BufferedInputStream, FileInputStream, InputStream}
import java.nio.file.{Files, Path}
import java.util.Locale

import scala.jdk.CollectionConverters.*
import scala.jdk.StreamConverters.*
import scala.util.Using

import sagemaker.{Channel, Channels, Column, JobException, Json, Rows}

/** An input channel in a folder below /opt/ml/input/data, or in Pipe mode the FIFOs NAME_0, NAME_1
  * ... there.
  */
final class InputChannel(path: Path, isPipe: Boolean, contentType: String = "") extends Channel:

  private val name = path.getFileName.toString
  private var epoch = 0

  def files: Seq[Path] =
    if isPipe then throw JobException(s"channel $name is in Pipe mode: it has streams, no files")
    else if Files.isDirectory(path) then
      Using.resource(Files.walk(path))(_.toScala(Vector)).filter(holdsData).sorted
    else Seq.empty

  private def holdsData(file: Path): Boolean =
    val parts = path.relativize(file).asScala.map(_.toString)
    val isHidden = parts.exists(part => part.startsWith(".") || part.startsWith("_"))
    !isHidden && Files.isRegularFile(file) && Files.size(file) > 0

  def foreachStream(suffix: String)(read: (String, InputStream) => Unit): Unit =
    foreachStream(Seq(suffix))(read)

  private def foreachStream(suffixes: Seq[String])(read: (String, InputStream) => Unit): Unit =
    val sources = if isPipe then Seq(nextFifo()) else chosen(suffixes)
    for source <- sources do
      // FileInputStream, because the one of Files cannot read a FIFO
      Using.resource(BufferedInputStream(FileInputStream(source.toFile))): stream =>
        read(source.toString, stream)

  private def chosen(suffixes: Seq[String]): Seq[Path] =
    val all = files
    val some = all.filter(endsWith(suffixes))
    if some.isEmpty then all else some

  private def endsWith(suffixes: Seq[String])(file: Path): Boolean =
    suffixes.exists(file.getFileName.toString.toLowerCase(Locale.ROOT).endsWith)

  private def nextFifo(): Path =
    val fifo = path.resolveSibling(s"${name}_$epoch")
    epoch += 1
    while !Files.exists(fifo) do Thread.sleep(100) // the platform may make it late (T18)
    fifo

  def rows(columns: Seq[Column]): Rows =
    val table = Table(columns)
    if hasJsonLines then
      foreachStream(InputChannel.Lines)((name, in) => table.addLines(name, bytes(name, in)))
    else foreachStream(InputChannel.Csv)((name, in) => table.addCsv(name, bytes(name, in)))
    val rows = table.rows
    if rows.size == 0 then throw JobException(s"channel $name holds no data")
    rows

  private def hasJsonLines: Boolean =
    if isPipe || contentType.nonEmpty then contentType == "application/jsonlines"
    else
      val all = files
      !all.exists(endsWith(InputChannel.Csv)) && all.exists(endsWith(InputChannel.Lines))

  private def bytes(name: String, stream: InputStream): Array[Byte] =
    if Files.size(Path.of(name)) > InputChannel.Largest then
      val instead = "split it, or read it in parts with foreachStream"
      throw JobException(s"$name is larger than 2 GB: $instead")
    stream.readAllBytes()

object InputChannel:

  private val Csv = Seq(".csv")
  private val Lines = Seq(".jsonl", ".jsonlines", ".ndjson")
  private val Largest = Int.MaxValue - 8L // what an array can hold

  /** The channels that inputdataconfig.json names; without it those that have a folder. */
  def ofJob(ml: Path): Channels =
    val data = ml.resolve("input/data")
    val config = Config.read(ml.resolve("input/config/inputdataconfig.json"))
    val names = if config.isEmpty then folders(data) else config.keys
    Channels(names.map(name => name -> of(data.resolve(name), config.get(name))).toMap)

  private def of(path: Path, shape: Option[Json]): InputChannel =
    val values = shape.collect { case Json.Obj(fields) => fields }.getOrElse(Map.empty)
    values.get("RecordWrapperType") match
      case Some(Json.Str(wrapper)) if wrapper.nonEmpty && wrapper != "None" =>
        val name = path.getFileName
        throw JobException(s"channel $name comes as $wrapper: set RecordWrapperType to None")
      case _ =>
        val isPipe = values.get("TrainingInputMode").contains(Json.Str("Pipe"))
        val contentType = values.get("ContentType").collect { case Json.Str(value) => value }
        val media = contentType.getOrElse("").takeWhile(_ != ';').strip.toLowerCase(Locale.ROOT)
        InputChannel(path, isPipe, media)

  private def folders(data: Path): Seq[String] =
    if Files.isDirectory(data) then
      val inside = Using.resource(Files.list(data))(_.toScala(Vector))
      inside.filter(Files.isDirectory(_)).map(_.getFileName.toString)
    else Seq.empty
