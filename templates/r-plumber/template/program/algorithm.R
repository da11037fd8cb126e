# Your model. This file is yours: an update of the template never touches it.
#
# `train` calls fit and save_model; `serve` calls load_model once, then
# predict_rows for every request.

library(rpart)

# The columns of a request, in order: each numeric(), character(), or factor()
# with its levels. A request's rows reach predict_rows as a data frame of these.
columns <- list(
  sepal_length = numeric(),
  sepal_width = numeric(),
  petal_length = numeric(),
  petal_width = numeric()
)
# TRUE: blanks and NaN reach predict_rows as NA; FALSE: such a request is
# refused with 400.
allow_missing <- FALSE

target <- "species"

# What a training job may set, with its default. SageMaker sends text; the type
# of the default says what it becomes.
hyperparameters <- list(max_depth = 6L, folds = 5L, seed = 0L)

# Returns a model trained on the channel `train`: a decision tree, its depth
# chosen by cross-validation.
#
# One depth a round. After each round the job gets a metric, a checkpoint to
# resume from when the instance is taken away, and is asked whether to stop. A
# model that trains in one go may ignore all three.
fit <- function(channels, hyperparameters, job) {
  max_depth <- hyperparameters$max_depth
  if (max_depth < 1) {
    stop("max_depth must be 1 or more, not ", max_depth, call. = FALSE)
  }
  if (hyperparameters$folds < 2) {
    stop("folds must be 2 or more, not ", hyperparameters$folds, call. = FALSE)
  }
  data <- channels$train$frame(c(names(columns), target))
  unlabelled <- which(is.na(data[[target]]))
  if (length(unlabelled)) {
    stop("row ", unlabelled[1], " has no ", target, call. = FALSE)
  }
  data[[target]] <- factor(data[[target]]) # the model keeps its levels
  set.seed(hyperparameters$seed)
  fold <- sample(rep_len(seq_len(hyperparameters$folds), nrow(data)))

  scores <- head(job$resume(default = numeric()), max_depth)
  while (length(scores) < max_depth) {
    depth <- length(scores) + 1
    scores[depth] <- cross_validate(data, fold, depth)
    job$metric("validation:accuracy", scores[depth], round = depth)
    job$checkpoint(depth, scores)
    if (job$stopping()) break
  }

  best_depth <- which.max(scores)
  cat("depth", best_depth, "is best\n")
  grow_tree(data, best_depth)
}

# Returns the mean accuracy on each fold of a tree grown on the other folds.
cross_validate <- function(data, fold, depth) {
  accuracy <- vapply(unique(fold), function(held_out) {
    tree <- grow_tree(data[fold != held_out, ], depth)
    rows <- data[fold == held_out, ]
    mean(predict_rows(tree, rows) == rows[[target]])
  }, numeric(1))
  mean(accuracy)
}

grow_tree <- function(data, depth) {
  # rpart itself grows no deeper than 30
  control <- rpart.control(
    maxdepth = min(depth, 30), minsplit = 2, cp = 0, xval = 0
  )
  # the model keeps the formula with its environment: that of this call would
  # take the training data along into model.rds
  formula <- reformulate(names(columns), target, env = globalenv())
  tree <- rpart(formula, data, control = control, y = FALSE)
  tree$where <- NULL # the leaf of each row of the training data
  tree
}

# Writes the model into directory; SageMaker packs what lies there into
# model.tar.gz.
save_model <- function(model, directory) {
  saveRDS(model, file.path(directory, "model.rds"))
}

# Reads back what save_model wrote.
#
# Called once, before the worker processes are forked: what they cannot share,
# such as a database connection or threads that were started, is for
# predict_rows.
load_model <- function(directory) {
  readRDS(file.path(directory, "model.rds"))
}

# Returns one prediction for each row of a data frame: a vector or a factor, or
# a matrix or data frame with a row for each.
predict_rows <- function(model, rows) {
  predict(model, rows, type = "class")
}
