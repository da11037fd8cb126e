package sagemaker;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

class CsvTest {

  @Test
  void splitsLinesAndCells() {
    assertEquals(List.of(List.of("1", "2"), List.of("3", "")), Csv.records("1, 2\r\n3,"));
  }

  @Test
  void aBlankLineIsARecordWithoutACell() {
    assertEquals(List.of(List.of("1"), List.of(), List.of("2")), Csv.records("1\n\n2\n"));
  }

  @Test
  void quotesHoldCommasLineEndsAndQuotes() {
    assertEquals(List.of(List.of("a, \"b\"\nc", "d")), Csv.records("\"a, \"\"b\"\"\nc\",d"));
  }

  @Test
  void aQuoteThatIsNeverClosedEndsWithTheText() {
    assertEquals(List.of(List.of("1", "a\nb")), Csv.records("1,\"a\nb"));
  }
}
