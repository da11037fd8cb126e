# Answers with what it was given: a number, a text and a choice that may be
# missing.

columns <- list(
  number = numeric(), text = character(), choice = factor(levels = c("a", "b"))
)
allow_missing <- TRUE
hyperparameters <- list()
target <- "target"

load_model <- function(directory) NULL

predict_rows <- function(model, rows) {
  stopifnot(identical(levels(rows$choice), c("a", "b")))
  paste(format(rows$number), rows$text, rows$choice)
}
