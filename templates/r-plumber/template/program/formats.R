# Request bodies to rows: text/csv, application/json, application/jsonlines.
#
# Plain numbers take a fast path; what does not fit there is read again with
# care, to take it or to say what is wrong and where. train.R reads CSV with the
# same functions, so that a model sees the same values in training and serving.

algorithm <- new.env()
sys.source("algorithm.R", algorithm)

csv <- "text/csv"
json <- "application/json"
json_lines <- "application/jsonlines"
types <- c(csv, json, json_lines)

columns <- algorithm$columns
width <- length(columns)
all_numeric <- all(vapply(columns, is.numeric, NA))
header <- paste(names(columns), collapse = ",")
# in a batch job each line is a record, whatever is in it (B5)
batch <- tolower(Sys.getenv("SAGEMAKER_BATCH")) == "true"

# Ends the reading of a request with one sentence for the client (H20).
bad_input <- function(...) {
  condition <- list(message = paste0(...), call = NULL)
  stop(structure(condition, class = c("bad_input", "error", "condition")))
}

# --- media types -------------------------------------------------------------

# Returns a function that computes each answer once, for up to 256 questions.
remembering <- function(compute) {
  known <- new.env()
  function(...) {
    key <- paste(c("", ...), collapse = "\n")
    answer <- known[[key]]
    if (is.null(answer)) {
      answer <- list(compute(...))
      if (length(known) < 256) assign(key, answer, envir = known)
    }
    answer[[1]]
  }
}

# Splits a Content-Type: "Text/CSV; header=present" gives
# list(name = "text/csv", parameters = c(header = "present")).
parse_media_type <- remembering(function(header) {
  parts <- strsplit(tolower(header), ";", fixed = TRUE)[[1]]
  pairs <- trimws(parts[-1])
  values <- sub("^[^=]*=?", "", pairs)
  list(
    name = if (length(parts)) trimws(parts[1]) else "",
    parameters = setNames(
      gsub('^"+|"+$', "", trimws(values)),
      trimws(sub("=.*", "", pairs))
    )
  )
})

parameter <- function(parameters, name, default) {
  if (name %in% names(parameters)) parameters[[name]] else default
}

# Returns the type of the answer for an Accept header, or NULL; with no
# preference that is own (H14).
choose_type <- remembering(function(accept, own) {
  if (!nzchar(trimws(accept))) {
    return(own)
  }
  offers <- lapply(strsplit(accept, ",", fixed = TRUE)[[1]], parse_media_type)
  names <- vapply(offers, `[[`, "", "name")
  quality <- vapply(offers, function(offer) {
    number <- parameter(offer$parameters, "q", "1")
    if (is_number(number)) as.numeric(number) else 1
  }, 1)
  refused <- names[quality <= 0]
  best_first <- order(-quality) # a stable sort: first come, first served
  for (name in names[best_first[quality[best_first] > 0]]) {
    for (known in c(own, types)) {
      family <- sub("/.*", "/*", known)
      in_family <- name %in% c("*/*", family)
      if (name == known || in_family && !any(c(known, family) %in% refused)) {
        return(known)
      }
    }
  }
  NULL
})

# --- reading -----------------------------------------------------------------

# Returns list(rows, errors) of a request body: the good records as a data
# frame, and for every record NA or what is wrong with it.
#
# Fails with bad_input where not even records can be told apart.
read_rows <- function(body, type, parameters) {
  text <- decode(body, parameter(parameters, "charset", "utf-8"))
  by_line <- batch && type != json # a blank one is a record too
  if (endsWith(text, "\n") || endsWith(text, "\r")) {
    line_ends <- if (by_line) "\r?\n?\\z" else "[\r\n]+\\z"
    text <- sub(line_ends, "", text, perl = TRUE)
  }
  if (!by_line && !grepl("\\S", text, perl = TRUE)) {
    bad_input("the body is empty")
  }
  if (type == csv) {
    return(read_csv(text, parameter(parameters, "header", "") == "present"))
  }
  if (type == json_lines) {
    return(read_records(lapply(split_lines(text), parse_json_line)))
  }
  read_json(text)
}

# Returns raw bytes as UTF-8 text.
decode <- function(body, charset = "utf-8") {
  if (charset %in% c("utf-8", "utf8")) {
    has_nul <- length(grepRaw(as.raw(0), body, fixed = TRUE))
    text <- if (has_nul) NA else rawToChar(body)
    if (is.na(text) || !validUTF8(text)) {
      bad_input("the body is not ", charset, " text")
    }
    Encoding(text) <- "UTF-8"
    return(if (startsWith(text, "\ufeff")) substring(text, 2) else text)
  }
  known_as <- sub("^latin-", "latin", charset)
  text <- tryCatch(
    iconv(list(body), known_as, "UTF-8"),
    error = function(e) bad_input("unknown charset ", quoted(charset))
  )
  if (is.na(text)) {
    bad_input("the body is not ", charset, " text")
  }
  text
}

