package train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import sagemaker.Hyperparameters;
import sagemaker.JobException;

class TypedHyperparametersTest {

  private static final Hyperparameters DEFAULTS =
      Hyperparameters.none()
          .with("depth", 6)
          .with("rate", 0.1)
          .with("share", 0.5f)
          .with("center", true)
          .with("name", "line")
          .with("layers", List.of());

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      delimiter = '|',
      value = {
        "depth|5|5",
        "depth|\"5\"|5",
        "rate|1|1.0",
        "share|0.25|0.25",
        "center|False|false",
        "name|\"x\"|x",
        "layers|[1, 2]|[1, 2]"
      })
  void takesTheTypeOfTheDefault(String name, String text, String value) {
    assertEquals(value, String.valueOf(of(name, text).values().get(name)));
  }

  @ParameterizedTest
  @CsvSource({
    "depth,many,a whole number",
    "depth,1.5,a whole number",
    "depth,2147483648,a whole number from -2147483648 to 2147483647",
    "depth,\u0665,a whole number",
    "rate,NaN,a number",
    "share,half,a number",
    "center,maybe,true or false",
    "layers,1,a JSON list",
    "layers,null,a JSON list"
  })
  void namesWhatDoesNotFit(String name, String text, String expected) {
    var error = assertThrows(JobException.class, () -> of(name, text));
    assertEquals(
        "hyperparameter %s must be %s, not '%s'".formatted(name, expected, text),
        error.getMessage());
  }

  @Test
  void leavesTheOthersAsTheyAre() {
    assertEquals(DEFAULTS.values(), of("unknown", "1").values());
  }

  @Test
  void refusesNullAsADefault() {
    var error =
        assertThrows(
            IllegalArgumentException.class, () -> Hyperparameters.none().with("depth", null));
    assertEquals("hyperparameter depth must not be null", error.getMessage());
  }

  private static Hyperparameters of(String name, String text) {
    return TypedHyperparameters.of(Map.of(name, text), DEFAULTS);
  }
}
