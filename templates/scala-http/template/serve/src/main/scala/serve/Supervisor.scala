package serve

import java.io.IOException
import java.lang.System.Logger.Level
import java.nio.file.{Files, Path}

/** Tells `program/serve` of this JVM, by files beside its socket. */
final class Supervisor(socket: Option[Path]):

  private val log = System.getLogger("serve")

  /** Requests can be answered. */
  def announceReady(): Unit = tell("ready-")

  /** Another JVM has to be started in the place of this one. */
  def askForReplacement(): Unit = tell("replace-")

  /** Leaves the description of the columns where nginx finds it for the page. */
  def publishColumns(columns: String): Unit = socket.foreach(write(_, "columns.json", columns))

  private def tell(what: String): Unit =
    socket.foreach: path =>
      write(path, path.getFileName.toString.replace("jvm-", what).stripSuffix(".sock"), "")

  private def write(socket: Path, name: String, text: String): Unit =
    try Files.writeString(socket.resolveSibling(name), text)
    catch case error: IOException => log.log(Level.ERROR, s"cannot write $name", error)
