# JSON text to values, as jsonlite makes them, and what JSON may not be.

headers <- new.env()
sys.source("headers.R", headers)
bad_input <- headers$bad_input
longest_message <- 1000 # characters

parse_json <- function(text) {
  if (is.na(text)) {
    bad_input("has bytes that are no letters of the character set")
  }
  # a string, or the rest of the text where it is never closed
  string <- '(?s)"(?:[^"\\\\]++|\\\\.?)*+(?:"|\\z)'
  other <- paste0(string, "(*SKIP)(*FAIL)|")
  # jsonlite takes comments, and more white space than JSON has
  if (grepl("[\f\v]", text) || grepl("/", text, fixed = TRUE) &&
        grepl(paste0(other, "/"), text, perl = TRUE)) {
    bad_input("the body is not JSON: comments and form feeds are none")
  }
  if (grepl("NaN|Infinity", text)) { # outside of strings they are numbers
    text <- gsub(paste0(other, "\\bNaN\\b"), "null", text, perl = TRUE)
    text <- gsub(paste0(other, "\\bInfinity\\b"), "1e999", text, perl = TRUE)
  }
  if (grepl("\\\\u(0000|[dD][89a-fA-F])", text)) {
    text <- gsub(no_letter, "\\\\ufdd0", text, perl = TRUE)
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

# The escape of a NUL, or of half a surrogate pair, which headers$no_text stands
# for; other escapes are skipped.
no_letter <- paste0(
  "(?i)\\\\(?:[^u](*SKIP)(*FAIL)|",
  "u(?:d[89ab]..\\\\ud[c-f]..(*SKIP)(*FAIL)|0000|d[89a-f]..))"
)

# Returns a line's value, or the bad_input that says what is wrong with it.
parse_line <- function(line) {
  tryCatch(parse_json(line), bad_input = identity)
}

records <- function(text) {
  document <- parse_json(text)
  records <- document
  if (is_object(document)) {
    document <- last_of_each(document)
    records <- document[["instances"]]
    refuse_parameters(document[["parameters"]])
  }
  if (!is.list(records) || is_object(records) || !length(records)) {
    bad_input(
      'the JSON must be a list of rows or {"instances": [rows]}, ',
      "with at least one row"
    )
  }
  records
}

refuse_parameters <- function(given) {
  if (is.null(given) || is_object(given) && !length(given)) {
    return(invisible())
  }
  names <- if (is_object(given)) names(given) else "parameters"
  message <- paste("this model takes no parameters:", toString(names))
  bad_input(substr(message, 1, longest_message))
}

# Of a name that stands twice the last one counts.
last_of_each <- function(object) {
  if (!anyDuplicated(names(object))) {
    return(object)
  }
  object[!duplicated(names(object), fromLast = TRUE)]
}

is_object <- function(value) is.list(value) && !is.null(names(value))

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
