# The input of a training job: its configuration files and channels.

formats <- new.env() # formats.R, which train.R fills when it has what it needs

ml <- function(...) file.path(Sys.getenv("OPT_ML", "/opt/ml"), ...)

# Fails with what is wrong with the job's input, in one sentence that a person
# can act on.
job_error <- function(...) {
  condition <- list(message = paste0(...), call = NULL)
  stop(structure(condition, class = c("job_error", "error", "condition")))
}

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
#   CSV, or JSON Lines: where the ContentType of the channel says so, or no file
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
        file, " is not UTF-8 text: frame() reads CSV and JSON Lines; for ",
        "other formats, such as Parquet, read the channel's files() yourself"
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
  lines <- formats$csv$records(decode(bytes, file))
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
  records <- formats$csv$split_records(lines)
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
  names <- formats$csv$split_records(line)$cells[[1]]
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
  lines <- formats$csv$split_lines(decode(bytes, file))
  lines <- lines[grepl("\\S", lines, perl = TRUE)]
  if (!length(lines)) {
    return(NULL)
  }
  records <- lapply(lines, formats$json$parse_line)
  wrong <- formats$wrong_records(records, columns)
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
      errors <- formats$no_text(columns[i], values[[i]])
      list(values = values[[i]], errors = errors)
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
