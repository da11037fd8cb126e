# Answers with what it was given: a number, a text and a choice, each of which
# may be missing.

columns <- list(
  number = numeric(), text = character(), choice = factor(levels = c("a", "b"))
)
allow_missing <- TRUE
target <- "target"
hyperparameters <- list()

load_model <- function(directory) NULL

predict_rows <- function(model, rows) {
  stopifnot(
    is.numeric(rows$number), is.character(rows$text),
    identical(levels(rows$choice), c("a", "b"))
  )
  sprintf("%.1f|%s|%s", rows$number, rows$text, rows$choice)
}
