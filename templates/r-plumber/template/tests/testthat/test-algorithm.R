# Unit tests of algorithm.R. They run inside the train image, where its packages
# are, and on a machine that has them: see README.md.

here <- c("/opt/program/algorithm.R", "../../program/algorithm.R")
algorithm <- new.env()
sys.source(here[file.exists(here)][1], algorithm)

# Stands in for the job's input: two species that the length of a petal tells
# apart.
flowers <- data.frame(
  rep(c(5.0, 6.5), each = 20), rep(c(3.4, 3.0), each = 20),
  rep(c(1.4, 5.5), each = 20) + seq(0.01, 0.2, 0.01),
  rep(c(0.2, 2.0), each = 20), rep(c("setosa", "virginica"), each = 20)
)
channel_of <- function(data) {
  list(frame = function(columns) setNames(data, columns))
}

# Stands in for the running job, and remembers what fit told it.
new_job <- function(state = NULL, stopping = FALSE) {
  job <- new.env()
  job$rounds <- numeric()
  job$stopping <- function() stopping
  job$metric <- function(name, value, round) job$rounds <- c(job$rounds, round)
  job$checkpoint <- function(number, state) job$state <- state
  job$resume <- function(default) if (is.null(state)) default else state
  job
}

fit <- function(job, ..., data = flowers) {
  hyperparameters <- modifyList(algorithm$hyperparameters, list(...))
  algorithm$fit(list(train = channel_of(data)), hyperparameters, job)
}

rows <- data.frame(
  sepal_length = c(5.0, 6.5), sepal_width = c(3.4, 3.0),
  petal_length = c(1.5, 5.6), petal_width = c(0.2, 2.0)
)

test_that("fit learns the difference", {
  predicted <- algorithm$predict_rows(fit(new_job(), max_depth = 2L), rows)
  expect_equal(as.character(predicted), c("setosa", "virginica"))
})

test_that("fit goes on after the checkpoint", {
  job <- new_job(state = 0.5)
  fit(job, max_depth = 3L)
  expect_equal(job$rounds, c(2, 3))
})

test_that("fit stops after the round when asked", {
  job <- new_job(stopping = TRUE)
  expect_s3_class(fit(job, max_depth = 3L), "rpart")
  expect_equal(job$rounds, 1)
})

test_that("fit refuses a depth of zero", {
  expect_error(fit(new_job(), max_depth = 0L), "max_depth must be 1 or more")
})

test_that("fit refuses a single fold", {
  expect_error(fit(new_job(), folds = 1L), "folds must be 2 or more, not 1")
})

test_that("fit refuses a row without a label", {
  flowers[3, 5] <- NA
  expect_error(fit(new_job(), data = flowers), "row 3 has no species")
})

test_that("a loaded model predicts what the saved one did", {
  model <- fit(new_job())
  directory <- withr::local_tempdir()
  algorithm$save_model(model, directory)
  loaded <- algorithm$load_model(directory)
  expect_equal(
    algorithm$predict_rows(loaded, rows), algorithm$predict_rows(model, rows)
  )
})

test_that("a saved model holds no training data", {
  size <- function(times) {
    many <- flowers[rep(seq_len(nrow(flowers)), times), ]
    model <- fit(new_job(), data = many, max_depth = 1L)
    expect_identical(environment(model$terms), globalenv())
    directory <- withr::local_tempdir()
    algorithm$save_model(model, directory)
    file.size(file.path(directory, "model.rds"))
  }
  expect_lt(size(1000), 1.1 * size(1))
})
