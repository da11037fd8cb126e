package sagemaker;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class CsvTest {

  @Test
  void splitsLinesAndCells() {
    assertEquals(List.of(List.of("1", "2"), List.of("3", "")), records("1, 2\r\n3,"));
  }

  @Test
  void aBlankLineIsARecordWithoutACell() {
    assertEquals(List.of(List.of("1"), List.of(), List.of("2"), List.of()), records("1\n\n2\n"));
  }

  @Test
  void quotesHoldCommasBlanksLineEndsAndQuotes() {
    assertEquals(List.of(List.of(" a, \"b\"\r\nc", "d")), records("\" a, \"\"b\"\"\r\nc\" ,d"));
  }

  @Test
  void aQuoteWithinACellIsALetter() {
    assertEquals(List.of(List.of("5\" tall"), List.of("b")), records("5\" tall\nb"));
  }

  @Test
  void saysWhatIsWrong() {
    assertEquals(List.of("has a quote that is never closed"), records("\"a\nb"));
    assertEquals(List.of("has text after a closing quote"), records("\"a\"b"));
    assertEquals(List.of("has a CR without LF"), records("a\rb"));
  }

  /** Returns the cells of each record, or what is wrong with it. */
  private static List<?> records(String text) {
    var records = new ArrayList<Object>();
    for (var csv = new Csv(text); csv.hasNext(); ) {
      Csv.Line line = csv.next();
      records.add(line.problem() == null ? line.cells() : line.problem());
    }
    return records;
  }
}
