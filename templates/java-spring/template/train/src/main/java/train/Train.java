package train;

import algorithm.Algorithm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import sagemaker.Hyperparameters;
import sagemaker.JobException;
import sagemaker.SageMakerAlgorithm;

/**
 * SageMaker runs a training job as {@code docker run IMAGE train}.
 *
 * <p>Reads what the platform laid out below /opt/ml, lets the algorithm fit and save a model, and
 * ends with 0. On a failure it ends with 1 and says why in /opt/ml/output/failure, which SageMaker
 * shows as FailureReason (T24, T25).
 */
public final class Train {

  /** SageMaker kills the container 120 s after asking it to stop (T30): the rest is for saving. */
  private static final int STOP_SECONDS = 100;

  private final Path ml;
  private final RunningJob job;
  private final CompletableFuture<Integer> exitCode = new CompletableFuture<>();

  private Train(Path ml) {
    this.ml = ml;
    job = RunningJob.of(ml);
  }

  /** Runs the job and ends the JVM with its exit code. */
  public static void main(String[] arguments) {
    if (arguments.length > 0) {
      System.err.println(
          "usage: train\n\nTakes no arguments; everything comes from /opt/ml/input.");
      System.exit(arguments.length == 1 && arguments[0].equals("--help") ? 0 : 2);
    }
    // OPT_ML is for a run outside of the container, as in an IDE
    Path ml = Path.of(System.getenv().getOrDefault("OPT_ML", "/opt/ml"));
    int code;
    try {
      var train = new Train(ml);
      Runtime.getRuntime().addShutdownHook(new Thread(train::stop));
      code = train.run();
      train.exitCode.complete(code);
    } catch (JobException error) {
      code = Failure.report(ml, error);
    }
    System.exit(code);
  }

  private int run() {
    try (var peers = new Peers(job)) {
      if (job.isFirstHost()) {
        peers.listen();
        trainModel(new Algorithm());
      } else {
        // remove this if your algorithm is distributed: all hosts then fit, and the first one saves
        peers.waitForFirstHost();
      }
      return 0;
    } catch (Throwable error) { // whatever ended fit, a failed job says so, and not with 0
      return Failure.report(ml, error);
    }
  }

  private <M> void trainModel(SageMakerAlgorithm<M> algorithm) throws Exception {
    Path config = ml.resolve("input/config");
    var given = Config.read(config.resolve("hyperparameters.json"));
    Hyperparameters hyperparameters = TypedHyperparameters.of(given, algorithm.hyperparameters());
    String name = System.getenv().getOrDefault("TRAINING_JOB_NAME", "without a name");
    log("training job %s with %s".formatted(name, hyperparameters));
    M model = algorithm.fit(InputChannel.ofJob(ml), hyperparameters, job);
    if (job.isStopping()) {
      log("the job was stopped early: the model is the best so far");
    }
    if (job.isFirstHost()) { // two hosts must not write the same files (T22)
      Path directory = Files.createDirectories(ml.resolve("model"));
      algorithm.save(model, directory);
      log("model saved: " + names(directory));
    }
  }

  private static String names(Path directory) throws IOException {
    try (var files = Files.list(directory)) {
      return files
          .map(path -> path.getFileName().toString())
          .sorted()
          .collect(Collectors.joining(", "));
    }
  }

  /**
   * Runs when the JVM is asked to end, by SIGTERM for one: asks fit to end after its round, and
   * waits until the model is saved. If that takes too long the job fails before it is killed (T30).
   */
  private void stop() {
    if (exitCode.isDone()) { // not asked: this is the end
      return;
    }
    log("asked to stop: stopping after this round");
    job.stop();
    int code;
    try {
      code = exitCode.get(STOP_SECONDS, TimeUnit.SECONDS);
    } catch (TimeoutException error) {
      String late =
          "stopped: fit did not return within %d s of the request to stop".formatted(STOP_SECONDS);
      code = Failure.report(ml, new JobException(late));
    } catch (InterruptedException | ExecutionException error) {
      code = 1;
    }
    System.out.flush();
    Runtime.getRuntime().halt(code); // the JVM's own code would be 143
  }

  static void log(String message) {
    System.out.println(message);
  }
}
