package sagemaker;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Splits CSV text into records. Quotes may hold commas, line ends and doubled quotes; blanks after
 * a comma do not count.
 */
public final class Csv {

  private static final char END = '\n';

  private final String text;
  private int at;

  private Csv(String text) {
    this.text = text;
  }

  /** Returns the cells of each record; a blank line is a record without a cell. */
  public static List<List<String>> records(String text) {
    var records = new ArrayList<List<String>>();
    forEachRecord(text, records::add);
    return records;
  }

  /** Gives the cells of each record to the consumer, which can end the reading by an exception. */
  public static void forEachRecord(String text, Consumer<List<String>> consumer) {
    var csv = new Csv(text);
    while (csv.at < text.length()) {
      consumer.accept(csv.record());
    }
  }

  /** Returns the cells of the first record. */
  public static List<String> firstRecord(String text) {
    return text.isEmpty() ? List.of() : new Csv(text).record();
  }

  private List<String> record() {
    var cells = new ArrayList<String>();
    if (peek() == END) {
      endLine();
      return cells;
    }
    while (true) {
      cells.add(cell());
      if (peek() == END) {
        endLine();
        return cells;
      }
      at++; // the comma
    }
  }

  private String cell() {
    while (at < text.length() && text.charAt(at) == ' ') {
      at++;
    }
    var quoted = at < text.length() && text.charAt(at) == '"' ? quoted() : null;
    int start = at; // what follows a closing quote belongs to the cell too
    while (peek() != END && peek() != ',') {
      at++;
    }
    String plain = text.substring(start, at);
    return quoted == null ? plain : quoted + plain;
  }

  private String quoted() {
    var cell = new StringBuilder();
    for (at++; at < text.length(); at++) {
      if (text.charAt(at) == '"') {
        at++;
        if (at >= text.length() || text.charAt(at) != '"') {
          break;
        }
      }
      cell.append(text.charAt(at));
    }
    return cell.toString();
  }

  /** Returns the character here, END at any line end and at the end of the text. */
  private char peek() {
    if (at >= text.length() || text.charAt(at) == '\r') {
      return END;
    }
    return text.charAt(at);
  }

  private void endLine() {
    if (at + 1 < text.length() && text.charAt(at) == '\r' && text.charAt(at + 1) == '\n') {
      at++;
    }
    at++;
  }
}
