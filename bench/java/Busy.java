package algorithm;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import sagemaker.Channels;
import sagemaker.Column;
import sagemaker.Hyperparameters;
import sagemaker.Job;
import sagemaker.Rows;
import sagemaker.SageMakerAlgorithm;

/** Keeps a worker busy for as long as the benchmark lasts, asleep or computing, and says so. */
public final class Algorithm implements SageMakerAlgorithm<String> {

  @Override
  public List<Column> columns() {
    return List.of(Column.number("a"), Column.number("b"), Column.number("c"), Column.number("d"));
  }

  @Override
  public String fit(Channels channels, Hyperparameters hyperparameters, Job job) {
    return "";
  }

  @Override
  public void save(String model, Path directory) {}

  @Override
  public String load(Path directory) {
    return "";
  }

  @Override
  public List<?> predict(String model, Rows rows) throws InterruptedException {
    System.out.println("busy " + Thread.currentThread().threadId());
    long end = System.nanoTime() + 30_000_000_000L;
    if ("asleep".equals(System.getenv("BUSY"))) {
      Thread.sleep(30_000);
    }
    while (System.nanoTime() < end) {
      Thread.onSpinWait();
    }
    return new ArrayList<>(List.of(0.0));
  }
}
