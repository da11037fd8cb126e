# Request bodies to rows: text/csv, application/json, application/jsonlines.
#
# Plain numbers take a fast path; what does not fit there is read again with
# care, to take it or to say what is wrong and where. train.R reads CSV with the
# same functions, so that a model sees the same values in training and serving.

# the algorithm sees what packages it loads, and nothing of this program
algorithm <- new.env(parent = globalenv())
sys.source("algorithm.R", algorithm)
headers <- new.env()
sys.source("headers.R", headers)
json <- new.env()
sys.source("json.R", json)
csv <- new.env()
sys.source("csv.R", csv)
bad_input <- headers$bad_input

columns <- algorithm$columns
width <- length(columns)
all_numeric <- all(vapply(columns, is.numeric, NA))
batch <- csv$batch
block_size <- 1000 # records that are read at once
longest_message <- 1000 # characters that the answer says about one record

# --- reading -----------------------------------------------------------------

# Returns list(rows, errors) of a request body: the good records as a data
# frame, and for every record NA or what is wrong with it.
#
# Only a batch job goes on after a bad record: otherwise the first one fails
# with bad_input, and so does a body in which no records can be told apart.
read_rows <- function(body, type, parameters) {
  charset <- headers$parameter(parameters, "charset", "utf-8")
  by_line <- batch && type != headers$json # a blank one is a record too
  text <- tryCatch(
    headers$decode(body, charset),
    bad_input = function(e) if (by_line) NA else stop(e)
  )
  lines <- NULL
  if (is.na(text)) { # bytes that are no text spoil their own line only (B5)
    lines <- headers$decode_lines(drop_line_end(body), charset)
  } else {
    text <- drop_line_ends(text, by_line)
  }
  if (!by_line && !grepl("\\S", text, perl = TRUE)) {
    bad_input("the body is empty")
  }
  if (type == headers$csv) {
    declared <- headers$parameter(parameters, "header", "")
    return(read_csv(text, lines, declared))
  }
  if (type == headers$json_lines) {
    if (is.null(lines)) lines <- csv$split_lines(text)
    return(in_blocks(lines, function(lines, ...) {
      different <- unique(lines) # equal ones are parsed once
      parsed <- lapply(different, json$parse_line)
      wrong <- wrong_records(parsed, names(columns))
      at <- match(lines, different)
      read_records(parsed[at], wrong[at])
    }))
  }
  in_blocks(json$records(text), function(records, ...) {
    read_records(records, wrong_records(records, names(columns)))
  })
}

drop_line_ends <- function(text, only_one) {
  if (endsWith(text, "\n") || endsWith(text, "\r")) {
    # tried once for each run of line ends, not at each of them
    line_ends <- if (only_one) "\r?\n?\\z" else "(?<![\r\n])[\r\n]+\\z"
    text <- sub(line_ends, "", text, perl = TRUE)
  }
  text
}

drop_line_end <- function(body) {
  for (end in charToRaw("\n\r")) {
    if (length(body) && body[length(body)] == end) body <- head(body, -1)
  }
  body
}

# Returns what the answer says about the bad records at these positions.
at_row <- function(positions, reasons) {
  substr(sprintf("row %d: %s", positions, reasons), 1, longest_message)
}

# Returns list(rows, errors) of items: read does so for a block of them, given
# also the position of its first one.
in_blocks <- function(items, read) {
  blocks <- lapply(seq(1, length(items), block_size), function(from) {
    to <- min(from + block_size - 1, length(items))
    block <- read(items[from:to], from)
    bad <- which(!is.na(block$errors))
    if (length(bad) && !batch) {
      bad_input(at_row(from - 1 + bad[1], block$errors[bad[1]]))
    }
    block
  })
  if (length(blocks) == 1) {
    return(blocks[[1]])
  }
  values <- lapply(seq_along(columns), function(i) {
    do.call(c, lapply(blocks, function(block) block$rows[[i]]))
  })
  errors <- unlist(lapply(blocks, `[[`, "errors"))
  list(rows = as_frame(values), errors = errors)
}

