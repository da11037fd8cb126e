# Splits CSV text into records and cells (RFC 4180). Blanks around a cell count
# only inside quotes; a quote opens a quoted cell only where the cell starts.

# in a batch job each line is a record, whatever is in it (B5)
batch <- tolower(Sys.getenv("SAGEMAKER_BATCH")) == "true"

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

# Returns each record of CSV text: a line, or more of them where a quoted cell
# goes on in the next one. In a batch job each line is a record.
records <- function(text) {
  if (batch || !grepl('"', text, fixed = TRUE)) {
    return(split_lines(text))
  }
  # A choice once made is not tried otherwise (++, *+): long cells would take
  # hundreds of bytes for each of their characters. In bytes: to count
  # characters up to each cell would take ever longer.
  cell <- '[ \t]*+"(?:[^"]++|"")*+"[ \t]*+(?:,|\r?\n)|[^,\n]*+[,\n]'
  text <- paste0(text, "\n")
  found <- gregexpr(cell, text, perl = TRUE, useBytes = TRUE)[[1]]
  ends <- found + attr(found, "match.length") - 1
  bytes <- charToRaw(text)
  ends <- ends[bytes[ends] == charToRaw("\n")]
  starts <- c(1, head(ends, -1) + 1)
  lengths <- ends - starts # without the line feed
  records <- vapply(seq_along(ends), function(i) {
    rawToChar(bytes[seq.int(starts[i], length.out = lengths[i])])
  }, "")
  Encoding(records) <- "UTF-8"
  records
}

# Returns list(cells, errors): the cells of each record, and NA or what is wrong
# with it. A record that is NA has bytes that are no text.
split_records <- function(lines) {
  errors <- rep(NA_character_, length(lines))
  errors[is.na(lines)] <- "has bytes that are no letters of the character set"
  lines[is.na(lines)] <- ""
  lines <- sub("\r$", "", lines)
  cells <- vector("list", length(lines))
  has_quotes <- grepl('"', lines, fixed = TRUE)
  cells[!has_quotes] <- split_plain(lines[!has_quotes])
  has_cr <- !has_quotes & grepl("\r", lines, fixed = TRUE)
  errors[has_cr] <- "has a CR without LF"
  if (any(has_quotes)) {
    split <- split_quoted(lines[has_quotes])
    cells[has_quotes] <- split$cells
    errors[has_quotes] <- split$errors
  }
  list(cells = cells, errors = errors)
}

split_plain <- function(lines) {
  cells <- strsplit(paste0(lines, ","), ",", fixed = TRUE)
  cells[lines == ""] <- list(character())
  if (any(grepl("[ \t]", lines))) lapply(cells, without_blanks) else cells
}

# Returns texts without the blanks around them; see trimmed().
without_blanks <- function(text) {
  gsub("^[ \t]+|(?<![ \t])[ \t]+\\z", "", text, perl = TRUE)
}

split_quoted <- function(lines) {
  cell <- ',[ \t]*+(?:"(?:[^"]++|"")*+"[ \t]*+(?=,|\\z)|[^,]*+)'
  before <- paste0(",", lines)
  found <- gregexpr(cell, before, perl = TRUE, useBytes = TRUE)
  texts <- regmatches(before, found)
  record <- rep(seq_along(texts), lengths(texts))
  texts <- unlist(texts)
  Encoding(texts) <- "UTF-8"
  texts <- without_blanks(substring(texts, 2))
  quoted <- startsWith(texts, '"')
  whole <- grepl('^"(?:[^"]++|"")*+"$', texts, perl = TRUE)
  wrong <- rep(NA_character_, length(texts))
  wrong[!quoted & grepl("\r", texts, fixed = TRUE)] <- "has a CR without LF"
  wrong[quoted & !whole] <- "has text after a closing quote"
  open <- grepl('^"(?:[^"]++|"")*+$', texts, perl = TRUE)
  wrong[open & !whole] <- "has a quote that is never closed"
  inside <- substring(texts[whole], 2, nchar(texts[whole]) - 1)
  texts[whole] <- gsub('""', '"', inside, fixed = TRUE)
  bad <- which(!is.na(wrong))
  errors <- wrong[bad][match(seq_along(lines), record[bad])]
  cells <- unname(split(texts, factor(record, seq_along(lines))))
  list(cells = cells, errors = errors)
}
