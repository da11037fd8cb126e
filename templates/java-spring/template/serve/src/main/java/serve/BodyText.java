package serve;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import sagemaker.BadRequestException;

/** Decodes the body of a request from one of a few character sets, the same in every language. */
final class BodyText {

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
    String name = BY_SPELLING.get(plain(charset));
    if (name == null) {
      throw new BadRequestException(
          "unknown charset %s: it must be one of %s"
              .formatted(Records.quoted(charset), String.join(", ", CHARSETS)));
    }
    Charset known = Charset.forName(name);
    String text = new String(body, known);
    // what cannot be read has become that character, or it was there before
    if (text.indexOf('\ufffd') >= 0) {
      check(body, known);
    }
    return name.equals("utf-8") && text.startsWith("\ufeff") ? text.substring(1) : text;
  }

  private static void check(byte[] body, Charset charset) {
    try {
      charset.newDecoder().decode(ByteBuffer.wrap(body));
    } catch (CharacterCodingException error) {
      throw new BadRequestException(
          "the body is not %s text: %s"
              .formatted(charset.name().toLowerCase(Locale.ROOT), error.getMessage()));
    }
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
