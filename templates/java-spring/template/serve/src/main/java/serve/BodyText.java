package serve;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import sagemaker.BadRequestException;
import sagemaker.RowReader;

/** Decodes the body of a request from one of a few character sets, the same in every language. */
final class BodyText {

  /** Half a surrogate pair, which no text is. */
  static final String NO_TEXT = "\ud800";

  private static final List<String> CHARSETS =
      List.of(
          "utf-8",
          "utf-16",
          "utf-16le",
          "utf-16be",
          "us-ascii",
          "iso-8859-1",
          "iso-8859-2",
          "iso-8859-15",
          "windows-1250",
          "windows-1251",
          "windows-1252");

  private static final Map<String, String> OTHER_NAMES =
      Map.of(
          "ascii", "us-ascii",
          "latin1", "iso-8859-1",
          "latin2", "iso-8859-2",
          "latin9", "iso-8859-15",
          "cp1250", "windows-1250",
          "cp1251", "windows-1251",
          "cp1252", "windows-1252");

  private static final Map<String, String> BY_SPELLING = bySpelling();

  private BodyText() {}

  /**
   * Returns the text of a body, without the mark that UTF-8 may begin with.
   *
   * @param charset as the request names it, in lower case
   * @throws BadRequestException for another character set, or a body that is not written in it
   */
  static String decode(byte[] body, String charset) {
    Charset known = known(charset);
    String text = textOrNull(body, known);
    if (text == null) {
      throw new BadRequestException(
          "the body is not %s text".formatted(known.name().toLowerCase(Locale.ROOT)));
    }
    return withoutMark(text, known);
  }

  /**
   * Returns the text of a body in which each line that is not written in the character set has
   * become {@link #NO_TEXT}: it spoils itself only (B5).
   *
   * @throws BadRequestException for another character set, or UTF-16 that is none
   */
  static String decodeLines(byte[] body, String charset) {
    Charset known = known(charset);
    String whole = textOrNull(body, known);
    if (whole != null) {
      return withoutMark(whole, known);
    }
    if (known.name().startsWith("UTF-16")) {
      return decode(body, charset);
    }
    var text = new StringBuilder();
    int start = 0;
    for (int at = 0; at <= body.length; at++) {
      if (at == body.length || body[at] == '\n') {
        String line = textOrNull(Arrays.copyOfRange(body, start, at), known);
        text.append(start > 0 ? "\n" : "").append(line == null ? NO_TEXT : line);
        start = at + 1;
      }
    }
    return withoutMark(text.toString(), known);
  }

  private static Charset known(String charset) {
    String name = BY_SPELLING.get(plain(charset));
    if (name == null) {
      throw new BadRequestException(
          "unknown charset %s: it must be one of %s"
              .formatted(RowReader.quoted(charset), String.join(", ", CHARSETS)));
    }
    return Charset.forName(name);
  }

  private static String textOrNull(byte[] bytes, Charset charset) {
    String text = new String(bytes, charset);
    // what cannot be read has become that character, or it was there before
    if (text.indexOf('\ufffd') < 0) {
      return text;
    }
    try {
      charset.newDecoder().decode(ByteBuffer.wrap(bytes));
      return text;
    } catch (CharacterCodingException error) {
      return null;
    }
  }

  private static String withoutMark(String text, Charset charset) {
    boolean hasMark = charset.equals(StandardCharsets.UTF_8) && text.startsWith("\ufeff");
    return hasMark ? text.substring(1) : text;
  }

  private static Map<String, String> bySpelling() {
    var names = new HashMap<>(OTHER_NAMES);
    CHARSETS.forEach(name -> names.put(plain(name), name));
    return names;
  }

  private static String plain(String name) {
    return name.replace("-", "").replace("_", "").replace(" ", "");
  }
}
