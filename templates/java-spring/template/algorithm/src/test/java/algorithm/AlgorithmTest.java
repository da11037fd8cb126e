package algorithm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.Serializable;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tribuo.Model;
import org.tribuo.classification.Label;
import sagemaker.Channel;
import sagemaker.Channels;
import sagemaker.Column;
import sagemaker.Job;
import sagemaker.JobException;
import sagemaker.Rows;

/** Runs while the image is built: see README.md. */
class AlgorithmTest {

  private final Algorithm algorithm = new Algorithm();
  private final FakeJob job = new FakeJob();
  private List<?> extraRow = List.of(5.0, 3.4, 1.4, 0.2, "setosa");

  @Test
  void learnsTheDifference() throws Exception {
    Model<Label> model = fit(2);
    Rows rows = rows(new double[][] {{5.0, 3.4, 1.5, 0.2}, {6.5, 3.0, 5.6, 2.0}});
    assertEquals(List.of("setosa", "virginica"), algorithm.predict(model, rows));
  }

  @Test
  void goesOnAfterTheCheckpoint() throws Exception {
    job.state = new ArrayList<>(List.of(0.5));
    fit(3);
    assertEquals(List.of(2, 3), job.rounds);
  }

  @Test
  void stopsAfterTheRoundWhenAsked() throws Exception {
    job.stopping = true;
    fit(3);
    assertEquals(List.of(1), job.rounds);
  }

  @Test
  void refusesDepthZero() {
    var error = assertThrows(IllegalArgumentException.class, () -> fit(0));
    assertEquals("max_depth must be 1 or more, not 0", error.getMessage());
  }

  @Test
  void refusesWhatIsMissing() {
    extraRow = Arrays.asList(5.0, Double.NaN, 1.4, 0.2, "setosa");
    var number = assertThrows(JobException.class, () -> fit(1));
    assertEquals("row 41 of the data: sepal_width is missing", number.getMessage());
    extraRow = Arrays.asList(5.0, 3.4, 1.4, 0.2, null);
    var label = assertThrows(JobException.class, () -> fit(1));
    assertEquals("row 41 of the data: species is missing", label.getMessage());
  }

  @Test
  void loadedModelPredictsWhatTheSavedOneDid(@TempDir Path directory) throws Exception {
    Model<Label> model = fit(2);
    Rows rows = rows(new double[][] {{5.0, 3.4, 1.5, 0.2}});
    algorithm.save(model, directory);
    assertEquals(
        algorithm.predict(model, rows), algorithm.predict(algorithm.load(directory), rows));
  }

  private Model<Label> fit(int maxDepth) throws Exception {
    var channels = new Channels(Map.of("train", new FakeChannel(extraRow)));
    return algorithm.fit(channels, algorithm.hyperparameters().with("max_depth", maxDepth), job);
  }

  private Rows rows(double[][] values) {
    var rows = new Rows.Builder(algorithm.columns());
    for (double[] row : values) {
      for (double value : row) {
        rows.number(value);
      }
    }
    return rows.build();
  }

  /** Stands in for the job's input: two species that the length of a petal tells apart. */
  private record FakeChannel(List<?> lastRow) implements Channel {

    @Override
    public Rows rows(List<Column> columns) {
      var rows = new Rows.Builder(columns);
      for (int i = 0; i < 20; i++) {
        rows.row(List.of(5.0, 3.4, 1.4 + i / 100.0, 0.2, "setosa"));
        rows.row(List.of(6.5, 3.0, 5.5 + i / 100.0, 2.0, "virginica"));
      }
      return rows.row(lastRow).build();
    }

    @Override
    public List<Path> files() {
      return List.of();
    }

    @Override
    public void forEachStream(String suffix, StreamReader reader) {}
  }

  /** Stands in for the running job, and remembers what fit told it. */
  private static final class FakeJob implements Job {

    private final List<Integer> rounds = new ArrayList<>();
    private boolean stopping;
    private ArrayList<Double> state = new ArrayList<>();

    @Override
    public boolean isStopping() {
      return stopping;
    }

    @Override
    public String host() {
      return "algo-1";
    }

    @Override
    public List<String> hosts() {
      return List.of("algo-1");
    }

    @Override
    public void metric(String name, double value, Map<String, ?> context) {
      rounds.add((Integer) context.get("round"));
    }

    @Override
    public void checkpoint(int round, Serializable newState) {}

    @Override
    @SuppressWarnings("unchecked")
    public <T extends Serializable> T resume(T otherwise) {
      return (T) state;
    }
  }
}