read_csv <- function(text, has_header) {
  names <- names(columns)
  is_header <- FALSE
  if (has_header || startsWith(text, header)) {
    lines <- split_once(text)
    if (has_header || trimws(lines[1]) == header) {
      names <- trimws(split_csv(lines[1])[[1]])
      lacking <- setdiff(names(columns), names)
      if (length(lacking)) {
        bad_input("the header has no column ", toString(lacking))
      }
      is_header <- TRUE
      if (!batch) {
        text <- lines[2]
        if (!nzchar(text)) {
          bad_input("there is a header but no row")
        }
      }
    }
  }
  in_order <- identical(names, names(columns))
  if (all_numeric && in_order) {
    rows <- fast_csv(text)
    if (!is.null(rows)) {
      return(list(rows = rows, errors = rep(NA_character_, nrow(rows))))
    }
  }
  records <- split_csv(text)
  expected <- if (in_order) listed(names) else " as in the header"
  wrong <- wrong_length(lengths(records), length(names), expected)
  if (is_header && batch) { # a line that has to have one in the output
    wrong[1] <- "is a header"
  }
  cells <- matrix(as.character(unlist(records[is.na(wrong)])), length(names))
  values <- lapply(match(names(columns), names), function(i) cells[i, ])
  to_rows(values, wrong, parse_cells)
}

listed <- function(names) paste0(": ", toString(names))

# Returns for each record NA, or that it has another number of values.
wrong_length <- function(lengths, expected, how) {
  message <- sprintf("%d values, expected %d%s", lengths, expected, how)
  ifelse(lengths == expected, NA_character_, message)
}

# Returns the lines of a text; strsplit() leaves out a blank one at the end.
split_lines <- function(text) {
  strsplit(paste0(text, "\n"), "\n", fixed = TRUE)[[1]]
}

