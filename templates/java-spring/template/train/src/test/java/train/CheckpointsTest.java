package train;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointsTest {

  @TempDir Path directory;
  private Checkpoints checkpoints;

  @BeforeEach
  void open() {
    checkpoints = new Checkpoints(directory.resolve("checkpoints"));
  }

  @Test
  void startsAfreshWithoutAny() throws IOException {
    assertEquals("nothing", checkpoints.newest("nothing"));
  }

  @Test
  void keepsTheTwoNewest() throws IOException {
    for (int round : List.of(999_998, 999_999, 1_000_000)) {
      checkpoints.write(round, "state " + round);
    }
    assertEquals("state 1000000", checkpoints.newest(""));
    try (var files = Files.list(directory.resolve("checkpoints"))) {
      assertEquals(2, files.count());
    }
  }

  @Test
  void skipsOneThatIsCutOff() throws IOException {
    checkpoints.write(1, "state 1");
    Files.write(directory.resolve("checkpoints/round-000002.ser"), new byte[] {1});
    assertEquals("state 1", checkpoints.newest(""));
  }
}
