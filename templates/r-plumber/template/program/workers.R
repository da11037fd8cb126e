# Loads the application and its model once, then forks a worker for each name
# that `serve` writes to standard input. The workers share the memory of what is
# loaded, and a new one is there in milliseconds.

run <- "/tmp/serve" # sockets and pid files, shared with `serve` and nginx

main <- function() {
  loaded <- new.env()
  application <- load_application(loaded)
  warm_up(application, loaded$formats)
  gc(full = TRUE)
  file.create(file.path(run, "loaded")) # from now on a worker starts at once
  names <- file("stdin", open = "r")
  while (length(name <- readLines(names, 1))) {
    parallel::mcparallel(work(application, name), detached = TRUE)
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
      message("serve: cannot load the model in /opt/ml/model: ", reason)
      quit(status = 1)
    }
  )
}

# Answers a few requests before the fork, so that no first request pays for lazy
# loading, and the workers share what R compiles after some calls.
warm_up <- function(application, formats) {
  if (!formats$all_numeric) {
    return(invisible())
  }
  body <- charToRaw(paste(rep("0", formats$width), collapse = ","))
  for (i in 1:5) {
    request <- list2env(list(
      REQUEST_METHOD = "POST", PATH_INFO = "/invocations",
      HTTP_CONTENT_TYPE = formats$csv,
      rook.input = list(read = function() body)
    ))
    answer <- suppressMessages(application$call(request))
  }
  if (answer$status != 200) {
    message("the warm-up with a row of zeros failed: ", answer$body)
  }
}

# Answers the requests at a socket, for ever.
work <- function(application, name) {
  path <- function(suffix) file.path(run, paste0(name, suffix))
  # since when a request is worked on, in ms: `serve` ends what takes too long
  busy <- file(path(".busy"), "wb")
  mark <- function(since) {
    seek(busy, 0, rw = "write")
    writeLines(sprintf("%013.0f", since), busy)
    flush(busy)
  }
  mark(0)
  call <- function(req) {
    mark(1000 * as.numeric(Sys.time()))
    on.exit(mark(0))
    application$call(req)
  }
  unlink(path(".sock"))
  # a mask of 0, because nginx runs as another user
  httpuv::startPipeServer(path(".sock"), 0L, list(call = call))
  writeLines(format(Sys.getpid()), path(".pid"))
  httpuv::service(Inf)
}

main()
