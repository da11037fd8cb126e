package sagemaker;

import java.nio.file.Path;
import java.util.List;

/**
 * What {@code algorithm.Algorithm} has to be able to do. {@code train} calls {@link #fit} and
 * {@link #save}; {@code serve} calls {@link #load} once, then {@link #predict} for every request,
 * from several threads at a time.
 *
 * @param <M> the trained model
 */
public interface SageMakerAlgorithm<M> {

  /** Returns the columns of a request, in order. */
  List<Column> columns();

  /**
   * May values be missing? If so they reach {@link #predict} as {@code NaN} or {@code null};
   * otherwise such a request is refused with 400.
   */
  default boolean allowsMissing() {
    return false;
  }

  /**
   * Returns what a training job may set, with its defaults: the type of a default says what the
   * job's text becomes.
   */
  default Hyperparameters hyperparameters() {
    return Hyperparameters.none();
  }

  /**
   * Returns a model trained on the job's input channels.
   *
   * @throws Exception if that is not possible; its message becomes the job's FailureReason
   */
  M fit(Channels channels, Hyperparameters hyperparameters, Job job) throws Exception;

  /** Writes the model into a directory; SageMaker packs what lies there into model.tar.gz. */
  void save(M model, Path directory) throws Exception;

  /** Reads back what {@link #save} wrote. */
  M load(Path directory) throws Exception;

  /**
   * Returns one prediction for each row: numbers or strings, or a list or an array of them a row.
   * Several threads call this at a time on the same model.
   *
   * @throws BadRequestException if the request is wrong: it is answered with 400 and the message
   */
  List<?> predict(M model, Rows rows) throws Exception;
}
