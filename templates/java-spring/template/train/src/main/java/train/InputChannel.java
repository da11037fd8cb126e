package train;

import java.io.BufferedInputStream;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.StreamSupport;
import sagemaker.Channel;
import sagemaker.Channels;
import sagemaker.Column;
import sagemaker.JobException;
import sagemaker.Rows;

/**
 * An input channel in a folder below /opt/ml/input/data, or in Pipe mode the FIFOs NAME_0, NAME_1
 * ... there.
 */
final class InputChannel implements Channel {

  private static final long LARGEST = Integer.MAX_VALUE - 8L; // what an array can hold

  private static final List<String> CSV = List.of(".csv");
  private static final List<String> LINES = List.of(".jsonl", ".jsonlines", ".ndjson");

  private final Path path;
  private final boolean isPipe;
  private final String contentType;
  private int epoch;

  private InputChannel(Path path, Map<?, ?> shape) {
    this.path = path;
    isPipe = "Pipe".equals(shape.get("TrainingInputMode"));
    contentType = shape.get("ContentType") instanceof String type ? type.split(";")[0].strip() : "";
    Object wrapper = shape.get("RecordWrapperType");
    if (wrapper != null && !wrapper.equals("None") && !wrapper.equals("")) {
      throw new JobException(
          "channel %s comes as %s: set RecordWrapperType to None"
              .formatted(path.getFileName(), wrapper));
    }
  }

  /** Returns the channels that inputdataconfig.json names; without it those that have a folder. */
  static Channels ofJob(Path ml) throws IOException {
    Path data = ml.resolve("input/data");
    Map<?, ?> config = Config.read(ml.resolve("input/config/inputdataconfig.json"));
    var channels = new TreeMap<String, Channel>();
    for (Object name : config.isEmpty() ? folders(data) : config.keySet()) {
      Map<?, ?> shape = config.get(name) instanceof Map<?, ?> found ? found : Map.of();
      channels.put(name.toString(), new InputChannel(data.resolve(name.toString()), shape));
    }
    return new Channels(channels);
  }

  private static Collection<String> folders(Path data) throws IOException {
    if (!Files.isDirectory(data)) {
      return List.of();
    }
    try (var inside = Files.list(data)) {
      return inside.filter(Files::isDirectory).map(path -> path.getFileName().toString()).toList();
    }
  }

  @Override
  public List<Path> files() throws IOException {
    if (isPipe) {
      throw new JobException(
          "channel %s is in Pipe mode: it has streams, no files".formatted(path.getFileName()));
    }
    if (!Files.isDirectory(path)) {
      return List.of();
    }
    try (var inside = Files.walk(path)) {
      return inside.filter(this::holdsData).sorted().toList();
    }
  }

  private boolean holdsData(Path file) {
    boolean isHidden =
        StreamSupport.stream(path.relativize(file).spliterator(), false)
            .anyMatch(part -> part.toString().startsWith(".") || part.toString().startsWith("_"));
    return !isHidden && Files.isRegularFile(file) && size(file) > 0;
  }

  private static long size(Path file) {
    try {
      return Files.size(file);
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
  }

  @Override
  public void forEachStream(String suffix, StreamReader reader) throws IOException {
    forEachStream(List.of(suffix), reader);
  }

  private void forEachStream(List<String> suffixes, StreamReader reader) throws IOException {
    if (isPipe) {
      read(nextFifo(), reader);
      return;
    }
    List<Path> files = files();
    List<Path> chosen = files.stream().filter(file -> endsWith(file, suffixes)).toList();
    for (Path file : chosen.isEmpty() ? files : chosen) {
      read(file, reader);
    }
  }

  private static boolean endsWith(Path file, List<String> suffixes) {
    String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
    return suffixes.stream().anyMatch(name::endsWith);
  }

  private static void read(Path file, StreamReader reader) throws IOException {
    // FileInputStream, because the one of Files cannot read a FIFO
    try (InputStream stream = new BufferedInputStream(new FileInputStream(file.toFile()))) {
      reader.read(file.toString(), stream);
    }
  }

  private Path nextFifo() {
    Path fifo = path.resolveSibling("%s_%d".formatted(path.getFileName(), epoch++));
    try {
      while (!Files.exists(fifo)) { // the platform may make it late (T18)
        Thread.sleep(100);
      }
    } catch (InterruptedException error) {
      Thread.currentThread().interrupt();
      throw new JobException("interrupted while waiting for " + fifo);
    }
    return fifo;
  }

  @Override
  public Rows rows(List<Column> columns) throws IOException {
    var table = new Table(columns);
    if (hasJsonLines()) {
      forEachStream(LINES, (name, stream) -> table.addLines(name, read(name, stream)));
    } else {
      forEachStream(CSV, (name, stream) -> table.addCsv(name, read(name, stream)));
    }
    Rows rows = table.rows();
    if (rows.size() == 0) {
      throw new JobException("channel %s holds no data".formatted(path.getFileName()));
    }
    return rows;
  }

  private boolean hasJsonLines() throws IOException {
    if (isPipe || !contentType.isEmpty()) {
      return contentType.equalsIgnoreCase("application/jsonlines");
    }
    List<Path> files = files();
    return files.stream().noneMatch(file -> endsWith(file, CSV))
        && files.stream().anyMatch(file -> endsWith(file, LINES));
  }

  private static byte[] read(String name, InputStream stream) throws IOException {
    if (Files.size(Path.of(name)) > LARGEST) {
      throw new JobException(
          "%s is larger than 2 GB: split it, or read it in parts with forEachStream"
              .formatted(name));
    }
    return stream.readAllBytes();
  }
}
