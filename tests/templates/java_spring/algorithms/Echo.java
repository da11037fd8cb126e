package algorithm;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import sagemaker.Channels;
import sagemaker.Column;
import sagemaker.Hyperparameters;
import sagemaker.Job;
import sagemaker.Json;
import sagemaker.Rows;
import sagemaker.SageMakerAlgorithm;

/**
 * Answers with what it was given: a number, and a text that may be missing. Its training shows the
 * data it read.
 */
public final class Algorithm implements SageMakerAlgorithm<String> {

  @Override
  public List<Column> columns() {
    return List.of(Column.number("number"), Column.text("text"));
  }

  @Override
  public boolean allowsMissing() {
    return true;
  }

  @Override
  public String fit(Channels channels, Hyperparameters hyperparameters, Job job) throws Exception {
    var columns = List.of(Column.number("number"), Column.text("text"), Column.text("target"));
    Rows rows = channels.get("train").rows(columns);
    for (int row = 0; row < rows.size(); row++) {
      System.out.println("read: " + row(rows, row) + " " + Json.write(rows.text(row, 2)));
    }
    return "";
  }

  @Override
  public void save(String model, Path directory) {}

  @Override
  public String load(Path directory) {
    return "";
  }

  @Override
  public List<?> predict(String model, Rows rows) {
    var answers = new ArrayList<String>();
    for (int row = 0; row < rows.size(); row++) {
      answers.add(row(rows, row));
    }
    return answers;
  }

  private static String row(Rows rows, int row) {
    return rows.number(row, 0) + " " + Json.write(rows.text(row, 1));
  }
}
