package serve;

import java.io.FileNotFoundException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import sagemaker.Channels;
import sagemaker.Column;
import sagemaker.Hyperparameters;
import sagemaker.Job;
import sagemaker.Rows;
import sagemaker.SageMakerAlgorithm;

/** Answers with the sum of the numbers it was given; hangs for a negative one, fails for 404. */
final class EchoAlgorithm implements SageMakerAlgorithm<String> {

  @Override
  public List<Column> columns() {
    return List.of(Column.number("x"), Column.number("y"));
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
  public List<?> predict(String model, Rows rows) throws Exception {
    if (rows.number(0, 0) < 0) {
      Thread.sleep(60_000);
    }
    if (rows.number(0, 0) == 404) {
      throw new FileNotFoundException("no table of prices");
    }
    return IntStream.range(0, rows.size())
        .mapToObj(row -> rows.number(row, 0) + rows.number(row, 1))
        .toList();
  }
}
