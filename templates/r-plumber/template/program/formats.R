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
block_size <- 1000 # records that are read at once
longest_message <- 1000 # characters that the answer says about one record

# Ends the reading of a request with one sentence for the client (H20).
bad_input <- function(...) {
  condition <- list(message = paste0(...), call = NULL)
  stop(structure(condition, class = c("bad_input", "error", "condition")))
}

# Returns texts without the blanks around them, like trimws(), which takes ever
# longer for long runs of blanks within them.
trimmed <- function(text) {
  around <- "^[ \t\r\n]+|(?<![ \t\r\n])[ \t\r\n]+\\z"
  gsub(around, "", text, perl = TRUE)
}

# --- media types -------------------------------------------------------------

# Returns a function that computes each answer once, for up to 256 questions. A
# long one is not remembered: R has no variable of 10,000 characters.
remembering <- function(compute) {
  known <- new.env()
  function(...) {
    key <- paste(c("", ...), collapse = "\n")
    if (nchar(key, "bytes") > 1000) {
      return(compute(...))
    }
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
  pairs <- trimmed(parts[-1])
  values <- sub("^[^=]*=?", "", pairs)
  list(
    name = if (length(parts)) trimmed(parts[1]) else "",
    parameters = setNames(
      gsub('^"+|"+$', "", trimmed(values)),
      trimmed(sub("=.*", "", pairs))
    )
  )
})

parameter <- function(parameters, name, default) {
  if (name %in% names(parameters)) parameters[[name]] else default
}

