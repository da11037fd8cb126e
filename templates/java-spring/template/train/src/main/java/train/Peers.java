package train;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.time.Instant;

/**
 * The other hosts of a job, where the first one trains alone.
 *
 * <p>Docker Compose, which runs the local mode of the SageMaker SDK, stops all hosts when one of
 * them ends (L4): a host that has nothing to do must not be the first to end. So it keeps a
 * connection to the first one, until that is closed.
 */
final class Peers implements AutoCloseable {

  /** Where the first host of a job listens for the others. */
  private static final int PORT = 10040;

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final RunningJob job;
  private ServerSocket listener;

  Peers(RunningJob job) {
    this.job = job;
  }

  /** Lets the other hosts connect, if there are others. Their connections are reset by closing. */
  void listen() {
    if (job.hosts().size() > 1) {
      try {
        listener = new ServerSocket(PORT, job.hosts().size());
      } catch (IOException taken) {
        Train.log("the other hosts will not wait for this one: %s".formatted(taken.getMessage()));
      }
    }
  }

  /**
   * Returns when the first host has ended, could not be reached for a minute, or this one is asked
   * to stop.
   */
  void waitForFirstHost() throws InterruptedException, IOException {
    String first = job.hosts().getFirst();
    Train.log("%s: %s trains alone, this host waits for its end".formatted(job.host(), first));
    try (Socket connection = connect(first)) {
      if (connection == null) {
        Train.log("%s ends: %s could not be reached".formatted(job.host(), first));
        return;
      }
      waitForEnd(connection);
    }
    if (!job.isStopping()) {
      // Compose takes the exit code of the host that ends first: that is the first host's
      Thread.sleep(2000);
    }
    Train.log("%s ends after %s".formatted(job.host(), first));
  }

  /** Returns a connection to the host, or null if there was none for a minute. */
  private Socket connect(String host) throws InterruptedException, IOException {
    Instant deadline = Instant.now().plus(PATIENCE);
    while (Instant.now().isBefore(deadline) && !job.isStopping()) {
      var connection = new Socket();
      try {
        connection.connect(new InetSocketAddress(host, PORT), 1000);
        return connection;
      } catch (IOException notYet) { // not started, or nobody knows its name yet (T40)
        connection.close();
        Thread.sleep(500);
      }
    }
    return null;
  }

  private void waitForEnd(Socket connection) throws IOException {
    connection.setSoTimeout(1000); // looks once a second whether it is asked to stop
    while (!job.isStopping()) {
      try {
        if (connection.getInputStream().read() < 0) {
          return;
        }
      } catch (SocketTimeoutException stillOpen) {
        // look again
      } catch (IOException reset) {
        return;
      }
    }
  }

  @Override
  public void close() throws IOException {
    if (listener != null) {
      listener.close();
    }
  }
}
