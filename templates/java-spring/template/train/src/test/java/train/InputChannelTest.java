package train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import sagemaker.Column;
import sagemaker.JobException;

class InputChannelTest {

  @TempDir Path ml;
  private Path data;

  @BeforeEach
  void makeChannel() throws IOException {
    data = Files.createDirectories(ml.resolve("input/data/train"));
  }

  @Test
  void leavesOutHiddenAndEmptyFiles() throws IOException {
    for (String name : List.of("a.csv", ".b.csv", "_c.csv")) {
      Files.writeString(data.resolve(name), "1");
    }
    Files.createFile(data.resolve("empty.csv"));
    assertEquals(List.of(data.resolve("a.csv")), InputChannel.ofJob(ml).get("train").files());
  }

  @Test
  void refusesAFileThatIsTooLarge() throws IOException {
    Path file = data.resolve("a.csv");
    try (var large = new RandomAccessFile(file.toFile(), "rw")) {
      large.setLength(3L << 30); // takes no room on the disk
    }
    var channel = InputChannel.ofJob(ml).get("train");
    var error = assertThrows(JobException.class, () -> channel.rows(List.of(Column.number("x"))));
    assertEquals(
        file + " is larger than 2 GB: split it, or read it in parts with forEachStream",
        error.getMessage());
  }
}