# Returns the type of the answer for an Accept header, or NULL; with no
# preference that is own (H14).
choose_type <- remembering(function(accept, own) {
  if (!nzchar(trimmed(accept))) {
    return(own)
  }
  offers <- tolower(unique(strsplit(accept, ",", fixed = TRUE)[[1]]))
  names <- trimmed(sub(";.*", "", offers))
  quality <- rep(1, length(offers))
  rated <- grep(";", offers, fixed = TRUE)
  quality[rated] <- vapply(offers[rated], function(offer) {
    number <- parameter(parse_media_type(offer)$parameters, "q", "1")
    if (is_number(number)) as.numeric(number) else 1
  }, 1)
  refused <- names[quality <= 0]
  best_first <- order(-quality) # a stable sort: first come, first served
  wanted <- names[best_first[quality[best_first] > 0]]
  families <- sub("/.*", "/*", types)
  for (name in intersect(wanted, c("*/*", families, types))) {
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

# --- character sets ----------------------------------------------------------

# Character sets that a request may name, with or without - and _, and what else
# some of them are called.
charsets <- c(
  "utf-8", "utf-16", "utf-16le", "utf-16be", "us-ascii", "iso-8859-1",
  "iso-8859-2", "iso-8859-15", "windows-1250", "windows-1251", "windows-1252"
)
without_marks <- function(name) gsub("[-_ ]", "", name)
spellings <- c(
  setNames(charsets, without_marks(charsets)),
  ascii = "us-ascii", latin1 = "iso-8859-1", latin2 = "iso-8859-2",
  latin9 = "iso-8859-15", cp1250 = "windows-1250", cp1251 = "windows-1251",
  cp1252 = "windows-1252"
)

# Whether UTF-16 text begins with a mark that tells the order of its bytes.
has_byte_order <- function(body) {
  setequal(head(body, 2), as.raw(c(0xFE, 0xFF)))
}

# Returns raw bytes as UTF-8 text.
decode <- function(body, charset = "utf-8") {
  name <- charset
  if (!name %in% charsets) {
    name <- unname(spellings[without_marks(charset)])
  }
  if (is.na(name)) {
    bad_input(
      "unknown charset ", quoted(substr(charset, 1, 40)),
      ": it must be one of ", toString(charsets)
    )
  }
  from <- name
  if (name == "utf-16" && !has_byte_order(body)) {
    from <- "utf-16be" # RFC 2781
  }
  text <- tryCatch(
    iconv(list(body), from, "UTF-8"),
    error = function(e) NA # a NUL, which R has no text for
  )
  if (is.na(text)) {
    bad_input("the body is not ", name, " text")
  }
  if (name == "utf-8" && startsWith(text, "\ufeff")) {
    text <- substring(text, 2)
  }
  text
}

# --- reading -----------------------------------------------------------------

# Returns list(rows, errors) of a request body: the good records as a data
# frame, and for every record NA or what is wrong with it.
#
# Only a batch job goes on after a bad record: otherwise the first one fails
# with bad_input, and so does a body in which no records can be told apart.
read_rows <- function(body, type, parameters) {
  text <- decode(body, parameter(parameters, "charset", "utf-8"))
  by_line <- batch && type != json # a blank one is a record too
  if (endsWith(text, "\n") || endsWith(text, "\r")) {
    # tried once for each run of line ends, not at each of them
    line_ends <- if (by_line) "\r?\n?\\z" else "(?<![\r\n])[\r\n]+\\z"
    text <- sub(line_ends, "", text, perl = TRUE)
  }
  if (!by_line && !grepl("\\S", text, perl = TRUE)) {
    bad_input("the body is empty")
  }
  if (type == csv) {
    return(read_csv(text, parameter(parameters, "header", "") == "present"))
  }
  if (type == json_lines) {
    return(in_blocks(split_lines(text), function(lines, ...) {
      different <- unique(lines) # equal ones are parsed once
      parsed <- lapply(different, parse_json_line)
      read_records(parsed[match(lines, different)])
    }))
  }
  in_blocks(json_records(text), read_records)
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

read_csv <- function(text, has_header) {
  names <- names(columns)
  is_header <- FALSE
  if (has_header || startsWith(text, header)) {
    lines <- split_once(text)
    if (has_header || trimmed(lines[1]) == header) {
      names <- trimmed(split_records(csv_records(lines[1]))[[1]])
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
  expected <- if (in_order) listed(names) else " as in the header"
  in_blocks(csv_records(text), function(lines, from) {
    records <- split_records(lines)
    wrong <- wrong_length(lengths(records), length(names), expected)
    if (from == 1 && is_header && batch) { # a line that has to have an answer
      wrong[1] <- "is a header"
    }
    cells <- matrix(as.character(unlist(records[is.na(wrong)])), length(names))
    values <- lapply(match(names(columns), names), function(i) cells[i, ])
    to_rows(values, wrong, parse_cells)
  })
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

# Returns each record of CSV text: a line, or more of them where an open quote
# goes on in the next one. In a batch job each line is a record, so that a quote
# that is never closed spoils its own line only.
csv_records <- function(text) {
  lines <- split_lines(text)
  if (!batch && grepl('"', text, fixed = TRUE)) {
    quotes <- nchar(gsub('[^"]', "", lines))
    record <- cumsum(c(TRUE, cumsum(quotes)[-length(lines)] %% 2 == 0))
    lines <- vapply(split(lines, record), paste, "", collapse = "\n")
  }
  sub("\r$", "", lines)
}

# Returns the cells of each record.
split_records <- function(lines) {
  if (!any(grepl('"', lines, fixed = TRUE))) {
    cells <- strsplit(paste0(lines, ","), ",", fixed = TRUE)
    cells[lines == ""] <- list(character())
    return(cells)
  }
  before <- paste0(",", lines)
  # a choice once made is not tried otherwise (++, *+): long cells would take
  # hundreds of bytes for each of their characters
  cell <- ',[ ]*+(?:"(?:[^"]++|"")*+(?:"[^,]*+|$)|[^,]*+)'
  # in bytes: to count characters up to each cell would take ever longer
  found <- gregexpr(cell, before, perl = TRUE, useBytes = TRUE)
  cells <- regmatches(before, found)
  cells[lines == ""] <- list(character())
  record <- factor(rep(seq_along(cells), lengths(cells)), seq_along(cells))
  unname(split(unquote(as.character(unlist(cells))), record))
}

unquote <- function(cells) {
  Encoding(cells) <- "UTF-8"
  cells <- sub("^,[ ]*", "", cells)
  quoted <- startsWith(cells, '"')
  inside <- sub('^"((?:[^"]++|"")*+)"?', "\\1", cells[quoted], perl = TRUE)
  cells[quoted] <- gsub('""', '"', inside, fixed = TRUE)
  cells
}

# --- JSON --------------------------------------------------------------------

parse_json <- function(text) {
  if (grepl("NaN|Infinity", text)) { # outside of strings they are numbers
    # a string, or the rest of the text where it is never closed
    other <- '(?s)"(?:[^"\\\\]++|\\\\.?)*+(?:"|\\z)(*SKIP)(*FAIL)|'
    text <- gsub(paste0(other, "\\bNaN\\b"), "null", text, perl = TRUE)
    text <- gsub(paste0(other, "\\bInfinity\\b"), "1e999", text, perl = TRUE)
  }
  tryCatch(
    jsonlite::parse_json(text),
    error = function(e) {
      # the rest quotes the body, and may end within a letter
      reason <- sub("\n.*", "", conditionMessage(e), useBytes = TRUE)
      bad_input("the body is not JSON: ", reason)
    }
  )
}

# Returns a line's value, or the bad_input that says what is wrong with it.
parse_json_line <- function(line) {
  tryCatch(parse_json(line), bad_input = identity)
}

json_records <- function(text) {
  document <- parse_json(text)
  records <- if (is_object(document)) document[["instances"]] else document
  if (!is.list(records) || is_object(records) || !length(records)) {
    bad_input(
      'the JSON must be a list of rows or {"instances": [rows]}, ',
      "with at least one row"
    )
  }
  records
}

is_object <- function(value) is.list(value) && !is.null(names(value))

# Reads records: lists in the order of the columns, or objects by column name.
read_records <- function(records, ...) {
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
  list(rows = rows, errors = errors)
}

# Returns the cells of a CSV column as its kind, with what is wrong with each; a
# blank is a missing one, and so are NA and NaN where numbers belong.
parse_cells <- function(name, kind, cells,
                        allow_missing = algorithm$allow_missing) {
  cells <- trimmed(cells)
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
  shown <- vapply(values[odd], start_of_json, "")
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

# Returns the first characters of a value that jsonlite has parsed, as ASCII
# JSON. What is beyond them is not looked at.
start_of_json <- function(value, room = 40) {
  if (!is.list(value)) {
    if (is.character(value)) value <- substr(value, 1, room)
    text <- jsonlite::toJSON(
      value, auto_unbox = TRUE, null = "null", digits = NA
    )
    return(substr(iconv(text, "UTF-8", "ASCII", sub = "c99"), 1, room))
  }
  marks <- if (is_object(value)) c("{", "}") else c("[", "]")
  text <- marks[1]
  for (i in seq_along(value)) {
    if (i > 1) text <- paste0(text, ", ")
    if (is_object(value)) text <- paste0(text, '"', names(value)[i], '": ')
    if (nchar(text) >= room) break
    text <- paste0(text, start_of_json(value[[i]], room - nchar(text)))
  }
  substr(paste0(text, marks[2]), 1, room)
}
