package plain;

import algorithm.Algorithm;
import java.nio.file.Path;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;
import org.tribuo.Model;
import org.tribuo.classification.Label;
import sagemaker.Rows;

/** A Spring Boot application with the same model, written down in five minutes. */
@SpringBootApplication
@RestController
public class Plain {

  private final Algorithm algorithm = new Algorithm();
  private final Model<Label> model = algorithm.load(Path.of("/opt/ml/model"));

  public Plain() throws Exception {}

  public static void main(String[] arguments) {
    SpringApplication.run(Plain.class, arguments);
  }

  @GetMapping("/ping")
  public void ping() {}

  @PostMapping("/invocations")
  public String invocations(@RequestBody String body) {
    var rows = new Rows.Builder(algorithm.columns());
    for (String cell : body.strip().split(",")) {
      rows.number(Double.parseDouble(cell));
    }
    return algorithm.predict(model, rows.build()).getFirst() + "\n";
  }
}
