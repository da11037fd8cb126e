"""Odd requests and odd training data: read alike, refused with a reason, and in a batch job one answer a record."""

from __future__ import annotations

import json

import pytest

from smscaffold.sagemaker_local import run

from ..conftest import Mounts
from ..format_tests import (  # noqa: F401
    CSV,
    JSON,
    LINES,
    TRAINING_DATA,
    batch_of_echo,
    pytest_generate_tests,
    served_echo,
    test_a_type_that_accept_rules_out_is_not_the_answer,
    test_bad_records_of_a_batch_in_json_have_their_reason,
    test_each_record_of_a_batch_has_its_answer,
    test_the_log_does_not_quote_the_payload,
    test_values_arrive_as_they_were_meant,
    test_what_cannot_be_read_is_refused_with_the_reason,
)
from .conftest import algorithm

pytestmark = pytest.mark.docker

VALUES = [
    (JSON, '[[30, null, null]]', ["30.0|NA|NA"]),
    (JSON, '[[30, null, "a"], [30.5, "S", "b"]]', ["30.0|NA|a", "30.5|S|b"]),
    (JSON, '[[NaN, "NaN", "a"]]', ["NA|NaN|a"]),
    (JSON, '[[1, "\\u00e4 \\" \\n", "a"]]', ['1.0|ä " \n|a']),
    (CSV, "30,,\n,01,a\nNA,NA,b", ["30.0|NA|NA", "NA|01|a", "NA|NA|b"]),
    (CSV, '"30", "x ""b"", c",a\r\n', ['30.0|x "b", c|a']),
    (CSV, '1,x,"a', ["1.0|x|a"]),  # never closed
    (CSV, '1,"two\nlines",a\n2,,', ["1.0|two\nlines|a", "2.0|NA|NA"]),
    (CSV, "number,text,choice\n1,x,a", ["1.0|x|a"]),
    (CSV, "1," + "x" * 200_000 + ",a", [f"1.0|{'x' * 200_000}|a"]),
    (LINES, '{"text": "y\u2028b", "number": 1, "choice": "a"}\r\n', ["1.0|y\u2028b|a"]),
    ("text/csv; charset=latin-1", "1,\xe4,a".encode("latin-1"), ["1.0|ä|a"]),
    ("text/csv; charset=Windows_1251", "1,д,a".encode("cp1251"), ["1.0|д|a"]),
    ("text/csv; charset=utf-16", "1,x,a".encode("utf-16"), ["1.0|x|a"]),
    ("text/csv; charset=utf-16", "1,x,a".encode("utf-16-be"), ["1.0|x|a"]),
    ("text/csv; charset=UTF8", "\ufeff1,ä,a".encode(), ["1.0|ä|a"]),
    ("text/csv; charset=utf-16le", "1,ä,a".encode("utf-16le"), ["1.0|ä|a"]),
]  # fmt: skip
REFUSED = [
    (CSV, "1,x", "row 1: 2 values, expected 3: number, text, choice"),
    (CSV, "\n1,x,a", "row 1: 0 values, expected 3: number, text, choice"),
    (CSV, "1,x,c", "row 1: choice must be one of a, b, not 'c'"),
    (CSV, "1,x,a\n,\n3,x,", "row 2: 2 values, expected 3: number, text, choice"),
    (JSON, '[[true, "x", "a"]]', "row 1: number must be a number, not true"),
    (JSON, '[[{"a": [1, 2]}, "x", "a"]]', 'row 1: number must be a number, not {"a": [1, 2]}'),
    (JSON, '[["é", "x", "a"]]', 'row 1: number must be a number, not "\\u00e9"'),
    (JSON, f'[[{"9" * 5000}, "x", "a"]]', "row 1: number is not a finite number"),
    (JSON, '[[1e999, "x", "a"]]', "row 1: number is not a finite number"),
    (JSON, '[[-Infinity, "x", "a"]]', "row 1: number is not a finite number"),
    (JSON, "5", 'the JSON must be a list of rows or {"instances": [rows]}, with at least one row'),
    (JSON, '{"instances": []}', 'the JSON must be a list of rows or {"instances": [rows]}'),
    (JSON, "[1, 2, 3]", "row 1: must be a list or an object"),
    ("text/csv; charset=klingon", "1,x", "unknown charset 'klingon': it must be one of utf-8, utf-16, utf-16le, "),
    ("text/csv; charset=punycode", "1,x", "unknown charset 'punycode': it must be one of utf-8, "),
    ("text/csv; charset=", "1,x", "unknown charset '': it must be one of utf-8, "),
    (f"text/csv; charset={'a' * 4000}", "1,x", f"unknown charset '{'a' * 40}': it must be one of utf-8, "),
    (LINES, "[]\n{\n[]", "row 1: 0 values, expected "),  # what comes after the first bad record is not read
    ("text/csv; header=present", "number,text,choice,more\n1,x", "row 1: 2 values, expected 4 as in the header"),
    ("text/csv; header=present", "number,choice\n1,x", "the header has no column text"),
    ("text/csv; header=present", "number,text,choice", "there is a header but no row"),
    (JSON, "é" * 1000, "the body is not JSON: "),
    (CSV, b"1,\xff,a", "the body is not utf-8 text"),
    (CSV, b"1,x,a\n\x00", "the body is not utf-8 text"),
]
BATCHES = [
    (CSV, '1,x,a\n"2,y,a\n3,z,b', "1.0|x|a\nERROR\n3.0|z|b"),  # the quote is never closed
    (CSV, "number,text,choice\n1,x,a", "ERROR\n1.0|x|a"),  # a header is a line of the input as well
    (CSV, "number,text,choice", "ERROR"),
    (CSV, "\n1,x,a\n\n2,y,b\n", "ERROR\n1.0|x|a\nERROR\n2.0|y|b"),
    ("text/csv; header=present", "text,choice,number\nx,a,1\ny", "ERROR\n1.0|x|a\nERROR"),
]
BATCHES_IN_JSON = [
    (
        '[[1, "x", "a"], [2], [3, "y", "b"]]',
        ["1.0|x|a", {"error": "row 2: 1 values, expected 3: number, text, choice"}, "3.0|y|b"],
        '[1, "x", "a"]\n[2]\n{',
    )
]


