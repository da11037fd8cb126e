# Answers in the shape that the request asks for.

columns <- list(shape = character())
allow_missing <- FALSE
target <- "target"
hyperparameters <- list()

load_model <- function(directory) NULL

predict_rows <- function(model, rows) {
  switch(rows$shape[1],
    doubles = c(11, 0.1, 1 / 3, 1e15, 1e16, 1e-5, 123456.789, NaN, -Inf),
    integers = c(1L, 100000L, NA),
    logicals = c(TRUE, FALSE),
    factor = factor(c("x", "y")),
    texts = c("a \"b\", c", "\\ \u00e4\n\u0001", NA),
    matrix = matrix(c(0.25, 0.5, 0.75, 0.5), 2),
    frame = data.frame(label = c("x", "y"), score = c(0.5, 1)),
    matrix_column = structure(
      list(label = c("x", "y"), scores = matrix(c(0.25, 0.5, 0.75, 0.5), 2)),
      class = "data.frame", row.names = 1:2
    ),
    huge = 1e150,
    list = list(1, c(1, 2), "x"),
    closure = print,
    array = array(1:4, c(1, 2, 2))
  )
}
