package sagemaker;

import java.io.IOException;
import java.io.Serializable;
import java.util.List;
import java.util.Map;

/** What a running training job can be told and asked by {@link SageMakerAlgorithm#fit}. */
public interface Job {

  /** Has SageMaker asked the job to stop? Then return the best model so far (T30). */
  boolean isStopping();

  /** Returns the name of this host. */
  String host();

  /** Returns the names of all hosts of the job (T12). */
  List<String> hosts();

  /** Is this the host that writes the model (T22)? */
  default boolean isFirstHost() {
    return host().equals(hosts().getFirst());
  }

  /**
   * Logs one metric, to be matched by MetricDefinitions such as {@code validation:accuracy=(.*?);}
   * (T27).
   *
   * @param context what else stands in the line, such as the round
   */
  void metric(String name, double value, Map<String, ?> context);

  /** Logs the metric of a round. */
  default void metric(String name, double value, int round) {
    metric(name, value, Map.of("round", round));
  }

  /** Logs a metric that belongs to no round. */
  default void metric(String name, double value) {
    metric(name, value, Map.of());
  }

  /**
   * Keeps a state, so that a restarted job goes on after this round (T32). Only the first host
   * writes it.
   *
   * @param round grows from call to call
   */
  void checkpoint(int round, Serializable state) throws IOException;

  /**
   * Returns the state of the newest readable checkpoint, or what is given when the job starts
   * afresh.
   *
   * <p>It is deserialised: who may write to the bucket of the checkpoints may run code in the job.
   */
  <T extends Serializable> T resume(T otherwise) throws IOException;
}
