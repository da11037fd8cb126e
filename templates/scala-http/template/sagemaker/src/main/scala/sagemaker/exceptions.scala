package sagemaker

import scala.util.control.NoStackTrace

/** What is wrong with a request, in one sentence for the client: it is answered with 400 (H20). */
final class BadRequestException(sentence: String) extends RuntimeException(sentence), NoStackTrace

/** What is wrong with a training job's input, in one sentence that a person can act on. */
final class JobException(sentence: String) extends RuntimeException(sentence)
