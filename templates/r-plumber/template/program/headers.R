# What the headers of a request ask for: media types, Accept, Content-Encoding,
# character sets, and how a refusal is said.

csv <- "text/csv"
json <- "application/json"
json_lines <- "application/jsonlines"
types <- c(csv, json, json_lines)
# the largest body in MiB, decoded; 0 is no limit
body_mib <- as.numeric(Sys.getenv("MODEL_SERVER_BODY_MIB", "25"))

# Ends the reading of a request with one sentence for the client (H20).
refuse <- function(status, ..., headers = list(), class = NULL) {
  condition <- list(
    message = paste0(...), call = NULL, status = status, headers = headers
  )
  class <- c(class, "refused", "error", "condition")
  stop(structure(condition, class = class))
}

bad_input <- function(...) refuse(400, ..., class = "bad_input")

# Returns texts without the blanks around them, like trimws(), which takes ever
# longer for long runs of blanks within them.
trimmed <- function(text) {
  around <- "^[ \t\r\n]+|(?<![ \t\r\n])[ \t\r\n]+\\z"
  gsub(around, "", text, perl = TRUE)
}

quoted <- function(text) {
  mark <- ifelse(grepl("'", text) & !grepl('"', text), '"', "'")
  paste0(mark, encodeString(text), mark)
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

# Splits "Text/CSV; header=present" into
# list(name = "text/csv", parameters = c(header = "present")).
split_parameters <- function(text) {
  parts <- strsplit(tolower(text), ";", fixed = TRUE)[[1]]
  pairs <- trimmed(parts[-1])
  pairs <- pairs[nzchar(pairs)]
  values <- sub("^[^=]*=?", "", pairs)
  list(
    name = if (length(parts)) trimmed(parts[1]) else "",
    parameters = setNames(
      gsub('^"+|"+$', "", trimmed(values)),
      trimmed(sub("=.*", "", pairs))
    )
  )
}

# Returns the name and the parameters of a Content-Type.
parse_media_type <- remembering(function(header) {
  found <- split_parameters(header)
  if (anyDuplicated(names(found$parameters))) {
    bad_input("Content-Type names a parameter twice")
  }
  found
})

parameter <- function(parameters, name, default) {
  if (name %in% names(parameters)) parameters[[name]] else default
}

# Returns the type of the answer for an Accept header, or NULL; with no
# preference that is own (H14).
#
# For each type the most specific range decides (RFC 9110, 12.5.1). Of equal
# ones the first in the header wins.
choose_type <- remembering(function(accept, own) {
  parts <- strsplit(accept, ",", fixed = TRUE)[[1]]
  parts <- parts[nzchar(trimmed(parts))]
  if (!length(parts)) {
    return(own)
  }
  ranges <- lapply(parts, split_parameters)
  names <- vapply(ranges, `[[`, "", "name")
  quality <- vapply(ranges, function(range) {
    q <- parameter(range$parameters, "q", "1")
    if (grepl("^(0([.][0-9]*)?|[.][0-9]+|1([.]0*)?)$", q)) as.numeric(q) else 1
  }, 1)
  candidates <- unique(c(own, types))
  range <- vapply(candidates, function(known) {
    match(c(known, sub("/.*", "/*", known), "*/*"), names) |>
      Filter(f = Negate(is.na)) |>
      c(NA) |>
      head(1)
  }, 1L)
  qualities <- ifelse(is.na(range), 0, quality[range])
  best <- order(-qualities, range)[1] # a stable sort
  if (qualities[best] > 0) candidates[best]
})

# --- bodies ------------------------------------------------------------------

# Returns the body without its Content-Encoding; beyond the body limit it is
# refused with 413 (H19, B6).
uncompress <- function(body, encoding) {
  encoding <- tolower(trimmed(encoding))
  if (encoding %in% c("", "identity")) {
    return(body)
  }
  if (!encoding %in% c("gzip", "x-gzip")) {
    refuse(
      415, "Content-Encoding ", quoted(substr(encoding, 1, 40)), " is not gzip",
      headers = list("Accept-Encoding" = "gzip")
    )
  }
  most <- if (body_mib > 0) body_mib * 2^20 else Inf
  content <- tryCatch(
    gunzip(body, most),
    warning = function(w) raw(), error = function(e) raw()
  )
  if (length(content) > most) {
    refuse(413, "the body is larger than ", body_mib, " MiB")
  }
  # gzip ends with the length of the content, modulo 2^32
  end <- sum(as.numeric(tail(body, 4)) * 256^(0:3))
  if (!length(content) || end != length(content) %% 2^32) {
    bad_input("the body is not gzip, is cut off, or something follows it")
  }
  content
}

# Reads in pieces until the end, or until there is more than the most.
gunzip <- function(body, most) {
  stream <- gzcon(rawConnection(body), allowNonCompressed = FALSE)
  on.exit(close(stream))
  pieces <- list()
  size <- 0
  while (size <= most && length(piece <- readBin(stream, raw(), 2^20))) {
    pieces[[length(pieces) + 1]] <- piece
    size <- size + length(piece)
  }
  do.call(c, pieces)
}

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

# Returns the name of a character set as iconv() knows it.
known_charset <- function(charset) {
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
  name
}

# Stands for a NUL and for half a surrogate pair, of which R can make no text: a
# code point that is no letter.
no_text <- "\ufdd0"

# Returns raw bytes as UTF-8 text, in which a NUL has become no_text. Bytes that
# are no text are refused.
decode <- function(body, charset = "utf-8") {
  name <- known_charset(charset)
  from <- name
  if (name == "utf-16" && !setequal(head(body, 2), as.raw(c(0xFE, 0xFF)))) {
    from <- "utf-16be" # RFC 2781
  }
  if (name == "utf-8") {
    body <- without_nul(body)
  }
  text <- tryCatch(
    iconv(list(body), from, "UTF-8"),
    error = function(e) NA # a NUL
  )
  if (is.na(text)) {
    bad_input("the body is not ", name, " text")
  }
  without_mark(text)
}

nuls <- function(body) grepRaw(as.raw(0), body, fixed = TRUE, all = TRUE)

without_nul <- function(body) {
  nul <- nuls(body)
  if (!length(nul)) {
    return(body)
  }
  instead <- charToRaw(no_text)
  times <- rep(1, length(body))
  times[nul] <- length(instead)
  body <- rep(body, times)
  for (i in seq_along(instead)) {
    body[cumsum(times)[nul] - length(instead) + i] <- instead[i]
  }
  body
}

# Returns the lines of raw bytes, NA for one that is no text. UTF-16 is refused
# as a whole.
decode_lines <- function(body, charset = "utf-8") {
  name <- known_charset(charset)
  if (startsWith(name, "utf-16") || name != "utf-8" && length(nuls(body))) {
    return(strsplit(decode(body, charset), "\n", fixed = TRUE)[[1]])
  }
  text <- rawToChar(c(without_nul(body), charToRaw("\n")))
  lines <- strsplit(text, "\n", fixed = TRUE, useBytes = TRUE)[[1]]
  lines <- iconv(lines, name, "UTF-8")
  lines[1] <- without_mark(lines[1])
  lines
}

without_mark <- function(text) {
  if (!is.na(text) && startsWith(text, "\ufeff")) substring(text, 2) else text
}
