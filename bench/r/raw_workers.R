# The least that serves the same model: mounted in place of workers.R, behind the same serve and nginx.conf. No plumber,
# no media types, no checks, no time limit.

algorithm <- new.env()
sys.source("algorithm.R", algorithm)
model <- algorithm$load_model("/opt/ml/model")

call <- function(req) {
  lines <- strsplit(rawToChar(req$rook.input$read()), "\n", fixed = TRUE)[[1]]
  numbers <- as.numeric(unlist(strsplit(lines, ",", fixed = TRUE)))
  rows <- as.data.frame(matrix(numbers, ncol = 4, byrow = TRUE))
  names(rows) <- names(algorithm$columns)
  predictions <- algorithm$predict_rows(model, rows)
  body <- paste0(paste(predictions, collapse = "\n"), "\n")
  list(status = 200L, headers = list("Content-Type" = "text/csv"), body = body)
}

work <- function(name) {
  httpuv::startPipeServer(file.path("/tmp/serve", paste0(name, ".sock")), 0L, list(call = call))
  writeLines(format(Sys.getpid()), file.path("/tmp/serve", paste0(name, ".pid")))
  httpuv::service(Inf)
}

names <- file("stdin", open = "r")
while (length(name <- readLines(names, 1))) parallel::mcparallel(work(name), detached = TRUE)
