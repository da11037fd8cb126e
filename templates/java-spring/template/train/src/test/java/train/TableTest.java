package train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import sagemaker.Column;
import sagemaker.JobException;
import sagemaker.Rows;

class TableTest {

  private static final List<Column> COLUMNS = List.of(Column.number("number"), Column.text("text"));

  @Test
  void takesValuesInTheirOrder() {
    assertEquals(List.of("1.0 01", "NaN null", "NaN NA"), read("1, 01 \r\n,\n\nNA,NA"));
  }

  @Test
  void takesColumnsByNameFromAHeaderWhereverItIsRepeated() {
    assertEquals(
        List.of("1.0 a", "2.0 b"),
        read("\ufefftext , more,number\na,9,1\ntext , more,number\nb,9,2"));
  }

  @Test
  void saysWhatDoesNotFit() {
    refuses("file.csv: the header has no column text", "number,label\n1,a");
    refuses("file.csv, row 2: 3 values, expected 2: number, text", "1,a\n2,b,");
    refuses("file.csv, row 1: number must be a number, not 'x'", "x,a");
  }

  @Test
  void textThatIsAColumnsNameMakesNoHeader() {
    assertEquals(List.of("1.0 text", "2.0 number"), read("1,text\n2,number"));
  }

  private static void refuses(String sentence, String text) {
    assertEquals(sentence, assertThrows(JobException.class, () -> read(text)).getMessage());
  }

  private static List<String> read(String text) {
    var table = new Table(COLUMNS);
    table.addCsv("file.csv", text.getBytes(StandardCharsets.UTF_8));
    Rows rows = table.rows();
    var found = new ArrayList<String>();
    for (int row = 0; row < rows.size(); row++) {
      found.add(rows.number(row, 0) + " " + rows.text(row, 1));
    }
    return found;
  }
}
