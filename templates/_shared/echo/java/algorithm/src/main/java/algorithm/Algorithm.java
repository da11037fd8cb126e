package algorithm;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import sagemaker.Channels;
import sagemaker.Column;
import sagemaker.Hyperparameters;
import sagemaker.Job;
import sagemaker.Json;
import sagemaker.Rows;
import sagemaker.SageMakerAlgorithm;

/** Tells what has reached it, for the vectors: each row is answered with its own values. */
public final class Algorithm implements SageMakerAlgorithm<Map<String, ?>> {

  private static final Map<String, Object> ANSWERS = new LinkedHashMap<>();

  static {
    ANSWERS.put("whole", 3);
    ANSWERS.put("number", 0.5);
    ANSWERS.put("text", "a \"quoted\", text");
    ANSWERS.put("true", true);
    ANSWERS.put("false", false);
    ANSWERS.put("missing", null);
    ANSWERS.put("nan", Double.NaN);
    ANSWERS.put("infinity", Double.POSITIVE_INFINITY);
    ANSWERS.put("list", Arrays.asList(1.5, "a", true, null));
    var object = new LinkedHashMap<String, Object>();
    object.put("label", "a");
    object.put("score", 0.5f);
    object.put("count", 3L);
    object.put("values", new double[] {0.25, Double.NaN});
    object.put("nothing", Float.NaN);
    ANSWERS.put("object", object);
    ANSWERS.put("nested", List.of(new int[] {1, 2}, Map.of("a", 1)));
    ANSWERS.put("error", Map.of("error", "x"));
  }

  @Override
  public List<Column> columns() {
    String declared = setting("ECHO_COLUMNS", "{\"number\": \"number\", \"text\": \"text\"}");
    return ((Map<?, ?>) Json.read(declared))
        .entrySet().stream()
            .map(entry -> column(entry.getKey().toString(), entry.getValue().equals("number")))
            .toList();
  }

  private static Column column(String name, boolean isNumber) {
    return isNumber ? Column.number(name) : Column.text(name);
  }

  private static String setting(String name, String otherwise) {
    return System.getenv().getOrDefault(name, otherwise);
  }

  @Override
  public boolean allowsMissing() {
    return setting("ECHO_MISSING", "").equals("true");
  }

  @Override
  public Hyperparameters hyperparameters() {
    return Hyperparameters.none()
        .with("whole", 1)
        .with("number", 0.5)
        .with("flag", false)
        .with("text", "x");
  }

  @Override
  public Map<String, ?> fit(Channels channels, Hyperparameters hyperparameters, Job job) {
    List<Column> columns = new ArrayList<>(columns());
    ((List<?>) Json.read(setting("ECHO_OTHERS", "[]")))
        .forEach(name -> columns.add(Column.text(name.toString())));
    var seen = new LinkedHashMap<String, Object>();
    channels
        .byName()
        .forEach(
            (name, channel) -> {
              try {
                seen.put(name, Map.of("rows", listed(channel.rows(columns))));
              } catch (Exception error) {
                seen.put(name, Map.of("error", String.valueOf(error.getMessage())));
              }
            });
    return Map.of("channels", seen, "hyperparameters", hyperparameters.values());
  }

  private static List<List<Object>> listed(Rows rows) {
    return IntStream.range(0, rows.size()).mapToObj(row -> listed(rows, row)).toList();
  }

  private static List<Object> listed(Rows rows, int row) {
    var values = new ArrayList<Object>();
    for (int column = 0; column < rows.columns().size(); column++) {
      boolean isNumber = rows.columns().get(column).kind() == Column.Kind.NUMBER;
      values.add(isNumber ? (Object) rows.number(row, column) : rows.text(row, column));
    }
    return values;
  }

  @Override
  public void save(Map<String, ?> model, Path directory) throws Exception {
    Files.writeString(directory.resolve("seen.json"), Json.write(model));
  }

  @Override
  public Map<String, ?> load(Path directory) {
    return Map.of();
  }

  @Override
  public List<?> predict(Map<String, ?> model, Rows rows) {
    int answer = rows.column("answer");
    return answer < 0
        ? listed(rows)
        : IntStream.range(0, rows.size())
            .mapToObj(row -> answer(rows.text(row, answer)))
            .collect(ArrayList::new, ArrayList::add, ArrayList::addAll);
  }

  private static Object answer(String name) {
    if (!ANSWERS.containsKey(name)) {
      throw new IllegalArgumentException("no such answer");
    }
    return ANSWERS.get(name);
  }
}
