package sagemaker;

import java.util.ArrayList;
import java.util.List;

/**
 * Splits CSV text into records (RFC 4180). Blanks around a cell count only inside quotes; a quote
 * opens a quoted cell only where the cell starts.
 */
public final class Csv {

  private final String text;
  private int start; // of the last record
  private int at;

  /** Begins to read a text; a line end at its end makes one more record, without a cell. */
  public Csv(String text) {
    this.text = text;
  }

  /**
   * A record.
   *
   * @param cells its cells, none for a line of nothing
   * @param problem what is wrong with it, or null; after such a record there is no other
   */
  public record Line(List<String> cells, String problem) {}

  /** Is there another record? */
  public boolean hasNext() {
    return at <= text.length();
  }

  /** Returns the next record. */
  public Line next() {
    start = at;
    try {
      return new Line(record(), null);
    } catch (BadRequestException error) {
      at = text.length() + 1;
      return new Line(List.of(), error.getMessage());
    }
  }

  /** Returns where the next record begins; beyond the text after the last one. */
  public int at() {
    return at;
  }

  /** Is the last record a line of blanks, or of nothing? */
  public boolean isBlank() {
    for (int i = start; i < Math.min(at, text.length()); i++) {
      if (" \t\r\n".indexOf(text.charAt(i)) < 0) {
        return false;
      }
    }
    return true;
  }

  private List<String> record() {
    var cells = new ArrayList<String>();
    if (endsLine()) {
      endLine();
      return cells;
    }
    while (true) {
      skipBlanks();
      cells.add(at < text.length() && text.charAt(at) == '"' ? quoted() : plain());
      if (endsLine()) {
        endLine();
        return cells;
      }
      at++; // the comma
    }
  }

  private String plain() {
    int first = at;
    while (!endsLine() && text.charAt(at) != ',') {
      if (text.charAt(at) == '\r') {
        throw new BadRequestException("has a CR without LF");
      }
      at++;
    }
    int end = at;
    while (end > first && isBlank(text.charAt(end - 1))) {
      end--;
    }
    return text.substring(first, end);
  }

  private String quoted() {
    var cell = new StringBuilder();
    while (true) {
      int end = text.indexOf('"', at + 1);
      if (end < 0) {
        throw new BadRequestException("has a quote that is never closed");
      }
      cell.append(text, at + 1, end);
      at = end + 1;
      if (at == text.length() || text.charAt(at) != '"') {
        break;
      }
      cell.append('"');
    }
    skipBlanks();
    if (!endsLine() && text.charAt(at) != ',') {
      throw new BadRequestException("has text after a closing quote");
    }
    return cell.toString();
  }

  private void skipBlanks() {
    while (at < text.length() && isBlank(text.charAt(at))) {
      at++;
    }
  }

  private static boolean isBlank(char c) {
    return c == ' ' || c == '\t';
  }

  /** Is here the end of the text, LF, or CR before one of them? */
  private boolean endsLine() {
    if (at >= text.length() || text.charAt(at) == '\n') {
      return true;
    }
    return text.charAt(at) == '\r' && (at + 1 == text.length() || text.charAt(at + 1) == '\n');
  }

  private void endLine() {
    if (at < text.length() && text.charAt(at) == '\r') {
      at++;
    }
    at++;
  }
}
