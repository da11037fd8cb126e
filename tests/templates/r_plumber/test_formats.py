"""Odd requests and odd training data: read alike, refused with a reason, and in a batch job one answer a record."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from smscaffold.sagemaker_local import Endpoint, endpoint, run

from .conftest import ALGORITHMS

pytestmark = pytest.mark.docker
ECHO = {"/opt/program/algorithm.R": ALGORITHMS / "echo.R"}
CSV, JSON, LINES = "text/csv", "application/json", "application/jsonlines"


@pytest.fixture(scope="module")
def served(image: str) -> Iterator[Endpoint]:
    with endpoint(image, None, mounts=ECHO) as served:
        yield served


@pytest.fixture(scope="module")
def batch(image: str) -> Iterator[Endpoint]:
    with endpoint(image, None, mounts=ECHO, environment={"SAGEMAKER_BATCH": "True"}) as served:
        yield served


@pytest.mark.parametrize(
    ("media", "body", "answer"),
    [
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
        ("text/csv; charset=UTF8", "\ufeff1,ä,a".encode(), ["1.0|ä|a"]),
        ("text/csv; charset=utf-16le", "1,ä,a".encode("utf-16le"), ["1.0|ä|a"]),
    ],
)  # fmt: skip
def test_values_arrive_as_they_were_meant(served: Endpoint, media: str, body: str, answer: list[str]) -> None:
    response = served.invoke(body.encode() if isinstance(body, str) else body, media, Accept=JSON)
    assert (response.status, json.loads(response.body)) == (200, {"predictions": answer})


@pytest.mark.parametrize(
    ("media", "body", "reason"),
    [
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
        ("text/csv; charset=klingon", "1,x", "unknown charset 'klingon'"),
        ("text/csv; header=present", "number,text,choice,more\n1,x", "row 1: 2 values, expected 4 as in the header"),
        ("text/csv; header=present", "number,choice\n1,x", "the header has no column text"),
        ("text/csv; header=present", "number,text,choice", "there is a header but no row"),
        (CSV, b"1,\xff,a", "the body is not utf-8 text"),
        (CSV, b"1,x,a\n\x00", "the body is not utf-8 text"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_reason(
    served: Endpoint, media: str, body: str | bytes, reason: str
) -> None:
    response = served.invoke(body, media)
    assert response.status == 400
    assert json.loads(response.body)["error"].startswith(reason)


def test_a_type_that_accept_rules_out_is_not_the_answer(served: Endpoint) -> None:
    assert served.invoke("1,x,a", Accept="*/*, text/*;q=0").headers.get_content_type() == JSON


def test_the_log_does_not_quote_the_payload(served: Endpoint) -> None:
    """H50"""
    assert "secret" in served.invoke("secret,x,a").text
    assert served.invoke('{"secret', JSON).status == 400
    assert "secret" not in served.logs()


@pytest.mark.parametrize(
    ("media", "body", "answer"),
    [
        (CSV, '1,x,a\n"2,y,a\n3,z,b', "1.0|x|a\nERROR\n3.0|z|b"),  # the quote is never closed
        (CSV, "number,text,choice\n1,x,a", "ERROR\n1.0|x|a"),  # a header is a line of the input as well
        (CSV, "number,text,choice", "ERROR"),
        (CSV, "\n1,x,a\n\n2,y,b\n", "ERROR\n1.0|x|a\nERROR\n2.0|y|b"),
        ("text/csv; header=present", "text,choice,number\nx,a,1\ny", "ERROR\n1.0|x|a\nERROR"),
    ],
)
def test_each_record_of_a_batch_has_its_answer(batch: Endpoint, media: str, body: str, answer: str) -> None:
    """B5"""
    assert batch.invoke(body, media).text == answer


def test_bad_records_of_a_batch_in_json_have_their_reason(batch: Endpoint) -> None:
    error = {"error": "row 2: 1 values, expected 3: number, text, choice"}
    answer = json.loads(batch.invoke('[[1, "x", "a"], [2], [3, "y", "b"]]', JSON).body)
    assert answer == {"predictions": ["1.0|x|a", error, "3.0|y|b"]}
    lines = batch.invoke('[1, "x", "a"]\n[2]\n{', LINES).text.split("\n")
    assert [next(iter(json.loads(line))) for line in lines] == ["prediction", "error", "error"]


READ = """
source <- parse("/opt/program/train.R")
train <- new.env()
for (part in source[-length(source)]) eval(part, train)  # all but the start of the job
sys.source("formats.R", train$formats)
for (data in jsonlite::fromJSON(commandArgs(TRUE))) {
  frame <- tryCatch(
    train$read_csv(charToRaw(data), "file.csv", c("number", "text", "target")),
    job_error = conditionMessage
  )
  if (is.data.frame(frame)) frame <- paste(do.call(paste, c(frame, sep = "|")), collapse = " ; ")
  cat(if (is.null(frame)) "none" else frame, "\n", sep = "")
}
"""


def test_training_data_is_read_as_requests_are(image: str) -> None:
    cases = {
        "1, 01 ,yes\r\n,,no": "1|01|yes ; NA|NA|no",
        "NA,NA,yes\n": "NA|NA|yes",
        "\ufefftarget , more,number,text\n7,9,1,2\ntarget , more,number,text\n8,9,3,4": "1|2|7 ; 3|4|8",
        "number,text,target\n": "none",
        "": "none",
        "number,text,label\n1,a,yes": "file.csv: the header lacks target",
        "number,text,target\n1,a,yes,": "file.csv, row 1: 4 values, expected 3: number, text, target",
        "1,a,yes\n2,b": "file.csv, row 2: 2 values, expected 3: number, text, target",
        "one,a,yes": "file.csv, row 1: number must be a number, not 'one'",
    }
    done = run(image, "Rscript", "--vanilla", "-e", READ, json.dumps(list(cases)), mounts=ECHO)
    assert done.logs.splitlines() == list(cases.values())
