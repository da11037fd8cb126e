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
    jsonlite::parse_json(read_text(path)),
    error = function(e) {
      job_error(path, " is not JSON: ", sub("\n.*", "", conditionMessage(e)))
    }
  )
  if (!is.list(content) || is.null(names(content))) {
    job_error(path, " must hold one JSON object")
  }
  content
}

# Returns a file as text, without the mark that UTF-8 may begin with.
read_text <- function(path) {
  lines <- readLines(file(path, encoding = "UTF-8-BOM"), warn = FALSE)
  paste(lines, collapse = "\n")
}

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

channel_of_name <- function(x, name) {
  if (!name %in% names(x)) {
    known <- if (length(x)) toString(names(x)) else "none"
    job_error("the job has no input channel named ", name, "; it has: ", known)
  }
  unclass(x)[[name]]
}
registerS3method("$", "channels", channel_of_name)

# Returns one input channel: files in a folder (File and FastFile mode), or a
# stream an epoch (Pipe mode). It is a list of functions:
#
# - files() returns the paths of its files, those in all folders below included;
#   hidden and empty ones are left out (T16);
# - contents(suffix) returns its data as raw vectors: one a file, or in Pipe
#   mode the one of the next epoch. Where some files have the suffix, the others
#   are left out;
# - frame(columns) returns its table as a data frame with these columns. It is
#   CSV, or JSON Lines: where the channel's ContentType says so, or where no file
#   ends in .csv and some end in .jsonl, .jsonlines or .ndjson. A first CSV row
#   that names all columns is a header, and columns are then taken by name;
#   without one the values must stand in this order. Values are read as those of
#   requests are.
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
    chosen <- paths[ends_with(paths, suffix)]
    read_files(if (length(chosen)) chosen else paths)
  }
  has_lines <- function() {
    content_type <- tolower(sub(";.*", "", c(config$ContentType, "")[1]))
    if (pipe || nzchar(content_type)) {
      return(content_type == "application/jsonlines")
    }
    !any(ends_with(files(), ".csv")) && any(ends_with(files(), line_files))
  }
  frame <- function(columns) {
    as_lines <- has_lines()
    data <- contents(if (as_lines) line_files else ".csv")
    read <- if (as_lines) read_lines else read_csv
    parts <- Map(read, data, names(data), list(columns))
    parts <- parts[!vapply(parts, is.null, NA)]
    if (!length(parts)) {
      job_error("channel ", channel, " holds no data")
    }
    data <- do.call(rbind, unname(parts))
    if (!as_lines) {
      other <- setdiff(columns, names(formats$columns))
      data[other] <- lapply(data[other], numbers_or_text)
    }
    data
  }
  list(files = files, contents = contents, frame = frame)
}

line_files <- c(".jsonl", ".jsonlines", ".ndjson")

