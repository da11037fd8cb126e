# Reads what the platform laid out below /opt/ml, lets algorithm.R fit and save
# a model, and ends with 0. On a failure it ends with 1 and says why in
# /opt/ml/output/failure, which SageMaker shows as FailureReason (T24, T25).
#
# `train` starts it, and turns a request to stop into an interrupt.

formats <- new.env()

ml <- function(...) file.path("/opt/ml", ...)

# Fails with what is wrong with the job's input, in one sentence that a person
# can act on.
job_error <- function(...) {
  condition <- list(message = paste0(...), call = NULL)
  stop(structure(condition, class = c("job_error", "error", "condition")))
}

log_line <- function(...) cat(..., "\n", sep = "")

# Returns the JSON object of a file that SageMaker wrote as a list; an absent
# one counts as empty (T10, T11).
read_config <- function(name) {
  path <- ml("input", "config", name)
  if (!file.exists(path)) {
    return(list())
  }
  content <- tryCatch(
    jsonlite::read_json(path),
    error = function(e) {
      job_error(path, " is not JSON: ", sub("\n.*", "", conditionMessage(e)))
    }
  )
  if (!is.list(content) || is.null(names(content))) {
    job_error(path, " must hold one JSON object")
  }
  content
}

# --- hyperparameters ---------------------------------------------------------

# Returns the defaults overlaid with what the job gave, each in the type of its
# default (T10). Fails with the name of the hyperparameter that does not fit.
typed_hyperparameters <- function(given, defaults) {
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
    shown <- formats$quoted(text)
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
    if (!grepl("^[-+]?[0-9]{1,9}$", text)) refuse("a whole number")
    return(as.integer(text))
  }
  if (!formats$is_number(text)) refuse("a number")
  as.numeric(text)
}

parsed_json <- function(text) {
  tryCatch(jsonlite::parse_json(text), error = function(e) NULL)
}

# --- input -------------------------------------------------------------------

# Returns the job's input channels by name (T11): channels$train.
job_channels <- function() {
  config <- read_config("inputdataconfig.json")
  names <- names(config)
  if (!length(names)) {
    names <- list.dirs(ml("input", "data"), FALSE, recursive = FALSE)
  }
  channels <- lapply(names, function(name) {
    new_channel(ml("input", "data", name), config[[name]])
  })
  structure(setNames(channels, names), class = "channels")
}

`$.channels` <- function(x, name) {
  if (!name %in% names(x)) {
    known <- if (length(x)) toString(names(x)) else "none"
    job_error("the job has no input channel named ", name, "; it has: ", known)
  }
  unclass(x)[[name]]
}

# Returns one input channel: files in a folder (File and FastFile mode), or a
# stream an epoch (Pipe mode). It is a list of functions:
#
# - files() returns the paths of its files, those in all folders below included;
#   hidden and empty ones are left out (T16);
# - contents(suffix) returns its data as raw vectors: one a file, or in Pipe
#   mode the one of the next epoch. Where some files have the suffix, the others
#   are left out;
# - frame(columns) returns its CSV data as a data frame with these columns. A
#   first line that names all of them is a header, and columns are then taken by
#   name; without one the values must stand in this order.
new_channel <- function(path, config) {
  channel <- basename(path)
  pipe <- identical(config$TrainingInputMode, "Pipe")
  epoch <- -1
  if (!c(config$RecordWrapperType, "None")[1] %in% c("None", "")) {
    job_error(
      "channel ", channel, " comes as ", config$RecordWrapperType,
      ": set RecordWrapperType to None"
    )
  }
  files <- function() {
    if (pipe) {
      job_error("channel ", channel, " is in Pipe mode: it has no files")
    }
    inside <- sort(list.files(path, recursive = TRUE), method = "radix")
    inside <- inside[!grepl("(^|/)[._]", inside)]
    paths <- file.path(path, inside)
    paths[file.size(paths) > 0]
  }
  contents <- function(suffix = "") {
    if (pipe) {
      epoch <<- epoch + 1
      return(read_pipe(paste0(path, "_", epoch)))
    }
    paths <- files()
    chosen <- paths[endsWith(tolower(paths), suffix)]
    read_files(if (length(chosen)) chosen else paths)
  }
  frame <- function(columns) {
    data <- contents(".csv")
    parts <- Map(read_csv, data, names(data), list(columns))
    parts <- parts[!vapply(parts, is.null, NA)]
    if (!length(parts)) {
      job_error("channel ", channel, " holds no data")
    }
    data <- do.call(rbind, unname(parts))
    other <- setdiff(columns, names(formats$columns))
    data[other] <- lapply(data[other], numbers_or_text)
    data
  }
  list(files = files, contents = contents, frame = frame)
}

read_files <- function(paths) {
  data <- lapply(paths, function(path) readBin(path, raw(), file.size(path)))
  setNames(data, paths)
}

read_pipe <- function(path) {
  while (!file.exists(path)) { # the platform may make it late (T18)
    Sys.sleep(0.1)
  }
  stream <- file(path, open = "rb", raw = TRUE)
  on.exit(close(stream))
  chunks <- list()
  while (length(chunk <- readBin(stream, raw(), 2^20))) {
    chunks[[length(chunks) + 1]] <- chunk
  }
  setNames(list(unlist(chunks)), path)
}

longest_text <- .Machine$integer.max # bytes that R can hold in one string

