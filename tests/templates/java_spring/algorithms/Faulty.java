package algorithm;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import sagemaker.BadRequestException;
import sagemaker.Channels;
import sagemaker.Column;
import sagemaker.Hyperparameters;
import sagemaker.Job;
import sagemaker.Rows;
import sagemaker.SageMakerAlgorithm;

/** Serves what a request asks for: its first number is what to do, its second one comes back. */
public final class Algorithm implements SageMakerAlgorithm<String> {

  @Override
  public List<Column> columns() {
    return List.of(Column.number("do"), Column.number("answer"));
  }

  @Override
  public String fit(Channels channels, Hyperparameters hyperparameters, Job job) {
    return "";
  }

  @Override
  public void save(String model, Path directory) {}

  @Override
  public String load(Path directory) {
    if (Files.exists(Path.of("/tmp/broken"))) {
      throw new IllegalStateException("broken");
    }
    return "";
  }

  @Override
  public List<?> predict(String model, Rows rows) throws InterruptedException {
    double what = rows.number(0, 0);
    switch ((int) what) {
      case -1 -> hang();
      case -2 -> Thread.sleep(1_000_000); // hangs, but can be interrupted
      case -3 -> Runtime.getRuntime().halt(9);
      case -4 -> throw new IllegalStateException("no good\nand more about it");
      case -5 -> {
        return List.of();
      }
      case -6 -> throw new BadRequestException("not this one");
      case -7 -> throw new OutOfMemoryError("Java heap space");
      default -> Thread.sleep((long) (1000 * what));
    }
    var answers = new ArrayList<Double>();
    for (int row = 0; row < rows.size(); row++) {
      answers.add(rows.number(row, 1));
    }
    return answers;
  }

  private static void hang() {
    long count = 0;
    while (count >= 0) {
      count = (count + 1) % 1_000_000;
    }
  }
}
