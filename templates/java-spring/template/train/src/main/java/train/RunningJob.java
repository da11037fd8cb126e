package train;

import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import sagemaker.Job;

/** The job as resourceconfig.json describes it, until SageMaker asks it to stop. */
final class RunningJob implements Job {

  private final String host;
  private final List<String> hosts;
  private final Checkpoints checkpoints;
  private volatile boolean isStopping;

  private RunningJob(String host, List<String> hosts, Checkpoints checkpoints) {
    this.host = host;
    this.hosts = hosts;
    this.checkpoints = checkpoints;
  }

  static RunningJob of(Path ml) {
    Map<?, ?> resources = Config.read(ml.resolve("input/config/resourceconfig.json"));
    String host = resources.get("current_host") instanceof String name ? name : "algo-1";
    List<String> hosts = // the only source for rank and world size (T12)
        resources.get("hosts") instanceof List<?> names && !names.isEmpty()
            ? names.stream().map(String::valueOf).toList()
            : List.of(host);
    return new RunningJob(host, hosts, new Checkpoints(ml.resolve("checkpoints")));
  }

  void stop() {
    isStopping = true;
  }

  @Override
  public boolean isStopping() {
    return isStopping;
  }

  @Override
  public String host() {
    return host;
  }

  @Override
  public List<String> hosts() {
    return hosts;
  }

  @Override
  public void metric(String name, double value, Map<String, ?> context) {
    String before =
        context.entrySet().stream()
            .map(entry -> entry.getKey() + "=" + entry.getValue() + " ")
            .collect(Collectors.joining());
    Train.log(before + name + "=" + sixDigits(value) + ";");
  }

  /** Returns six significant digits without zeros at the end: 0.966667, 1, 1.5e-07. */
  private static String sixDigits(double value) {
    if (value == 0 || !Double.isFinite(value)) {
      return value == 0 ? "0" : Double.toString(value).toLowerCase(Locale.ROOT);
    }
    String scientific = String.format(Locale.ROOT, "%.5e", value);
    int exponent = Integer.parseInt(scientific.substring(scientific.indexOf('e') + 1));
    if (-5 <= exponent && exponent < 6) {
      return withoutZeros(String.format(Locale.ROOT, "%." + (5 - exponent) + "f", value));
    }
    int at = scientific.indexOf('e');
    return withoutZeros(scientific.substring(0, at)) + scientific.substring(at);
  }

  private static String withoutZeros(String digits) {
    return digits.contains(".") ? digits.replaceFirst("\\.?0+$", "") : digits;
  }

  @Override
  public void checkpoint(int round, Serializable state) throws IOException {
    if (isFirstHost()) { // all hosts share one place
      checkpoints.write(round, state);
    }
  }

  @Override
  public <T extends Serializable> T resume(T otherwise) throws IOException {
    return checkpoints.newest(otherwise);
  }
}
