# The headers of a request: what Content-Type says about the body, and what Accept
# says about the answer. formats.R and train.R read text with these functions.

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
