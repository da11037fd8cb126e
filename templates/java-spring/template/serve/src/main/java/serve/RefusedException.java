package serve;

import java.util.Map;

/** A request that is answered with an error: its status, and one sentence for the client (H20). */
final class RefusedException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final int status;
  private final transient Map<String, String> headers;
  private final boolean isOurs;

  RefusedException(int status, String sentence) {
    this(status, sentence, Map.of());
  }

  RefusedException(int status, String sentence, Map<String, String> headers) {
    this(status, sentence, headers, true);
  }

  private RefusedException(
      int status, String sentence, Map<String, String> headers, boolean isOurs) {
    super(sentence, null, false, false);
    this.status = status;
    this.headers = headers;
    this.isOurs = isOurs;
  }

  /** Returns a refusal in the words of the algorithm. */
  static RefusedException ofAlgorithm(int status, String sentence) {
    return new RefusedException(status, sentence, Map.of(), false);
  }

  int status() {
    return status;
  }

  /** Is the sentence one of the server's own? The algorithm's may quote the payload anywhere. */
  boolean isOurs() {
    return isOurs;
  }

  /** Returns what else the answer has to say in its head. */
  Map<String, String> headers() {
    return headers;
  }
}