@pytest.fixture(scope="module")
def echo() -> Mounts:
    return algorithm("echo")


@pytest.fixture
def row() -> str:
    return "1,x,a"


READ = """
source <- parse("/opt/program/train.R")
train <- new.env()
for (part in source[-length(source)]) eval(part, train)  # all but the start of the job
sys.source("formats.R", train$formats)
train$longest_text <- 1000
for (files in jsonlite::fromJSON(commandArgs(TRUE), simplifyMatrix = FALSE)) {
  train$read_files <- function(paths) setNames(lapply(files, charToRaw), rep("file.csv", length(files)))
  channel <- train$new_channel("/opt/ml/input/data/train", list())
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


def test_training_data_is_read_as_requests_are(image: str, echo: Mounts) -> None:
    cases = {data: "channel train holds no data" if found == "none" else found for data, found in TRAINING_DATA.items()}
    cases |= {
        "1, 01 ,yes\r\n,,no": "character: 1|01|yes ; NA|NA|no",
        "NA,NA,yes\n": "character: NA|NA|yes",
        "\ufefftarget , more,number,text\n7,9,1,2\ntarget , more,number,text\n8,9,3,4": "integer: 1|2|7 ; 3|4|8",
        "one,a,yes": "file.csv, row 1: number must be a number, not 'one'",
        '1,"a\r\n\nb",yes\r\n\r\n2,"x\n1",no\n': r"character: 1|a\r\n\nb|yes ; 2|x\n1|no",
        'number,text,target\n1,"x\nnumber,text,target\ny",yes': r"character: 1|x\nnumber,text,target\ny|yes",
        "1,a,yes\n" * 126: "file.csv has more than 1000 bytes, which R cannot hold in one text: split it, or have fit "
        "read channels$train$files() piece by piece",
    }
    assert read_training_data(image, echo, [(data,) for data in cases]) == list(cases.values())


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