# Reads CSV text, or its lines where some of them are no text. The parameter
# `header` of the media type may say whether there is one.
read_csv <- function(text, lines, declared) {
  header <- find_header(if (is.null(lines)) text else lines[1], declared)
  names <- if (is.null(header)) names(columns) else header$names
  if (!is.null(header) && !batch) {
    text <- header$rest
    if (!nzchar(text)) {
      bad_input("there is a header but no row")
    }
  }
  if (all_numeric && is.null(lines) && identical(names, names(columns))) {
    rows <- fast_csv(text)
    if (!is.null(rows)) {
      return(list(rows = rows, errors = rep(NA_character_, nrow(rows))))
    }
  }
  expected <- if (is.null(header)) listed(names) else " as in the header"
  if (is.null(lines)) lines <- csv$records(text)
  in_blocks(lines, function(lines, from) {
    records <- csv$split_records(lines)
    wrong <- wrong_length(lengths(records$cells), length(names), expected)
    wrong <- ifelse(is.na(records$errors), wrong, records$errors)
    if (from == 1 && !is.null(header) && batch) { # a line with an answer (B5)
      wrong[1] <- "is a header"
    }
    cells <- as.character(unlist(records$cells[is.na(wrong)]))
    cells <- matrix(cells, length(names))
    values <- lapply(match(names(columns), names), function(i) cells[i, ])
    to_rows(values, wrong, parse_cells)
  })
}

# Returns the names in the header, and the text after it; NULL without one. The
# first record is a header if it has the names of all declared columns.
find_header <- function(text, declared) {
  first <- csv$split_once(text)[1]
  marks <- c(names(columns)[1], '"')
  seen <- any(vapply(marks, grepl, NA, first, fixed = TRUE))
  if (is.na(text) || declared == "absent" || declared != "present" && !seen) {
    return(NULL)
  }
  record <- if (batch) first else csv$records(text)[1]
  found <- csv$split_records(record)
  names <- found$cells[[1]]
  is_header <- declared == "present" || all(names(columns) %in% names)
  if (!is.na(found$errors) || !is_header) {
    return(NULL)
  }
  check_header(names, names(columns))
  list(names = names, rest = substring(text, nchar(record) + 2))
}

# Refuses a header that lacks one of the wanted columns, or has one twice.
check_header <- function(names, wanted) {
  lacking <- setdiff(wanted, names)
  if (length(lacking)) {
    bad_input("the header has no column ", toString(lacking))
  }
  twice <- intersect(wanted, names[duplicated(names)])
  if (length(twice)) {
    bad_input("the header names ", toString(twice), " twice")
  }
}

listed <- function(names) paste0(": ", toString(names))

# Returns for each record NA, or that it has another number of values.
wrong_length <- function(lengths, expected, how) {
  message <- sprintf("%d values, expected %d%s", lengths, expected, how)
  ifelse(lengths == expected, NA_character_, message)
}

# Returns plain numbers as a data frame, or NULL where anything is out of the
# ordinary: another character, a blank, another number of values.
fast_csv <- function(text) {
  # scan takes 1e and 1 0 for numbers, and a comma at the end of a line
  lenient <- "[eE][-+]?(?![-+0-9])|(?<=[^,\n ]) +[^,\r\n ]|,[ \r]*(\n|$)"
  if (!grepl("^[-+.,0-9eE\r\n ]+$", text, perl = TRUE) ||
        grepl(lenient, text, perl = TRUE)) {
    return(NULL)
  }
  if (nchar(text) < 1000) { # a few rows: scan is the faster one for many
    cells <- strsplit(csv$split_lines(text), ",", fixed = TRUE)
    values <- suppressWarnings(as.numeric(unlist(cells)))
    if (any(lengths(cells) != width) || !all(is.finite(values))) {
      return(NULL)
    }
    by_column <- split(values, rep_len(seq_len(width), length(values)))
    return(as_frame(unname(by_column)))
  }
  line_ends <- nchar(text) - nchar(gsub("\n", "", text, fixed = TRUE))
  bytes <- rawConnection(charToRaw(text))
  on.exit(close(bytes))
  values <- tryCatch(
    scan(
      bytes, rep(list(0), width), sep = ",", quiet = TRUE,
      multi.line = FALSE, blank.lines.skip = FALSE
    ),
    error = function(e) NULL
  )
  # scan takes a line of twice the width for two rows, and skips blank ones
  complete <- length(values[[1]]) == line_ends + 1
  if (complete && all(is.finite(unlist(values)))) as_frame(values)
}

# Reads records: lists in the order of the columns, or objects by column name.
read_records <- function(records, wrong) {
  values <- values_of(records[is.na(wrong)], names(columns))
  to_rows(values, wrong, parse_values)
}

# Returns the values of good records, a list for each of the columns.
values_of <- function(records, columns) {
  named <- vapply(records, json$is_object, NA)
  records[named] <- lapply(records[named], json$last_of_each)
  lapply(seq_along(columns), function(i) {
    at <- ifelse(named, list(columns[i]), list(i))
    Map(function(record, at) record[[at]], records, at)
  })
}

