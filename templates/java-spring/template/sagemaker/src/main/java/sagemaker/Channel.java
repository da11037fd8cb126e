package sagemaker;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;

/**
 * One input channel: files in a folder (File and FastFile mode), or a stream an epoch (Pipe mode).
 */
public interface Channel {

  /**
   * Returns the channel's data as a table with these columns. Values are read as a request's are.
   *
   * <p>It is CSV, or JSON Lines: where the channel's ContentType says so, or where no file ends in
   * .csv and some end in .jsonl, .jsonlines or .ndjson. A first CSV record that names all columns
   * is a header, and columns are then taken by name; without one the values must stand in this
   * order.
   *
   * @throws JobException where there is no data, or a line does not fit
   */
  Rows rows(List<Column> columns) throws IOException;

  /**
   * Returns the channel's files, all folders below it included; empty ones are left out, and those
   * whose names or folders begin with {@code .} or {@code _} (T16).
   *
   * @throws JobException in Pipe mode, which has streams instead
   */
  List<Path> files() throws IOException;

  /**
   * Hands over the channel's data as streams: one a file, or in Pipe mode the one of the next epoch
   * (T18).
   *
   * @param suffix where some files have it, the others are left out
   */
  void forEachStream(String suffix, StreamReader reader) throws IOException;

  /** Takes a stream, which is closed afterwards. */
  @FunctionalInterface
  interface StreamReader {
    void read(String name, InputStream stream) throws IOException;
  }
}
