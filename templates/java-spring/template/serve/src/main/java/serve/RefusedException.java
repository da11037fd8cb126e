package serve;

import java.util.Map;

/** A request that is answered with an error: its status, and one sentence for the client (H20). */
final class RefusedException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final int status;
  private final transient Map<String, String> headers;

  RefusedException(int status, String sentence) {
    this(status, sentence, Map.of());
  }

  RefusedException(int status, String sentence, Map<String, String> headers) {
    super(sentence, null, false, false);
    this.status = status;
    this.headers = headers;
  }

  int status() {
    return status;
  }

  /** Returns what else the answer has to say in its head. */
  Map<String, String> headers() {
    return headers;
  }
}
