package sagemaker

/** A column of a request or of the training data: its name, and what its values are. */
enum Column:
  def name: String

  case Number(name: String)
  case Text(name: String)