# Returns for each record NA, or why it is no row of these columns.
wrong_records <- function(records, columns) {
  vapply(records, wrong_record, "", columns, listed(columns))
}

wrong_record <- function(record, columns, expected) {
  if (inherits(record, "bad_input")) {
    return(conditionMessage(record))
  }
  if (!is.list(record)) {
    return("must be a list or an object")
  }
  if (!json$is_object(record)) {
    return(wrong_length(length(record), length(columns), expected))
  }
  lacking <- setdiff(columns, names(record))
  if (length(lacking)) {
    return(paste("no value for", toString(lacking)))
  }
  NA_character_
}

# --- values ------------------------------------------------------------------

# Returns list(rows, errors). values holds those of the records without an error
# so far, column by column; parse turns each column into its kind.
to_rows <- function(values, errors, parse) {
  found <- rep(NA_character_, sum(is.na(errors)))
  for (i in seq_along(columns)) {
    parsed <- parse(names(columns)[i], columns[[i]], values[[i]])
    values[[i]] <- parsed$values
    first <- is.na(found)
    found[first] <- parsed$errors[first]
  }
  rows <- as_frame(lapply(values, `[`, is.na(found)))
  errors[is.na(errors)] <- found
  list(rows = rows, errors = errors)
}

# Returns the cells of a CSV column as its kind, with what is wrong with each; a
# blank is a missing one, and so are NA and NaN where numbers belong.
parse_cells <- function(name, kind, cells,
                        allow_missing = algorithm$allow_missing) {
  cells[!grepl("[^ \t]", cells)] <- NA
  errors <- rep(NA_character_, length(cells))
  if (is.numeric(kind)) {
    cells <- csv$without_blanks(cells)
    cells[tolower(cells) %in% c("na", "nan")] <- NA
    odd <- which(!is.na(cells) & !is_number(cells))
    shown <- headers$quoted(substr(cells[odd], 1, 40))
    errors[odd] <- sprintf("%s must be a number, not %s", name, shown)
    cells[odd] <- NA
    cells <- as.numeric(cells)
  }
  checked(name, kind, cells, errors, allow_missing)
}

# Returns the JSON values of a column as its kind, with what is wrong with each;
# null is a missing one.
parse_values <- function(name, kind, values,
                         allow_missing = algorithm$allow_missing) {
  numeric <- is.numeric(kind)
  fits <- vapply(values, if (numeric) is.numeric else is.character, NA)
  odd <- which(!fits & lengths(values) > 0)
  shown <- vapply(values[odd], json$start_of_json, "")
  errors <- rep(NA_character_, length(values))
  expected <- if (numeric) "a number" else "text"
  errors[odd] <- sprintf("%s must be %s, not %s", name, expected, shown)
  values[!fits] <- NA
  values <- unlist(values)
  values <- if (numeric) as.numeric(values) else as.character(values)
  checked(name, kind, values, errors, allow_missing)
}

# Adds what is wrong with values that were read well.
checked <- function(name, kind, values, errors, allow_missing) {
  say <- function(where, ...) {
    errors[which(where & is.na(errors))] <<- paste(name, ...)
  }
  if (!allow_missing) {
    say(is.na(values), "is missing")
  }
  if (is.numeric(kind)) {
    say(is.infinite(values), "is not a finite number")
  }
  if (is.character(values)) {
    bad <- no_text(name, values)
    errors <- ifelse(is.na(errors), bad, errors)
  }
  if (is.factor(kind)) {
    odd <- which(!is.na(values) & !values %in% levels(kind))
    errors[odd] <- sprintf(
      "%s must be one of %s, not %s", name, toString(levels(kind)),
      headers$quoted(substr(values[odd], 1, 40))
    )
    values <- factor(values, levels(kind))
  }
  list(values = values, errors = errors)
}

# Returns for each text NA, or that it holds what no text does.
no_text <- function(name, values) {
  bad <- grepl(headers$no_text, values, fixed = TRUE)
  message <- paste(name, "must be text without NUL or half a surrogate pair")
  ifelse(bad, message, NA_character_)
}

is_number <- function(text) {
  decimal <- "^[-+]?([0-9]+[.]?[0-9]*|[.][0-9]+)(e[-+]?[0-9]+)?$"
  grepl(decimal, text, ignore.case = TRUE)
}

as_frame <- function(values) {
  rows <- length(values[[1]])
  names(values) <- names(columns)
  structure(values, class = "data.frame", row.names = .set_row_names(rows))
}
