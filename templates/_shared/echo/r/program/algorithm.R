# Tells what has reached it, for the vectors: each row is answered with its own
# values.

declared <- jsonlite::fromJSON(Sys.getenv(
  "ECHO_COLUMNS", '{"number": "number", "text": "text"}'
))
columns <- lapply(as.list(declared), function(kind) {
  if (kind == "number") numeric() else character()
})
allow_missing <- Sys.getenv("ECHO_MISSING") == "true"
hyperparameters <- list(whole = 1L, number = 0.5, flag = FALSE, text = "x")

fit <- function(channels, hyperparameters, job) {
  others <- unlist(jsonlite::fromJSON(Sys.getenv("ECHO_OTHERS", "[]")))
  seen <- lapply(unclass(channels), function(channel) {
    tryCatch(
      list(rows = listed(channel$frame(c(names(columns), others)))),
      error = function(e) list(error = conditionMessage(e))
    )
  })
  list(channels = seen, hyperparameters = hyperparameters)
}

# Returns the rows of a data frame as lists.
listed <- function(rows) {
  lapply(seq_len(nrow(rows)), function(i) {
    unname(as.list(rows[i, , drop = FALSE]))
  })
}

save_model <- function(model, directory) {
  jsonlite::write_json(
    model, file.path(directory, "seen.json"),
    auto_unbox = TRUE, digits = I(17), na = "null", null = "null"
  )
}

load_model <- function(directory) NULL

answers <- list(
  whole = 3L, number = 0.5, text = 'a "quoted", text', true = TRUE,
  false = FALSE, missing = NA, nan = NaN, infinity = Inf,
  list = list(1.5, "a", TRUE, NA),
  object = list(
    label = "a", score = 0.5, count = 3L, values = c(0.25, NaN), nothing = NaN
  ),
  nested = list(c(1, 2), list(a = 1)), error = list(error = "x")
)

predict_rows <- function(model, rows) {
  if (!"answer" %in% names(columns)) {
    return(listed(rows))
  }
  if (!all(rows$answer %in% names(answers))) {
    stop("no such answer")
  }
  unname(answers[rows$answer])
}
