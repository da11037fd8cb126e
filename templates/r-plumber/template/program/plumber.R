# The web application behind nginx: POST /invocations, one request at a time in
# each worker process. workers.R loads this file once, and the model with it.
#
# Routes of your own go in here as in any plumber.R; nginx.conf must pass them
# on.

formats <- new.env()
sys.source("formats.R", formats)
answers <- new.env()
sys.source("answers.R", answers)
headers <- formats$headers
algorithm <- formats$algorithm

# OPT_ML is for a run outside of the container, as in an IDE
root <- Sys.getenv("OPT_ML", "/opt/ml")
model <- algorithm$load_model(file.path(root, "model"))
timeout <- as.numeric(Sys.getenv("MODEL_SERVER_TIMEOUT", "65")) # seconds

# Before all filters and parsers: the body is read as it is, by its own type.
#* @preempt __first__
#* @post /invocations
function(req, res) {
  # nginx has the whole body already
  body <- req$rook.input$read()
  tryCatch(
    invoke(req, res, body),
    refused = function(e) {
      refuse(req, res, e$status, e$message, e$headers, ours = TRUE)
    },
    bad_input = function(e) refuse(req, res, 400, conditionMessage(e)),
    error = function(e) refuse(req, res, 500, conditionMessage(e))
  )
}

invoke <- function(req, res, body) {
  content_type <- c(req$HTTP_CONTENT_TYPE, "")[1]
  media_type <- headers$parse_media_type(content_type)
  if (!media_type$name %in% headers$types) {
    headers$refuse(
      415, "Content-Type ", headers$quoted(content_type), " is not one of ",
      toString(headers$types)
    )
  }
  answer_type <- headers$choose_type(c(req$HTTP_ACCEPT, "")[1], media_type$name)
  if (is.null(answer_type)) {
    headers$refuse(406, "Accept must allow one of ", toString(headers$types))
  }
  body <- headers$uncompress(body, c(req$HTTP_CONTENT_ENCODING, "")[1])
  input <- formats$read_rows(body, media_type$name, media_type$parameters)
  predictions <- with_trace(predict_texts(input$rows, answer_type))
  errors <- input$errors
  if (answer_type != headers$csv) { # CSV has no room for reasons
    bad <- which(!is.na(errors))
    errors[bad] <- formats$at_row(bad, errors[bad])
  }
  text <- answers$write_answer(predictions, errors, answer_type)
  # SageMaker ends each answer in a batch job with a newline of its own (B5)
  answer(res, 200, answer_type, text, if (!formats$batch) "\n")
}

# Returns the prediction for each row as text.
predict_texts <- function(rows, type) {
  if (!nrow(rows)) {
    return(character())
  }
  predictions <- algorithm$predict_rows(model, rows)
  if (NROW(predictions) != nrow(rows)) {
    stop(
      "predict_rows returned ", NROW(predictions), " predictions for ",
      nrow(rows), " rows"
    )
  }
  answers$write_rows(predictions, type == headers$csv)
}

# Logs which calls led to an error in the algorithm, without their arguments. A
# prediction that takes too long is such an error, and ends this worker.
with_trace <- function(code) {
  limit <- timeout + 0.2 # nginx has answered 504 by then
  started <- proc.time()[["elapsed"]]
  setTimeLimit(elapsed = limit)
  on.exit(setTimeLimit())
  withCallingHandlers(code, error = function(e) {
    setTimeLimit()
    if (inherits(e, "bad_input")) { # about the request, which it may quote
      return()
    }
    names <- vapply(sys.calls(), function(call) deparse(call[[1]])[1], "")
    calls <- names[seq_along(names) > match("predict_texts", names)]
    message(conditionMessage(e), "\nin ", paste(calls, collapse = " > "))
    if (proc.time()[["elapsed"]] - started > timeout) {
      tools::pskill(Sys.getpid(), tools::SIGKILL)
    }
  })
}

# Answers with the JSON that every error has: one short sentence (H20). Our own
# sentences are logged as well, without values; those of the algorithm may quote
# the payload anywhere, and are not (H50).
refuse <- function(req, res, status, message, headers = list(), ours = FALSE) {
  why <- if (ours) paste0(", ", without_values(message))
  message(req$REQUEST_METHOD, " ", req$PATH_INFO, ": ", status, why)
  sentence <- substr(trimws(gsub("\\s+", " ", message)), 1, 1000)
  text <- paste0('{"error":', answers$json_values(sentence), "}")
  for (name in names(headers)) res$setHeader(name, headers[[name]])
  answer(res, status, "application/json", text, "\n")
}

# Returns the beginning of a sentence, up to where it quotes the request.
without_values <- function(sentence) {
  safe <- "^(row [0-9]+: )?((?!, not )[^:'\"])*"
  trimws(regmatches(sentence, regexpr(safe, sentence, perl = TRUE)))
}

answer <- function(res, status, type, ...) {
  charset <- if (status == 200) "; charset=utf-8"
  res$status <- status
  res$setHeader("Content-Type", paste0(type, charset))
  res$body <- paste0(...)
  res
}
