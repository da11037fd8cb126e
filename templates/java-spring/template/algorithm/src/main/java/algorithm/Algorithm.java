package algorithm;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.tribuo.Model;
import org.tribuo.MutableDataset;
import org.tribuo.classification.Label;
import org.tribuo.classification.LabelFactory;
import org.tribuo.classification.dtree.CARTClassificationTrainer;
import org.tribuo.classification.dtree.impurity.GiniIndex;
import org.tribuo.classification.evaluation.LabelEvaluator;
import org.tribuo.evaluation.CrossValidation;
import org.tribuo.impl.ArrayExample;
import org.tribuo.provenance.SimpleDataSourceProvenance;
import sagemaker.Channels;
import sagemaker.Column;
import sagemaker.Hyperparameters;
import sagemaker.Job;
import sagemaker.Rows;
import sagemaker.SageMakerAlgorithm;

/**
 * Your model. This file is yours: an update of the template never touches it.
 *
 * <p>{@code train} calls fit and save; {@code serve} calls load once, then predict for every
 * request.
 */
public final class Algorithm implements SageMakerAlgorithm<Model<Label>> {

  /** The columns of a request, in order. */
  private static final List<Column> COLUMNS =
      List.of(
          Column.number("sepal_length"),
          Column.number("sepal_width"),
          Column.number("petal_length"),
          Column.number("petal_width"));

  private static final Column TARGET = Column.text("species");

  private static final String[] FEATURES =
      COLUMNS.stream().map(Column::name).toArray(String[]::new);
  private static final LabelFactory LABELS = new LabelFactory();

  @Override
  public List<Column> columns() {
    return COLUMNS;
  }

  /**
   * What a training job may set, with its default. SageMaker sends text; the default's type says
   * what it becomes.
   */
  @Override
  public Hyperparameters hyperparameters() {
    return Hyperparameters.none().with("max_depth", 6).with("folds", 5).with("seed", 0);
  }

  /**
   * Returns a model trained on the channel {@code train}: a decision tree, its depth chosen by
   * cross-validation.
   *
   * <p>One depth a round. After each round the job gets a metric, a checkpoint to resume from when
   * the instance is taken away, and is asked whether to stop. A model that trains in one go may
   * ignore all three.
   */
  @Override
  public Model<Label> fit(Channels channels, Hyperparameters hyperparameters, Job job)
      throws Exception {
    int maxDepth = hyperparameters.integer("max_depth");
    int seed = hyperparameters.integer("seed");
    if (maxDepth < 1) {
      throw new IllegalArgumentException("max_depth must be 1 or more, not " + maxDepth);
    }
    List<Column> columns = new ArrayList<>(COLUMNS);
    columns.add(TARGET);
    MutableDataset<Label> data = dataset(channels.get("train").rows(columns));

    ArrayList<Double> scores = job.resume(new ArrayList<>()); // the accuracy of depth 1, 2, 3 ...
    for (int depth = scores.size() + 1; depth <= maxDepth; depth++) {
      var folds =
          new CrossValidation<>(
              tree(depth, seed),
              data,
              new LabelEvaluator(),
              hyperparameters.integer("folds"),
              seed);
      double score =
          folds.evaluate().stream()
              .mapToDouble(fold -> fold.getA().accuracy())
              .average()
              .orElseThrow();
      scores.add(score);
      job.metric("validation:accuracy", score, depth);
      job.checkpoint(depth, scores);
      if (job.isStopping()) {
        break;
      }
    }

    List<Double> candidates = scores.subList(0, Math.min(maxDepth, scores.size()));
    int bestDepth = candidates.indexOf(Collections.max(candidates)) + 1;
    System.out.println("depth " + bestDepth + " is best");
    return tree(bestDepth, seed).train(data);
  }

  private static CARTClassificationTrainer tree(int depth, int seed) {
    return new CARTClassificationTrainer(depth, 1, 0, 1, false, new GiniIndex(), seed);
  }

  private static MutableDataset<Label> dataset(Rows rows) {
    rows.requireComplete(); // the trees of this library know no missing values
    var dataset = new MutableDataset<>(new SimpleDataSourceProvenance("train", LABELS), LABELS);
    int target = rows.column(TARGET.name());
    for (int row = 0; row < rows.size(); row++) {
      dataset.add(example(rows, row, new Label(rows.text(row, target))));
    }
    return dataset;
  }

  private static ArrayExample<Label> example(Rows rows, int row, Label label) {
    double[] values = new double[FEATURES.length];
    for (int column = 0; column < values.length; column++) {
      values[column] = rows.number(row, column);
    }
    return new ArrayExample<>(label, FEATURES, values);
  }

  /** Writes the model into directory; SageMaker packs what lies there into model.tar.gz. */
  @Override
  public void save(Model<Label> model, Path directory) throws Exception {
    model.serializeToFile(directory.resolve("model.tribuo"));
  }

  /** Reads back what save wrote. */
  @Override
  public Model<Label> load(Path directory) throws Exception {
    return Model.deserializeFromFile(directory.resolve("model.tribuo")).castModel(Label.class);
  }

  /** Returns one prediction for each row. Several threads call this at a time. */
  @Override
  public List<?> predict(Model<Label> model, Rows rows) {
    List<String> species = new ArrayList<>(rows.size());
    for (int row = 0; row < rows.size(); row++) {
      var example = example(rows, row, LabelFactory.UNKNOWN_LABEL);
      species.add(model.predict(example).getOutput().getLabel());
    }
    return species;
  }
}
