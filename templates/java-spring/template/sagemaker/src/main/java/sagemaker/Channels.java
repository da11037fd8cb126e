package sagemaker;

import java.util.Map;

/** The input channels of a training job, by name (T11). */
public record Channels(Map<String, Channel> byName) {

  /**
   * Returns a channel.
   *
   * @throws JobException if the job has none of that name
   */
  public Channel get(String name) {
    Channel channel = byName.get(name);
    if (channel == null) {
      String names = byName.isEmpty() ? "none" : String.join(", ", byName.keySet());
      throw new JobException(
          "the job has no input channel named %s; it has: %s".formatted(name, names));
    }
    return channel;
  }
}
