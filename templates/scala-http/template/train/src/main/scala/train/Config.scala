package train

import java.io.IOException
import java.nio.file.{Files, NoSuchFileException, Path}

import sagemaker.{JobException, Json}

/** The JSON files that SageMaker writes below /opt/ml/input/config. */
object Config:

  /** The JSON object of a file; an absent one counts as empty (T10, T11). */
  def read(path: Path): Map[String, Json] =
    try
      Json.read(Files.readString(path).stripPrefix("\ufeff")) match
        case Right(Json.Obj(fields)) => fields
        case Right(_)                => throw JobException(s"$path must hold one JSON object")
        case Left(error) => throw JobException(s"$path is not JSON: ${error.getOriginalMessage}")
    catch
      case _: NoSuchFileException => Map.empty
      case error: IOException     => throw JobException(s"$path cannot be read: $error")
