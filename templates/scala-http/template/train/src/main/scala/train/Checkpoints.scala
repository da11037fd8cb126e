package train

import java.io.{ByteArrayInputStream, ObjectInputStream, ObjectOutputStream}
import java.nio.file.{Files, Path, StandardCopyOption}

import scala.jdk.StreamConverters.*
import scala.util.{Failure, Success, Try, Using}

/** The states of a training job below /opt/ml/checkpoints, which outlive the instance (T32). */
final class Checkpoints(directory: Path):

  // the newest two rounds that were written or read; one that cannot be read does not count
  private var usable = Seq.empty[Long]

  private val FileName = """round-(\d{6,10})\.ser""".r

  def write(round: Int, state: Serializable): Unit =
    Files.createDirectories(directory)
    val target = directory.resolve(f"round-$round%06d.ser")
    val unfinished = target.resolveSibling(s"${target.getFileName}.tmp")
    Using.resource(ObjectOutputStream(Files.newOutputStream(unfinished)))(_.writeObject(state))
    // complete or not there at all
    Files.move(unfinished, target, StandardCopyOption.ATOMIC_MOVE)
    usable = usable.takeRight(1) :+ round.toLong
    for (number, old) <- newestFirst if number < usable.head do Files.delete(old)

  /** The newest readable state, or what is given. */
  def newest[S <: Serializable](otherwise: S): S =
    // one that was cut off when the instance was taken away is skipped: the one before it will do
    newestFirst.iterator
      .flatMap: (round, path) =>
        Try(read[S](path)) match
          case Success(state) =>
            usable = Seq(round)
            Train.log(s"resumed after round $round")
            Some(state)
          case Failure(error) =>
            Train.log(s"checkpoint ${path.getFileName} cannot be read, skipped: $error")
            None
      .nextOption()
      .getOrElse(otherwise)

  private def read[S](path: Path): S =
    Using.resource(ObjectInputStream(ByteArrayInputStream(Files.readAllBytes(path)))): in =>
      in.readObject().asInstanceOf[S]

  private def newestFirst: Seq[(Long, Path)] =
    if Files.isDirectory(directory) then
      Using
        .resource(Files.list(directory))(_.toScala(Vector))
        .map(path => (path.getFileName.toString, path))
        .collect { case (FileName(round), path) => (round.toLong, path) }
        .sortBy((round, _) => -round)
    else Seq.empty
