# Calls functions of a package whose names the harness has as well: `train` of
# caret, `read_csv` of readr, `prepare` ... An attached environment stands for
# the package.

package <- list2env(list(
  train = function(formula, data, method) list(method = method),
  read_csv = function(path) data.frame(x = 1),
  parse_json = function(text) text,
  read_json = function(path) path,
  parameter = function() "of the package",
  prepare = function(recipe) "prepared",
  decode = function(x) x,
  headers = "of the package"
))
attach(package, name = "package:modelling")

columns <- list(x = numeric())
allow_missing <- FALSE
target <- "y"
hyperparameters <- list()

fit <- function(channels, hyperparameters, job) {
  data <- channels$train$frame(c("x", "y"))
  model <- train(y ~ x, data = data, method = "knn")
  stopifnot(read_csv("file")$x == 1, parameter() == "of the package")
  model
}

save_model <- function(model, directory) {
  saveRDS(model, file.path(directory, "model.rds"))
}

load_model <- function(directory) {
  readRDS(file.path(directory, "model.rds"))
}

predict_rows <- function(model, rows) {
  stopifnot(prepare("recipe") == "prepared", headers == "of the package")
  rep(model$method, nrow(rows))
}
