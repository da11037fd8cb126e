package sagemaker;

/** What is wrong with a training job's input, in one sentence that a person can act on. */
public final class JobException extends RuntimeException {
  private static final long serialVersionUID = 1;

  public JobException(String sentence) {
    super(sentence);
  }
}
