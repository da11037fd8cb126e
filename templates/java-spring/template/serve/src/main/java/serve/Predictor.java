package serve;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import sagemaker.BadRequestException;
import sagemaker.Column;
import sagemaker.Json;
import sagemaker.Rows;
import sagemaker.SageMakerAlgorithm;

/** A loaded model, and how it is asked. */
final class Predictor<M> {

  private final SageMakerAlgorithm<M> algorithm;
  private final M model;
  private final RequestReader reader;
  private final ResponseWriter writer;

  Predictor(SageMakerAlgorithm<M> algorithm, M model, boolean isBatch) {
    this.algorithm = algorithm;
    this.model = model;
    reader = new RequestReader(algorithm.columns(), algorithm.allowsMissing(), isBatch);
    writer = new ResponseWriter(isBatch);
  }

  /**
   * Returns the body of the answer.
   *
   * @throws BadRequestException for input that is not what the algorithm declares
   */
  byte[] answer(byte[] body, MediaType type, String answerType) throws Exception {
    Records records = reader.read(body, type);
    return writer.write(predict(records.rows()), records.errors(), answerType);
  }

  /** Returns the names and the types of the columns as JSON: the page makes a form from them. */
  String describeColumns() {
    var columns = new ArrayList<Map<String, String>>();
    for (Column column : algorithm.columns()) {
      String type = column.kind() == Column.Kind.NUMBER ? "number" : "text";
      columns.add(Map.of("name", column.name(), "type", type));
    }
    return Json.write(columns);
  }

  private List<?> predict(Rows rows) throws Exception {
    if (rows.size() == 0) {
      return List.of();
    }
    List<?> predictions = ask(rows);
    if (predictions.size() != rows.size()) {
      throw new IllegalStateException(
          "predict returned %d predictions for %d rows".formatted(predictions.size(), rows.size()));
    }
    return predictions;
  }

  private List<?> ask(Rows rows) throws Exception {
    try {
      return algorithm.predict(model, rows);
    } catch (BadRequestException error) {
      throw RefusedException.ofAlgorithm(400, error.getMessage());
    }
  }
}
