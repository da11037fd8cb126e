# Predictions to response bodies, in the content types of formats.R.
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
    return(write(predictions))
  }
  if (!is.list(predictions)) {
    stop(
      "predict_rows must return a vector, a matrix, a data frame or a list, ",
      "not ", class(predictions)[1],
      call. = FALSE
    )
  }
  vapply(predictions, function(row) {
    if (is.atomic(row) && length(row) == 1) {
      return(write(row))
    }
    write_lists(lapply(row, write), as_csv)
  }, "")
}

# Joins columns of texts to one list a row.
write_lists <- function(columns, as_csv) {
  joined <- do.call(paste, c(columns, sep = ","))
  if (as_csv) joined else paste0("[", joined, "]")
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

# Returns a vector as CSV cells; a missing text is an empty one.
csv_cells <- function(values) {
  if (is.logical(values)) {
    text <- ifelse(values, "True", "False")
  } else if (is.numeric(values)) {
    text <- number_texts(values)
    return(ifelse(is.na(values), "nan", text))
  } else {
    text <- enc2utf8(as.character(values))
    special <- grep("[,\"\r\n]", text)
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
  text[is.infinite(values)] <- tolower(text[is.infinite(values)])
  text
}
