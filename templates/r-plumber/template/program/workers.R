# Loads the application and its model once, then forks a worker for each name
# that `serve` writes to standard input. The workers share the memory of what is
# loaded, and a new one is there in milliseconds.

run <- "/tmp/serve" # sockets and pid files, shared with `serve` and nginx

main <- function() {
  loaded <- new.env()
  application <- load_application(loaded)
  prepare(application, loaded)
  write_columns(loaded)
  gc(full = TRUE)
  file.create(file.path(run, "loaded")) # from now on a worker starts at once
  names <- file("stdin", open = "r")
  while (length(name <- readLines(names, 1))) {
    parallel::mcparallel(work(application, loaded, name), detached = TRUE)
  }
}

# Ends the process where the model cannot be loaded (H12).
load_application <- function(into) {
  warned <- NULL
  tryCatch(
    withCallingHandlers(
      plumber::pr("plumber.R", envir = into),
      warning = function(w) warned <<- paste0(" (", conditionMessage(w), ")")
    ),
    error = function(e) {
      reason <- paste0(conditionMessage(e), warned)
      place <- file.path(Sys.getenv("OPT_ML", "/opt/ml"), "model")
      message("serve: cannot load the model in ", place, ": ", reason)
      quit(status = 1)
    }
  )
}

# Answers a few requests before the fork, so that the workers share what R
# compiles after some calls. The model is left out: it may start threads, such
# as OpenMP's, and a fork that has lost them hangs.
prepare <- function(application, loaded) {
  predict_rows <- loaded$algorithm$predict_rows
  loaded$algorithm$predict_rows <- function(model, rows) numeric(nrow(rows))
  try_zeros(application, loaded$formats, times = 5)
  loaded$algorithm$predict_rows <- predict_rows
}

# Describes the columns to the page that tries the model.
write_columns <- function(loaded) {
  columns <- loaded$formats$columns
  types <- ifelse(vapply(columns, is.numeric, NA), "number", "text")
  names <- loaded$answers$json_values(names(columns))
  objects <- paste0('{"name":', names, ',"type":"', types, '"}')
  text <- loaded$answers$array_of(objects)
  writeLines(enc2utf8(text), file.path(run, "columns.json"), useBytes = TRUE)
}

# Lets the model predict in the worker, so that no first request pays for lazy
# loading.
warm_up <- function(application, loaded, name) {
  answer <- try_zeros(application, loaded$formats, times = 1)
  if (!is.null(answer) && answer$status != 200) {
    message(name, ": the warm-up with a row of zeros failed: ", answer$body)
  }
}

# Returns the last answer to requests with a row of zeros, or NULL where the
# columns are not all numbers.
try_zeros <- function(application, formats, times) {
  answer <- NULL
  body <- charToRaw(paste(rep("0", formats$width), collapse = ","))
  for (i in seq_len(times * formats$all_numeric)) {
    request <- list2env(list(
      REQUEST_METHOD = "POST", PATH_INFO = "/invocations",
      HTTP_CONTENT_TYPE = "text/csv",
      rook.input = list(read = function() body)
    ))
    answer <- suppressMessages(application$call(request))
  }
  answer
}

# Answers the requests at a socket, for ever.
work <- function(application, loaded, name) {
  path <- function(suffix) file.path(run, paste0(name, suffix))
  # since when a request is worked on, in ms: `serve` ends what takes too long.
  # It is empty until there is a socket.
  busy <- file(path(".busy"), "wb")
  mark <- function(since) {
    seek(busy, 0, rw = "write")
    writeLines(sprintf("%013.0f", since), busy)
    flush(busy)
  }
  call <- function(req) {
    mark(1000 * as.numeric(Sys.time()))
    on.exit(mark(0))
    application$call(req)
  }
  unlink(path(".sock"))
  writeLines(format(Sys.getpid()), path(".pid"))
  warm_up(application, loaded, name)
  # a mask of 0, because nginx runs as another user
  httpuv::startPipeServer(path(".sock"), 0L, list(call = call))
  mark(0)
  httpuv::service(Inf)
}

main()
