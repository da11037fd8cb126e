"""What the vectors (test_vectors.py) do not try: columns of choices, long files, and targets over several files."""

from __future__ import annotations

import json

import pytest

from smscaffold.sagemaker_local import endpoint, run

from ..conftest import Mounts
from .conftest import algorithm

pytestmark = pytest.mark.docker


@pytest.fixture(scope="module")
def echo() -> Mounts:
    return algorithm("echo")


def test_a_column_of_choices_takes_these_only(image: str, echo: Mounts) -> None:
    with endpoint(image, None, mounts=echo) as served:
        rows = '[[30, null, null], [30.5, "S", "b"]]'
        answer = served.invoke(rows, "application/json")
        assert json.loads(answer.text) == {"predictions": ["30.0|NA|NA", "30.5|S|b"]}
        refused = served.invoke("1,x,a\n1,x,c")
        assert json.loads(refused.text) == {"error": "row 2: choice must be one of a, b, not 'c'"}


READ = """
source <- parse("/opt/program/train.R")
train <- new.env()
for (part in source[-length(source)]) eval(part, train)  # all but the start of the job
sys.source("formats.R", train$formats)
channels <- train$channels
channels$longest_text <- 1000
for (files in jsonlite::fromJSON(commandArgs(TRUE), simplifyMatrix = FALSE)) {
  channels$read_files <- function(paths) setNames(lapply(files, charToRaw), rep("file.csv", length(files)))
  channel <- channels$new_channel("/opt/ml/input/data/train", list())
  frame <- tryCatch(channel$frame(c("number", "text", "target")), job_error = conditionMessage)
  if (is.data.frame(frame)) {
    frame <- paste(class(frame$target), paste(do.call(paste, c(frame, sep = "|")), collapse = " ; "), sep = ": ")
  }
  cat(encodeString(frame), "\\n", sep = "")
}
"""


def read_training_data(image: str, echo: Mounts, cases: list[tuple[str, ...]]) -> list[str]:
    """What is made of each list of files: the type of the target and the rows, or why they are refused."""
    return run(image, "Rscript", "--vanilla", "-e", READ, json.dumps(cases), mounts=echo).logs.splitlines()


def test_a_file_that_is_too_long_for_r_is_told(image: str, echo: Mounts) -> None:
    said = (
        "file.csv has more than 1000 bytes, which R cannot hold in one text: split it, or have fit "
        "read channels$train$files() piece by piece"
    )
    assert read_training_data(image, echo, [("1,a,yes\n" * 126,)]) == [said]


def test_a_target_is_numbers_or_text_over_all_files(image: str, echo: Mounts) -> None:
    cases = {
        ("1,a,T", "1,a,F"): "character: 1|a|T ; 1|a|F",
        ("1,a,true\n1,a,false",): "character: 1|a|true ; 1|a|false",
        ("1,a,0x1F\n1,a,1",): "character: 1|a|0x1F ; 1|a|1",
        ("1,a,1i",): "character: 1|a|1i",
        ("1,a,NA\n1,a,EU\n1,a,",): "character: 1|a|NA ; 1|a|EU ; 1|a|NA",
        ("1,a,01", "1,a,b"): "character: 1|a|01 ; 1|a|b",
        ("1,a,1", "1,a,NA\n1,a,2.5\n1,a,"): "numeric: 1|a|1 ; 1|a|NA ; 1|a|2.5 ; 1|a|NA",
    }
    assert read_training_data(image, echo, list(cases)) == list(cases.values())
