# Predictions to response bodies, in the content types of headers.R.
#
# Numbers are written with the fewest digits that read back as the same number;
# doubles always with a point or an exponent (11.0), integers without (11).

# Returns what predict_rows returned as one text a row, in CSV or in JSON.
write_rows <- function(predictions, as_csv) {
  write <- if (as_csv) csv_cells else json_values
  if (is.matrix(predictions)) {
    predictions <- as.data.frame(predictions)
  }
  if (is.data.frame(predictions)) {
    # a column can be a matrix, a list or a data frame itself
    columns <- unname(lapply(predictions, write_rows, as_csv))
    return(write_lists(columns, as_csv))
  }
  atomic <- is.atomic(predictions) && !is.null(predictions)
  if (atomic && length(dim(predictions)) < 2) { # factors, dates too
    return(not_blank(write(predictions)))
  }
  if (!is.list(predictions)) {
    stop(
      "predict_rows must return a vector, a matrix, a data frame or a list, ",
      "not ", class(predictions)[1],
      call. = FALSE
    )
  }
  vapply(predictions, if (as_csv) csv_row else json_value, "")
}

# Returns a value of any depth as JSON: a named list is an object.
json_value <- function(value) {
  if (is.null(value)) {
    return("null")
  }
  if (!is.list(value)) {
    texts <- json_values(value)
    return(if (length(texts) == 1) texts else array_of(texts))
  }
  texts <- vapply(value, json_value, "")
  if (is.null(names(value))) {
    return(array_of(texts))
  }
  pairs <- paste0(json_texts(names(value)), ":", texts)
  paste0("{", paste(pairs, collapse = ","), "}")
}

array_of <- function(texts) paste0("[", paste(texts, collapse = ","), "]")

# Returns the line of a prediction: the items of a list or vector are its cells;
# a list within it is one cell of JSON, and so is a named list.
csv_row <- function(value) {
  if (!is.list(value)) {
    return(csv_line(csv_cells(value)))
  }
  if (!is.null(names(value))) {
    return(csv_cells(json_value(value)))
  }
  csv_line(vapply(value, function(item) {
    single <- !is.list(item) && length(item) == 1
    if (single) csv_cells(item) else csv_cells(json_value(item))
  }, ""))
}

csv_line <- function(cells) not_blank(paste(cells, collapse = ","))

# Returns lines; a blank one would be skipped where it is read.
not_blank <- function(lines) ifelse(nzchar(lines), lines, '""')

# Joins columns of texts to one list a row.
write_lists <- function(columns, as_csv) {
  joined <- do.call(paste, c(columns, sep = ","))
  if (as_csv) not_blank(joined) else paste0("[", joined, "]")
}

# Returns the body for rows of texts, without a final newline. errors has for
# each record NA or a message, which takes its place in the answer (B5).
write_answer <- function(rows, errors, type) {
  bad <- !is.na(errors)
  if (type == "text/csv") {
    errors[bad] <- "ERROR"
    errors[!bad] <- rows
    return(paste(errors, collapse = "\n"))
  }
  errors[bad] <- paste0('{"error":', json_values(errors[bad]), "}")
  if (type == "application/json") {
    errors[!bad] <- rows
    return(paste0('{"predictions":[', paste(errors, collapse = ","), "]}"))
  }
  errors[!bad] <- paste0('{"prediction":', rows, "}")
  paste(errors, collapse = "\n")
}

# Returns a vector as CSV cells, blank for what is missing or not finite.
csv_cells <- function(values) {
  if (is.logical(values)) {
    text <- ifelse(values, "true", "false")
  } else if (is.numeric(values)) {
    text <- number_texts(values)
    text[!is.finite(values)] <- NA
  } else {
    text <- enc2utf8(as.character(values))
    special <- grep("[,\"\r\n]|^[ \t]|[ \t]$", text)
    doubled <- gsub('"', '""', text[special], fixed = TRUE)
    text[special] <- paste0('"', doubled, '"')
  }
  text[is.na(text)] <- ""
  text
}

# Returns a vector as JSON values; JSON has no NaN or infinity: they are null.
json_values <- function(values) {
  if (is.logical(values)) {
    text <- ifelse(values, "true", "false")
  } else if (is.numeric(values)) {
    text <- number_texts(values)
    text[!is.finite(values)] <- NA
  } else {
    text <- json_texts(as.character(values))
  }
  text[is.na(text)] <- "null"
  text
}

json_texts <- function(text) {
  text <- enc2utf8(text)
  special <- grep("[\"\\\\\x01-\x1f]", text, perl = TRUE)
  for (from in names(escapes)) {
    text[special] <- gsub(from, escapes[[from]], text[special], fixed = TRUE)
  }
  ifelse(is.na(text), NA, paste0('"', text, '"'))
}

# the backslash first, because the others put some in
control <- c(1:7, 11, 14:31)
escapes <- c(
  "\\" = "\\\\", '"' = '\\"', "\n" = "\\n", "\r" = "\\r", "\t" = "\\t",
  "\b" = "\\b", "\f" = "\\f",
  setNames(sprintf("\\u%04x", control), intToUtf8(control, multiple = TRUE))
)

number_texts <- function(values) {
  if (is.integer(values)) {
    return(sprintf("%d", values))
  }
  values <- as.numeric(values)
  text <- sprintf("%.15g", values)
  finite <- is.finite(values)
  for (digits in 16:17) {
    rounded <- which(finite & as.numeric(text) != values)
    text[rounded] <- sprintf("%.*g", digits, values[rounded])
  }
  plain <- grep("e\\+15$", text) # with an exponent from 1e16 on
  text[plain] <- sprintf("%.0f", values[plain])
  whole <- finite & !grepl("[.e]", text)
  text[whole] <- paste0(text[whole], ".0")
  text
}