ends_with <- function(paths, suffixes) {
  matches <- lapply(suffixes, endsWith, x = tolower(paths))
  Reduce(`|`, matches)
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

# Returns bytes as text.
decode <- function(bytes, file) {
  if (length(bytes) > longest_text) {
    refuse_long(file)
  }
  tryCatch(
    formats$headers$decode(bytes),
    bad_input = function(e) {
      job_error(
        file, " is not UTF-8 text: frame() reads CSV and JSON Lines; for other ",
        "formats, such as Parquet, read the channel's files() yourself"
      )
    }
  )
}

# Returns CSV bytes as a data frame with these columns, or NULL where there is
# not one row.
#
# Values are read as serving reads them. What algorithm.R does not declare, such
# as the target, stays text.
read_csv <- function(bytes, file, columns) {
  lines <- formats$csv_records(decode(bytes, file))
  lines <- lines[grepl("[^ \t\r]", lines)]
  if (!length(lines)) {
    return(NULL)
  }
  names <- header_of(lines[1], columns, file)
  if (is.null(names)) {
    names <- columns
  } else {
    lines <- lines[lines != lines[1]] # a Pipe repeats it for every object in it
  }
  if (!length(lines)) {
    return(NULL)
  }
  records <- formats$split_records(lines)
  wrong <- formats$wrong_length(
    lengths(records$cells), length(names), formats$listed(names)
  )
  wrong <- ifelse(is.na(records$errors), wrong, records$errors)
  readable <- seq_len(min(which(!is.na(wrong)), length(lines) + 1) - 1)
  cells <- matrix(
    as.character(unlist(records$cells[readable])), length(names)
  )
  values <- lapply(match(columns, names), function(i) cells[i, ])
  as_columns(values, columns, file, formats$parse_cells, wrong)
}

# Returns the names in a header, or NULL for a row of data.
header_of <- function(line, columns, file) {
  names <- formats$split_records(line)$cells[[1]]
  if (!any(columns %in% names)) {
    return(NULL)
  }
  if (!all(columns %in% names) && length(names) == length(columns)) {
    # text that happens to be a column's name
    fits <- vapply(seq_along(columns), function(i) {
      kind <- formats$columns[[columns[i]]]
      is.null(kind) ||
        is.na(formats$parse_cells(columns[i], kind, names[i], TRUE)$errors)
    }, NA)
    if (all(fits)) {
      return(NULL)
    }
  }
  tryCatch(
    formats$check_header(names, columns),
    bad_input = function(e) job_error(file, ": ", conditionMessage(e))
  )
  names
}

# Returns JSON Lines as a data frame likewise.
read_lines <- function(bytes, file, columns) {
  lines <- formats$split_lines(decode(bytes, file))
  lines <- lines[grepl("\\S", lines, perl = TRUE)]
  if (!length(lines)) {
    return(NULL)
  }
  records <- lapply(lines, formats$parse_json_line)
  wrong <- vapply(records, formats$wrong_record, "", columns)
  readable <- records[seq_len(min(which(!is.na(wrong)), length(lines) + 1) - 1)]
  values <- formats$values_of(readable, columns)
  as_columns(values, columns, file, formats$parse_values, wrong)
}

# Returns values, column by column, as a data frame. Fails with what is wrong
# with the first bad row: wrong has that for the rows which are no rows at all.
as_columns <- function(values, columns, file, parse, wrong) {
  for (i in seq_along(columns)) {
    kind <- formats$columns[[columns[i]]]
    parsed <- if (!is.null(kind)) {
      parse(columns[i], kind, values[[i]], TRUE)
    } else if (is.list(values[[i]])) {
      undeclared(columns[i], values[[i]])
    } else {
      list(values = values[[i]], errors = formats$no_text(columns[i], values[[i]]))
    }
    values[[i]] <- parsed$values
    rows <- seq_along(parsed$errors)
    wrong[rows] <- ifelse(is.na(wrong[rows]), parsed$errors, wrong[rows])
  }
  refuse_first(file, wrong)
  as.data.frame(setNames(values, columns), optional = TRUE)
}

# Returns the JSON values of a column that nobody declared, all of the kind that
# the first of them has.
undeclared <- function(name, values) {
  first <- Find(Negate(is.null), values)
  kind <- if (is.character(first)) character() else numeric()
  formats$parse_values(name, kind, values, TRUE)
}

# Returns the cells of a column that algorithm.R does not declare: as numbers
# where all of them are numbers or missing, else as text. A blank is a missing
# one, and so are NA and NaN among numbers; a needless zero makes text (007).
numbers_or_text <- function(cells) {
  cells[!grepl("[^ \t]", cells)] <- NA
  missing <- is.na(cells) | tolower(cells) %in% c("na", "nan")
  numbers <- formats$is_number(cells) & !grepl("^[-+]?0[0-9]", cells) &
    is.finite(suppressWarnings(as.numeric(cells)))
  if (!all(missing | numbers)) {
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
