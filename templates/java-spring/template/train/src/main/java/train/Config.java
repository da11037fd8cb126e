package train;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import sagemaker.JobException;
import sagemaker.Json;
import tools.jackson.core.JacksonException;

/** The JSON files that SageMaker writes below /opt/ml/input/config. */
final class Config {

  private Config() {}

  /** Returns the JSON object of a file; an absent one counts as empty (T10, T11). */
  static Map<?, ?> read(Path path) {
    Object content;
    try {
      String text = Files.readString(path);
      content = Json.read(text.startsWith("\ufeff") ? text.substring(1) : text);
    } catch (NoSuchFileException error) {
      return Map.of();
    } catch (IOException error) {
      throw new JobException("%s cannot be read: %s".formatted(path, error));
    } catch (JacksonException error) {
      throw new JobException("%s is not JSON: %s".formatted(path, error.getOriginalMessage()));
    }
    if (content instanceof Map<?, ?> object) {
      return object;
    }
    throw new JobException("%s must hold one JSON object".formatted(path));
  }
}
