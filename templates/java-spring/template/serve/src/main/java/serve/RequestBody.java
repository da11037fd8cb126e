package serve;

import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.io.InputStream;
import java.net.SocketTimeoutException;

/** Reads the body of a request, of a known length or in chunks. */
final class RequestBody {

  private final ErrorAnswers errors;
  private final long limit;

  RequestBody(Settings settings, ErrorAnswers errors) {
    this.errors = errors;
    limit = Math.min(settings.maxBody(), Integer.MAX_VALUE - 16); // an array holds no more
  }

  /**
   * Returns the whole body.
   *
   * @throws RefusedException if it is too large, or does not arrive
   */
  byte[] read(HttpServletRequest request) throws IOException {
    long length = request.getContentLengthLong();
    if (length > limit) {
      throw new RefusedException(413, errors.reason(413));
    }
    try (InputStream in = request.getInputStream()) {
      byte[] body = in.readNBytes(length < 0 ? (int) limit : (int) length);
      if (length < 0 && body.length == limit && in.read() >= 0) {
        throw new RefusedException(413, errors.reason(413));
      }
      return body;
    } catch (SocketTimeoutException error) {
      throw new RefusedException(408, errors.reason(408));
    }
  }
}
