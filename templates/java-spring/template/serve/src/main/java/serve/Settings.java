package serve;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * What {@code program/serve} has read from the environment and checked, as it hands it over in
 * system properties.
 *
 * @param socket where nginx asks; null if the platform talks to this JVM itself
 * @param port where the platform asks then
 * @param workers how many predictions there are at a time
 * @param timeout of one prediction
 * @param grace for requests in flight when this JVM is asked to stop
 * @param maxBodyMib how large a request may be; 0 is no limit
 * @param isBatch is this a batch transform job? Then each line of a request is a record of its own
 *     (B5)
 * @param hasPlayground is there a page to try the model?
 * @param executionParameters the answer to GET /execution-parameters (B2)
 */
record Settings(
    Path socket,
    int port,
    int workers,
    Duration timeout,
    Duration grace,
    int maxBodyMib,
    boolean isBatch,
    boolean hasPlayground,
    String executionParameters) {

  static Settings ofSystemProperties() {
    String socket = System.getProperty("serve.socket", "");
    return new Settings(
        socket.isEmpty() ? null : Path.of(socket),
        Integer.getInteger("serve.port", 8080),
        Integer.getInteger("serve.workers", Runtime.getRuntime().availableProcessors()),
        Duration.ofSeconds(Integer.getInteger("serve.timeout", 65)),
        // SageMaker kills the container after 30 s (H4)
        Duration.ofSeconds(Integer.getInteger("serve.grace", 25)),
        Integer.getInteger("serve.body-mib", 25),
        Boolean.getBoolean("serve.batch"),
        Boolean.getBoolean("serve.playground"),
        System.getProperty("serve.execution-parameters", "{}"));
  }

  /** Is there no nginx in front? */
  boolean isDirect() {
    return socket == null;
  }

  /** Leaves the description of the columns where nginx finds it for the page. */
  void publishColumns(String columns) {
    if (!isDirect()) {
      write("columns.json", columns);
    }
  }

  /**
   * Tells {@code program/serve}, which looks for a file of that name, that requests can be
   * answered.
   */
  void announceReady() {
    tell("ready-");
  }

  /** Tells it to start another JVM in the place of this one. */
  void askForReplacement() {
    tell("replace-");
  }

  private void tell(String what) {
    if (isDirect()) {
      return;
    }
    write(socket.getFileName().toString().replace("jvm-", what).replace(".sock", ""), "");
  }

  private void write(String name, String text) {
    try {
      Files.writeString(socket.resolveSibling(name), text);
    } catch (IOException error) {
      System.getLogger("serve").log(System.Logger.Level.ERROR, "cannot write " + name, error);
    }
  }

  /** Returns the largest body in bytes. */
  long maxBody() {
    return maxBodyMib == 0 ? Long.MAX_VALUE : maxBodyMib * 1024L * 1024L;
  }
}
