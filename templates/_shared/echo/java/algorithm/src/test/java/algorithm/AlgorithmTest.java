package algorithm;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class AlgorithmTest {

  @Test
  void declaresANumberAndAText() {
    assertEquals(2, new Algorithm().columns().size());
  }
}