refuse_long <- function(file) {
  job_error(
    file, " has more than ", longest_text, " bytes, which R cannot hold in ",
    "one text: split it, or have fit read channels$train$files() piece by piece"
  )
}

# Returns CSV bytes as a data frame with these columns, or NULL where there is
# not one row.
#
# Values are read as serving reads them. What algorithm.R does not declare, such
# as the target, stays text.
read_csv <- function(bytes, file, columns) {
  if (length(bytes) > longest_text) {
    refuse_long(file)
  }
  text <- tryCatch(
    formats$decode(bytes),
    bad_input = function(e) job_error(file, " is not UTF-8 text")
  )
  lines <- formats$csv_records(text)
  lines <- lines[grepl("\\S", lines)]
  names <- trimws(unlist(formats$split_records(lines[1])))
  if (all(columns %in% names)) {
    lines <- lines[lines != lines[1]] # a Pipe repeats it for every object in it
  } else if (any(columns %in% names)) {
    lacking <- toString(setdiff(columns, names))
    job_error(file, ": the header lacks ", lacking)
  } else {
    names <- columns
  }
  if (!length(lines)) {
    return(NULL)
  }
  records <- formats$split_records(lines)
  wrong <- formats$wrong_length(
    lengths(records), length(names), formats$listed(names)
  )
  refuse_first(file, wrong)
  cells <- matrix(unlist(records), length(names), dimnames = list(names))
  values <- lapply(columns, function(name) {
    kind <- formats$columns[[name]]
    if (is.null(kind)) {
      return(trimws(cells[name, ]))
    }
    parsed <- formats$parse_cells(name, kind, cells[name, ], TRUE)
    refuse_first(file, parsed$errors)
    parsed$values
  })
  as.data.frame(setNames(values, columns), optional = TRUE)
}

# Returns the cells of a column that algorithm.R does not declare: as numbers
# where all of them are numbers or missing, else as text. A blank is a missing
# one, and so are NA and NaN among numbers.
numbers_or_text <- function(cells) {
  cells[cells == ""] <- NA
  missing <- is.na(cells) | tolower(cells) %in% c("na", "nan")
  if (!all(missing | formats$is_number(cells))) {
    return(cells)
  }
  cells[missing] <- NA
  type.convert(cells, as.is = TRUE) # whole numbers as such
}

refuse_first <- function(file, errors) {
  row <- which(!is.na(errors))[1]
  if (!is.na(row)) {
    job_error(file, ", row ", row, ": ", errors[row])
  }
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
  resources <- read_config("resourceconfig.json")
  host <- c(resources$current_host, "algo-1")[1]
  hosts <- c(unlist(resources$hosts), host)
  is_first_host <- host == hosts[1]
  metric <- function(name, value, ...) {
    context <- c(...)
    before <- if (length(context)) paste0(names(context), "=", context, " ")
    log_line(before, name, sprintf("=%.6g;", value))
  }
  checkpoint <- function(number, state) {
    if (!is_first_host) { # all hosts share one place
      return(invisible())
    }
    dir.create(ml("checkpoints"), showWarnings = FALSE, recursive = TRUE)
    unfinished <- ml("checkpoints", "unfinished")
    saveRDS(state, unfinished)
    target <- ml("checkpoints", sprintf("round-%06d.rds", number))
    file.rename(unfinished, target) # complete or not there at all
    unlink(head(checkpoints(), -2))
  }
  resume <- function(default) {
    for (path in rev(checkpoints())) {
      # cut off when the instance was taken away: the one before it will do
      state <- tryCatch(list(readRDS(path)), error = identity)
      if (!inherits(state, "error")) {
        round <- as.integer(gsub("[^0-9]", "", basename(path)))
        log_line("resumed after round ", round)
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

checkpoints <- function() {
  sort(list.files(ml("checkpoints"), "^round-[0-9]+[.]rds$", full.names = TRUE))
}

train <- function(job) {
  # remove this block if your algorithm is a distributed one
  if (!job$is_first_host) {
    log_line(job$host, ": nothing to do, ", job$hosts[1], " trains alone")
    return(invisible())
  }
  sys.source("formats.R", formats)
  algorithm <- formats$algorithm
  given <- read_config("hyperparameters.json")
  hyperparameters <- typed_hyperparameters(given, algorithm$hyperparameters)
  name <- Sys.getenv("TRAINING_JOB_NAME", "without a name")
  shown <- jsonlite::toJSON(hyperparameters, auto_unbox = TRUE, digits = NA)
  log_line("training job ", name, " with ", shown)
  model <- algorithm$fit(job_channels(), hyperparameters, job)
  if (is.null(model)) {
    job_error("fit in algorithm.R returned NULL: it must return the model")
  }
  if (job$is_first_host) { # two hosts must not write the same files (T22)
    dir.create(ml("model"), showWarnings = FALSE, recursive = TRUE)
    algorithm$save_model(model, ml("model"))
    log_line("model saved: ", toString(sort(list.files(ml("model")))))
  }
}

# Writes why the job failed where SageMaker looks for it, and ends R with 1.
report_failure <- function(error, calls) {
  report <- conditionMessage(error)
  if (!inherits(error, "job_error")) {
    report <- paste0(report, "\n\nin ", paste(calls, collapse = "\n   "))
  }
  message(report)
  dir.create(ml("output"), showWarnings = FALSE, recursive = TRUE)
  # a full disk must not hide the exit code
  try(writeLines(report, ml("output", "failure")), silent = TRUE)
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
      error = function(e) calls <<- limitedLabels(sys.calls())
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
