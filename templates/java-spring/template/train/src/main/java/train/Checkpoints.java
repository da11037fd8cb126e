package train;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;

/** The states of a training job below /opt/ml/checkpoints, which outlive the instance (T32). */
final class Checkpoints {

  private final Path directory;
  private final Deque<Long> usable = new ArrayDeque<>(); // the newest two that were written or read

  Checkpoints(Path directory) {
    this.directory = directory;
  }

  void write(int round, Serializable state) throws IOException {
    Files.createDirectories(directory);
    Path target = directory.resolve("round-%06d.ser".formatted(round));
    Path unfinished = directory.resolve(target.getFileName() + ".tmp");
    try (var out = new ObjectOutputStream(Files.newOutputStream(unfinished))) {
      out.writeObject(state);
    }
    Files.move(unfinished, target, StandardCopyOption.ATOMIC_MOVE); // complete or not there at all
    // this one and the one before it stay; one that cannot be read is neither, however high its
    // number
    usable.addLast((long) round);
    if (usable.size() > 2) {
      usable.removeFirst();
    }
    for (Path old : newestFirst()) {
      if (round(old) < usable.getFirst()) {
        Files.delete(old);
      }
    }
  }

  /** Returns the newest readable state, or what is given. */
  @SuppressWarnings("unchecked")
  <T extends Serializable> T newest(T otherwise) throws IOException {
    for (Path path : newestFirst()) {
      String name = path.getFileName().toString();
      try (var in = new ObjectInputStream(new ByteArrayInputStream(Files.readAllBytes(path)))) {
        T state = (T) in.readObject();
        usable.addLast(round(path));
        Train.log("resumed after round " + round(path));
        return state;
      } catch (IOException | ClassNotFoundException | RuntimeException error) {
        // cut off when the instance was taken away: the one before it will do
        Train.log("checkpoint %s cannot be read, skipped: %s".formatted(name, error));
      }
    }
    return otherwise;
  }

  private List<Path> newestFirst() throws IOException {
    if (!Files.isDirectory(directory)) {
      return List.of();
    }
    try (var files = Files.list(directory)) {
      return files
          .filter(path -> path.getFileName().toString().matches("round-\\d{6,10}\\.ser"))
          .sorted(Comparator.comparingLong(Checkpoints::round).reversed())
          .toList();
    }
  }

  private static long round(Path path) {
    String name = path.getFileName().toString();
    return Long.parseLong(name.substring("round-".length(), name.lastIndexOf('.')));
  }
}
