# Reads what the platform laid out below /opt/ml, lets algorithm.R fit and save
# a model, and ends with 0. On a failure it ends with 1 and says why in
# /opt/ml/output/failure, which SageMaker shows as FailureReason (T24, T25).
#
# `train` starts it, and turns a request to stop into an interrupt.

channels <- new.env()
sys.source("channels.R", channels)
formats <- channels$formats
job_error <- channels$job_error
ml <- channels$ml

log_line <- function(...) cat(..., "\n", sep = "")

peers_port <- 10040 # where the first host of a job listens for the others

# --- hyperparameters ---------------------------------------------------------

# Returns the defaults overlaid with what the job gave, each in the type of its
# default (T10). Fails with the name of the hyperparameter that does not fit, or
# that has no usable default.
typed_hyperparameters <- function(given, defaults) {
  for (name in names(defaults)) {
    if (is.null(defaults[[name]]) || !is.vector(defaults[[name]])) {
      job_error(
        "algorithm.R: the default of ", name, " must be text, a number, TRUE, ",
        "FALSE or a list"
      )
    }
  }
  for (name in names(given)) {
    if (name %in% names(defaults)) {
      defaults[[name]] <- typed(name, given[[name]], defaults[[name]])
    } else if (!startsWith(name, "sagemaker_")) { # those are SageMaker's own
      log_line(
        "hyperparameter ", name, " is not used: algorithm.R knows ",
        toString(names(defaults))
      )
    }
  }
  defaults
}

# Turns a hyperparameter's text into the type of its default. Some SDKs
# JSON-encode every value, so '"5"' is 5 too.
typed <- function(name, text, default) {
  text <- trimws(as.character(text))
  decoded <- parsed_json(text)
  if (is.character(decoded)) {
    text <- decoded
  }
  refuse <- function(expected) {
    shown <- formats$headers$quoted(text)
    job_error("hyperparameter ", name, " must be ", expected, ", not ", shown)
  }
  if (is.list(default) || length(default) != 1) {
    if (!is.list(decoded)) refuse("a JSON list or object")
    return(jsonlite::fromJSON(text))
  }
  if (is.character(default)) {
    return(text)
  }
  if (is.logical(default)) {
    text <- tolower(text)
    if (!text %in% c("true", "1", "false", "0")) refuse("true or false")
    return(text %in% c("true", "1"))
  }
  if (is.integer(default)) {
    most <- .Machine$integer.max
    if (!grepl("^[-+]?[0-9]+$", text)) refuse("a whole number")
    if (abs(as.numeric(text)) > most) {
      refuse(sprintf("a whole number from -%d to %d", most, most))
    }
    return(as.integer(text))
  }
  number <- if (formats$is_number(text)) as.numeric(text) else NA
  if (!is.finite(number)) refuse("a number")
  number
}

parsed_json <- function(text) {
  tryCatch(jsonlite::parse_json(text), error = function(e) NULL)
}

# --- the job -----------------------------------------------------------------

# Returns what a running job can be told and asked by fit, as a list:
#
# - host, hosts, is_first_host: the only source for rank and world size (T12);
# - stopping() is TRUE once SageMaker asked the job to stop: return the best
#   model so far;
# - metric(name, value, ...) logs one metric, to be matched by MetricDefinitions
#   such as `validation:accuracy=(.*?);` (T27);
# - checkpoint(number, state) keeps state, so that a restarted job goes on after
#   this round (T32); number grows from round to round;
# - resume(default) returns the state of the newest readable checkpoint, or
#   default when the job starts afresh.
new_job <- function(stopping) {
  resources <- channels$read_config("resourceconfig.json")
  host <- c(resources$current_host, "algo-1")[1]
  hosts <- c(unlist(resources$hosts), host)
  is_first_host <- host == hosts[1]
  metric <- function(name, value, ...) {
    context <- c(...)
    before <- if (length(context)) paste0(names(context), "=", context, " ")
    log_line(before, name, sprintf("=%.6g;", value))
  }
  usable <- NULL # the newest that this job has read or written
  checkpoint <- function(number, state) {
    if (!is_first_host) { # all hosts share one place
      return(invisible())
    }
    dir.create(ml("checkpoints"), showWarnings = FALSE, recursive = TRUE)
    unfinished <- ml("checkpoints", "unfinished")
    saveRDS(state, unfinished)
    target <- ml("checkpoints", sprintf("round-%06.0f.rds", number))
    file.rename(unfinished, target) # complete or not there at all
    # this one and the one before it stay; one that cannot be read is neither,
    # however high its number
    usable <<- c(tail(usable, 1), number)
    found <- checkpoints()
    unlink(found$paths[found$numbers < usable[1]])
  }
  resume <- function(default) {
    found <- checkpoints()
    for (i in order(found$numbers, decreasing = TRUE)) {
      path <- found$paths[i]
      # cut off when the instance was taken away: the one before it will do
      state <- tryCatch(list(readRDS(path)), error = identity)
      if (!inherits(state, "error")) {
        usable <<- found$numbers[i]
        log_line("resumed after round ", format(usable, scientific = FALSE))
        return(state[[1]])
      }
      log_line(
        "checkpoint ", basename(path), " cannot be read, skipped: ",
        conditionMessage(state)
      )
    }
    default
  }
  list(
    host = host, hosts = unique(hosts), is_first_host = is_first_host,
    stopping = stopping, metric = metric, checkpoint = checkpoint,
    resume = resume
  )
}

