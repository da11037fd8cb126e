package sagemaker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NumbersTest {

  @ParameterizedTest
  @CsvSource({
    "3,3.0",
    "0.1,0.1",
    "12345678,12345678.0",
    "1e16,1e+16",
    "1.5e-7,1.5e-07",
    "0.0001,0.0001",
    "1e-5,1e-05"
  })
  void writesTheShortestText(double number, String text) {
    assertEquals(text, Numbers.write(number));
  }

  @ParameterizedTest
  @CsvSource({"5.,5", "+.5,0.5", "2e-1,0.2", "1e999,Infinity"})
  void readsNumbers(String text, double number) {
    assertEquals(number, Numbers.parse(text));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", ".", "1d", "1L", "0x10", "1_0", "1 0", "1e", "true", "nan", "inf", "\u0664"})
  void refusesWhatIsNone(String text) {
    assertThrows(NumberFormatException.class, () -> Numbers.parse(text));
  }
}
