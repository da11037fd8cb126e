package serve;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Locale;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import sagemaker.BadRequestException;
import sagemaker.RowReader;

/** Takes the Content-Encoding off a body: gzip, or none. */
final class ContentEncoding {

  private final ErrorAnswers errors;
  private final int limit;

  ContentEncoding(Settings settings, ErrorAnswers errors) {
    this.errors = errors;
    limit = (int) Math.min(settings.maxBody(), Integer.MAX_VALUE - 16); // an array holds no more
  }

  /**
   * Returns the body as it was before.
   *
   * @throws RefusedException for another encoding, and where the result is larger than a body may
   *     be: no more than that is decoded (H19)
   * @throws BadRequestException if it is not gzip
   */
  byte[] decode(byte[] body, String encoding) {
    String name = encoding.strip().toLowerCase(Locale.ROOT);
    if (name.isEmpty() || name.equals("identity")) {
      return body;
    }
    if (!name.equals("gzip") && !name.equals("x-gzip")) {
      throw new RefusedException(
          415,
          "Content-Encoding %s is not gzip".formatted(RowReader.quoted(name)),
          Map.of("Accept-Encoding", "gzip"));
    }
    try (var in = new GZIPInputStream(new ByteArrayInputStream(body))) {
      byte[] decoded = in.readNBytes(limit);
      if (decoded.length == limit && in.read() >= 0) {
        throw new RefusedException(413, errors.reason(413));
      }
      if (decoded.length > 0 && decoded.length == lengthInTrailer(body)) {
        return decoded;
      }
      throw new IOException();
    } catch (IOException error) {
      throw new BadRequestException("the body is not gzip, is cut off, or something follows it");
    }
  }

  /** Returns the last four bytes, in which gzip has the length of what it holds. */
  private static int lengthInTrailer(byte[] body) {
    return ByteBuffer.wrap(body).order(ByteOrder.LITTLE_ENDIAN).getInt(body.length - 4);
  }
}