# Returns the paths of all checkpoints and their numbers.
checkpoints <- function() {
  paths <- list.files(
    ml("checkpoints"), "^round-[0-9]+[.]rds$", full.names = TRUE
  )
  numbers <- as.numeric(gsub("[^0-9]", "", basename(paths)))
  list(paths = paths, numbers = numbers)
}

# --- several hosts -----------------------------------------------------------

# Returns a socket that the other hosts can connect to, if there are others and
# the port is free. Their connections are reset when it is closed.
listen_for_peers <- function(job) {
  if (length(job$hosts) > 1) {
    tryCatch(serverSocket(peers_port), error = function(e) NULL)
  }
}

# Returns when the first host has ended, could not be reached for a minute, or
# this one is asked to stop.
#
# Docker Compose, which runs the local mode of the SageMaker SDK, stops all
# hosts when one of them ends (L4): a host that has nothing to do must not be
# the first to end.
wait_for_first_host <- function(job) {
  first <- job$hosts[1]
  log_line(job$host, ": ", first, " trains alone, this host waits for its end")
  deadline <- Sys.time() + 60
  peer <- NULL
  while (is.null(peer) && Sys.time() < deadline && !job$stopping()) {
    # not started yet, or nobody knows its name yet (T40)
    peer <- tryCatch(
      suppressWarnings(
        socketConnection(first, peers_port, open = "rb", timeout = 1)
      ),
      error = function(e) Sys.sleep(0.5)
    )
  }
  if (is.null(peer)) {
    log_line(job$host, " ends: ", first, " could not be reached")
    return(invisible())
  }
  while (!job$stopping() && is_open(peer)) {}
  if (!job$stopping()) {
    # Compose takes the exit code of the host that ends first: that is the
    # first host's
    Sys.sleep(2)
  }
  log_line(job$host, " ends after ", first)
}

# Is the connection open still? Waits up to a second.
is_open <- function(peer) {
  ended <- socketSelect(list(peer), timeout = 1)
  !ended || tryCatch(
    length(suppressWarnings(readBin(peer, "raw"))) > 0,
    error = function(e) FALSE
  )
}

# --- from start to end -------------------------------------------------------

train <- function(job) {
  # remove this block if your algorithm is a distributed one
  if (!job$is_first_host) {
    return(wait_for_first_host(job))
  }
  listener <- listen_for_peers(job)
  on.exit(if (!is.null(listener)) close(listener))
  sys.source("formats.R", formats)
  algorithm <- formats$algorithm
  given <- channels$read_config("hyperparameters.json")
  hyperparameters <- typed_hyperparameters(given, algorithm$hyperparameters)
  name <- Sys.getenv("TRAINING_JOB_NAME", "without a name")
  shown <- jsonlite::toJSON(hyperparameters, auto_unbox = TRUE, digits = NA)
  log_line("training job ", name, " with ", shown)
  model <- algorithm$fit(channels$job_channels(), hyperparameters, job)
  if (is.null(model)) {
    job_error("fit in algorithm.R returned NULL: it must return the model")
  }
  if (job$stopping()) {
    log_line("the job was stopped early: the model is the best so far")
  }
  if (job$is_first_host) { # two hosts must not write the same files (T22)
    dir.create(ml("model"), showWarnings = FALSE, recursive = TRUE)
    algorithm$save_model(model, ml("model"))
    log_line("model saved: ", toString(sort(list.files(ml("model")))))
  }
}

# Writes why the job failed where SageMaker looks for it, and ends R with 1.
report_failure <- function(error, calls) {
  report <- trimws(conditionMessage(error)) # SageMaker shows the beginning
  if (!nzchar(report)) {
    report <- "algorithm.R failed without a message"
  }
  if (!inherits(error, "job_error")) {
    report <- paste0(report, "\n\nin ", paste(calls, collapse = "\n   "))
  }
  message(report)
  dir.create(ml("output"), showWarnings = FALSE, recursive = TRUE)
  # a full disk must not hide the exit code
  try(writeLines(report, ml("output", "failure")), silent = TRUE)
}

# Returns the calls that led to an error, from fit on, without those by which R
# handles errors. The last one is the call that failed.
calls_of <- function(error, calls) {
  labels <- limitedLabels(calls)
  handlers <- "^(doT|t)ryCatch|^withCalling|^[.]handleSimple|^h[(]|^stop"
  labels <- labels[!grepl(handlers, labels)]
  from <- c(grep("^algorithm[$]", labels), 1)[1]
  failed <- if (!is.null(conditionCall(error))) {
    limitedLabels(list(conditionCall(error)))
  }
  unique(c(labels[seq_along(labels) >= from], failed))
}

# Returns the exit code. running is a file that tells `train` that an interrupt
# can be taken.
main <- function(running) {
  stop_asked <- FALSE
  calls <- NULL
  code <- tryCatch(
    withCallingHandlers(
      {
        file.create(running)
        train(new_job(stopping = function() stop_asked))
        0
      },
      interrupt = function(i) {
        log_line("SIGTERM: stopping after this round")
        stop_asked <<- TRUE
        tryInvokeRestart("resume") # go on where it came
      },
      error = function(e) calls <<- calls_of(e, sys.calls())
    ),
    error = function(e) {
      report_failure(e, calls)
      1
    }
  )
  unlink(running)
  code
}

quit(status = main(commandArgs(trailingOnly = TRUE)))
