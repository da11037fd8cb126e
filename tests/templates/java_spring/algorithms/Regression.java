package algorithm;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import sagemaker.Channels;
import sagemaker.Column;
import sagemaker.Hyperparameters;
import sagemaker.Job;
import sagemaker.Rows;
import sagemaker.SageMakerAlgorithm;

/**
 * A numeric regression in a few lines: what a user writes who needs neither rounds nor checkpoints.
 */
public final class Algorithm implements SageMakerAlgorithm<Algorithm.Line> {

  private static final System.Logger LOG = System.getLogger("algorithm");

  record Line(double slope, double start) {}

  @Override
  public List<Column> columns() {
    return List.of(Column.number("x"));
  }

  @Override
  public Hyperparameters hyperparameters() {
    return Hyperparameters.none()
        .with("degree", 1)
        .with("center", true)
        .with("name", "line")
        .with("range", List.of());
  }

  @Override
  public Line fit(Channels channels, Hyperparameters hyperparameters, Job job) throws IOException {
    LOG.log(System.Logger.Level.INFO, "fits a line");
    System.out.println("given: " + hyperparameters);
    Rows rows = channels.get("train").rows(List.of(Column.number("x"), Column.number("y")));
    double meanX = 0;
    double meanY = 0;
    for (int row = 0; row < rows.size(); row++) {
      meanX += rows.number(row, 0) / rows.size();
      meanY += rows.number(row, 1) / rows.size();
    }
    double products = 0;
    double squares = 0;
    for (int row = 0; row < rows.size(); row++) {
      products += (rows.number(row, 0) - meanX) * (rows.number(row, 1) - meanY);
      squares += (rows.number(row, 0) - meanX) * (rows.number(row, 0) - meanX);
    }
    return new Line(products / squares, meanY - products / squares * meanX);
  }

  @Override
  public void save(Line line, Path directory) throws IOException {
    Files.writeString(directory.resolve("line.csv"), line.slope() + "," + line.start());
  }

  @Override
  public Line load(Path directory) throws IOException {
    String[] numbers = Files.readString(directory.resolve("line.csv")).split(",");
    return new Line(Double.parseDouble(numbers[0]), Double.parseDouble(numbers[1]));
  }

  @Override
  public List<?> predict(Line line, Rows rows) {
    LOG.log(System.Logger.Level.INFO, "predicts by a line");
    var answers = new ArrayList<Double>();
    for (int row = 0; row < rows.size(); row++) {
      answers.add(Math.rint(1e6 * (line.slope() * rows.number(row, 0) + line.start())) / 1e6);
    }
    return answers;
  }
}
