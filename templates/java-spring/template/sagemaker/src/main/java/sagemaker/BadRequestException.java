package sagemaker;

/** What is wrong with a request, in one sentence for the client: it is answered with 400 (H20). */
public final class BadRequestException extends RuntimeException {
  private static final long serialVersionUID = 1;

  public BadRequestException(String sentence) {
    super(sentence, null, false, false); // no stack trace: it is the client's fault
  }
}
