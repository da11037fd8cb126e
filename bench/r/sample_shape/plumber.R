# A scoring service as container samples show it: read.csv reads the body. The model is loaded once, unlike there.

library(rpart)

model <- readRDS("/opt/ml/model/model.rds")
columns <- c("sepal_length", "sepal_width", "petal_length", "petal_width")

#* @get /ping
function() {
  ""
}

#* @post /invocations
#* @serializer text
function(req) {
  data <- read.csv(text = rawToChar(req$bodyRaw), header = FALSE, col.names = columns)
  paste0(predict(model, data, type = "class"), "\n", collapse = "")
}
