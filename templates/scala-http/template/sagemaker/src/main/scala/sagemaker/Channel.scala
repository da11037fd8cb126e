package sagemaker

import java.io.InputStream
import java.nio.file.Path

/** One input channel: files in a folder (File and FastFile mode), or a stream an epoch (Pipe mode).
  */
trait Channel:

  /** The channel's data as a table with these columns. Values are read as a request's are.
    *
    * It is CSV, or JSON Lines: where the channel's ContentType says so, or where no file ends in
    * .csv and some end in .jsonl, .jsonlines or .ndjson. A first CSV record that names all columns
    * is a header, and columns are then taken by name; without one the values must stand in this
    * order.
    *
    * @throws JobException
    *   where there is no data, or a line does not fit
    */
  def rows(columns: Seq[Column]): Rows

  /** The channel's files, all folders below it included; empty ones are left out, and those whose
    * names or folders begin with `.` or `_` (T16).
    *
    * @throws JobException
    *   in Pipe mode, which has streams instead
    */
  def files: Seq[Path]

  /** Hands over the channel's data as streams, each with its name: one a file, or in Pipe mode the
    * one of the next epoch (T18). A stream is closed afterwards.
    *
    * @param suffix
    *   where some files have it, the others are left out
    */
  def foreachStream(suffix: String)(read: (String, InputStream) => Unit): Unit

/** The input channels of a training job, by name (T11). */
final case class Channels(byName: Map[String, Channel]):

  /** The channel of that name.
    *
    * @throws JobException
    *   if the job has none
    */
  def apply(name: String): Channel =
    byName.getOrElse(
      name, {
        val names = if byName.isEmpty then "none" else byName.keys.toSeq.sorted.mkString(", ")
        throw JobException(s"the job has no input channel named $name; it has: $names")
      }
    )