split_once <- function(text) {
  at <- regexpr("\n", text, fixed = TRUE)
  if (at < 0) {
    return(c(text, ""))
  }
  c(substr(text, 1, at - 1), substr(text, at + 1, nchar(text)))
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
    cells <- strsplit(split_lines(text), ",", fixed = TRUE)
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

# Returns the cells of each record. In a batch job a quote that is never closed
# spoils its own line only.
split_csv <- function(text) split_records(csv_records(text))

# Returns each record of CSV text: a line, or more of them where an open quote
# goes on in the next one.
csv_records <- function(text) {
  lines <- split_lines(text)
  if (!batch && grepl('"', text, fixed = TRUE)) {
    quotes <- nchar(gsub('[^"]', "", lines))
    record <- cumsum(c(TRUE, cumsum(quotes)[-length(lines)] %% 2 == 0))
    lines <- vapply(split(lines, record), paste, "", collapse = "\n")
  }
  sub("\r$", "", lines)
}

split_records <- function(lines) {
  if (!any(grepl('"', lines, fixed = TRUE))) {
    cells <- strsplit(paste0(lines, ","), ",", fixed = TRUE)
    cells[lines == ""] <- list(character())
    return(cells)
  }
  before <- paste0(",", lines)
  cell <- ',[ ]*("(?:[^"]|"")*("[^,]*|$)|[^,]*)'
  cells <- regmatches(before, gregexpr(cell, before, perl = TRUE))
  cells[lines == ""] <- list(character())
  lapply(cells, unquote)
}

unquote <- function(cells) {
  cells <- sub("^,[ ]*", "", cells)
  quoted <- grepl('^"', cells)
  inside <- sub('^"((?:[^"]|"")*+)"?', "\\1", cells[quoted], perl = TRUE)
  cells[quoted] <- gsub('""', '"', inside, fixed = TRUE)
  cells
}

# --- JSON --------------------------------------------------------------------

parse_json <- function(text) {
  if (grepl("NaN|Infinity", text)) { # outside of strings they are numbers
    other <- '"(?:[^"\\\\]|\\\\.)*"(*SKIP)(*FAIL)|'
    text <- gsub(paste0(other, "\\bNaN\\b"), "null", text, perl = TRUE)
    text <- gsub(paste0(other, "\\bInfinity\\b"), "1e999", text, perl = TRUE)
  }
  tryCatch(
    jsonlite::parse_json(text),
    error = function(e) {
      reason <- sub("\n.*", "", conditionMessage(e)) # the rest quotes the body
      bad_input("the body is not JSON: ", reason)
    }
  )
}

# Returns a line's value, or the bad_input that says what is wrong with it.
parse_json_line <- function(line) {
  tryCatch(parse_json(line), bad_input = identity)
}

read_json <- function(text) {
  document <- parse_json(text)
  records <- if (is_object(document)) document[["instances"]] else document
  if (!is.list(records) || is_object(records) || !length(records)) {
    bad_input(
      'the JSON must be a list of rows or {"instances": [rows]}, ',
      "with at least one row"
    )
  }
  read_records(records)
}

is_object <- function(value) is.list(value) && !is.null(names(value))

# Reads records: lists in the order of the columns, or objects by column name.
read_records <- function(records) {
  wrong <- vapply(records, wrong_record, "")
  good <- records[is.na(wrong)]
  named <- vapply(good, is_object, NA)
  values <- lapply(seq_along(columns), function(i) {
    at <- ifelse(named, list(names(columns)[i]), list(i))
    Map(function(record, at) record[[at]], good, at)
  })
  to_rows(values, wrong, parse_values)
}

wrong_record <- function(record) {
  if (inherits(record, "bad_input")) {
    return(conditionMessage(record))
  }
  if (!is.list(record)) {
    return("must be a list or an object")
  }
  if (!is_object(record)) {
    return(wrong_length(length(record), width, listed(names(columns))))
  }
  lacking <- setdiff(names(columns), names(record))
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
  bad <- which(!is.na(errors))
  errors[bad] <- sprintf("row %d: %s", bad, errors[bad])
  list(rows = rows, errors = errors)
}

# Returns the cells of a CSV column as its kind, with what is wrong with each; a
# blank is a missing one, and so are NA and NaN where numbers belong.
parse_cells <- function(name, kind, cells,
                        allow_missing = algorithm$allow_missing) {
  cells <- trimws(cells)
  cells[cells == ""] <- NA
  errors <- rep(NA_character_, length(cells))
  if (is.numeric(kind)) {
    cells[grepl("^(na|[-+]?nan)$", cells, ignore.case = TRUE)] <- NA
    odd <- which(!is.na(cells) & !is_number(cells))
    shown <- quoted(substr(cells[odd], 1, 40))
    errors[odd] <- sprintf("%s must be a number, not %s", name, shown)
    cells[odd] <- NA
    cells <- as.numeric(cells)
  }
  checked(name, kind, cells, errors, allow_missing)
}

# Returns the JSON values of a column as its kind, with what is wrong with each;
# null is a missing one.
parse_values <- function(name, kind, values) {
  numeric <- is.numeric(kind)
  fits <- vapply(values, if (numeric) is.numeric else is.character, NA)
  odd <- which(!fits & lengths(values) > 0)
  shown <- substr(vapply(values[odd], to_json, ""), 1, 40)
  errors <- rep(NA_character_, length(values))
  expected <- if (numeric) "a number" else "text"
  errors[odd] <- sprintf("%s must be %s, not %s", name, expected, shown)
  values[!fits] <- NA
  values <- unlist(values)
  values <- if (numeric) as.numeric(values) else as.character(values)
  checked(name, kind, values, errors, algorithm$allow_missing)
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
  if (is.factor(kind)) {
    odd <- which(!is.na(values) & !values %in% levels(kind))
    errors[odd] <- sprintf(
      "%s must be one of %s, not %s", name, toString(levels(kind)),
      quoted(substr(values[odd], 1, 40))
    )
    values <- factor(values, levels(kind))
  }
  list(values = values, errors = errors)
}

is_number <- function(text) {
  decimal <- "^[-+]?([0-9]+[.]?[0-9]*|[.][0-9]+)(e[-+]?[0-9]+)?$"
  grepl(decimal, text, ignore.case = TRUE) |
    grepl("^[-+]?inf(inity)?$", text, ignore.case = TRUE)
}

as_frame <- function(values) {
  rows <- length(values[[1]])
  names(values) <- names(columns)
  structure(values, class = "data.frame", row.names = .set_row_names(rows))
}

quoted <- function(text) {
  mark <- ifelse(grepl("'", text) & !grepl('"', text), '"', "'")
  paste0(mark, encodeString(text), mark)
}

# Returns a value that jsonlite has parsed as ASCII JSON, to be shown.
to_json <- function(value) {
  if (is.list(value)) {
    inside <- vapply(value, to_json, "")
    if (is_object(value)) {
      inside <- paste0('"', names(value), '": ', inside)
      return(paste0("{", toString(inside), "}"))
    }
    return(paste0("[", toString(inside), "]"))
  }
  text <- jsonlite::toJSON(value, auto_unbox = TRUE, null = "null", digits = NA)
  iconv(text, "UTF-8", "ASCII", sub = "c99")
}
