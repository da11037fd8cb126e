"""Odd requests and odd training data: what is the same in every language.

A module takes the tests in by name, with `pytest_generate_tests`, which tries them with its tables. It has the fixtures
`echo` (the mount of the algorithm in algorithms/ that answers with the values that have arrived) and `row` (a good row
for it, of which the first value is the number 1).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from smscaffold.sagemaker_local import Endpoint, endpoint

from .conftest import Mounts

CSV, JSON, LINES = "text/csv", "application/json", "application/jsonlines"

# what a module calls the table, and what stands in a row of it
TABLES = {
    "VALUES": ("media", "body", "answer"),
    "REFUSED": ("media", "body", "reason"),
    "BATCHES": ("media", "body", "records"),
    "BATCHES_IN_JSON": ("body", "predictions", "lines"),
}

# training data, and what is made of it
TRAINING_DATA = {
    "number,text,target\n": "none",
    "": "none",
    "number,text,label\n1,a,yes": "file.csv: the header lacks target",
    "number,text,target\n1,a,yes,": "file.csv, row 1: 4 values, expected 3: number, text, target",
    "1,a,yes\n2,b": "file.csv, row 2: 2 values, expected 3: number, text, target",
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    for table, columns in TABLES.items():
        if set(columns) <= set(metafunc.fixturenames):
            metafunc.parametrize(columns, getattr(metafunc.module, table))


@pytest.fixture(scope="module", name="served")
def served_echo(image: str, echo: Mounts) -> Iterator[Endpoint]:
    with endpoint(image, None, mounts=echo) as served:
        yield served


@pytest.fixture(scope="module", name="batch")
def batch_of_echo(image: str, echo: Mounts) -> Iterator[Endpoint]:
    with endpoint(image, None, mounts=echo, environment={"SAGEMAKER_BATCH": "True"}) as served:
        yield served


def test_values_arrive_as_they_were_meant(served: Endpoint, media: str, body: str | bytes, answer: list[str]) -> None:
    response = served.invoke(body, media, Accept=JSON)
    assert (response.status, json.loads(response.body)) == (200, {"predictions": answer})


def test_what_cannot_be_read_is_refused_with_the_reason(
    served: Endpoint, media: str, body: str | bytes, reason: str
) -> None:
    response = served.invoke(body, media)
    assert response.status == 400
    assert json.loads(response.body)["error"].startswith(reason)


def test_a_type_that_accept_rules_out_is_not_the_answer(served: Endpoint, row: str) -> None:
    assert served.invoke(row, Accept="*/*, text/*;q=0").headers.get_content_type() == JSON


def test_the_log_does_not_quote_the_payload(served: Endpoint, row: str) -> None:
    """H50"""
    assert "secret" in served.invoke(row.replace("1", "secret")).text
    assert served.invoke('{"secret', JSON).status == 400
    assert "secret" not in served.logs()


def test_each_record_of_a_batch_has_its_answer(batch: Endpoint, media: str, body: str, records: str) -> None:
    """B5"""
    assert batch.invoke(body, media).text == records


def test_bad_records_of_a_batch_in_json_have_their_reason(
    batch: Endpoint, body: str, predictions: list[Any], lines: str
) -> None:
    """B5; `lines`: one good record, one bad one, and one that is not JSON."""
    assert json.loads(batch.invoke(body, JSON).body) == {"predictions": predictions}
    answers = batch.invoke(lines, LINES).text.split("\n")
    assert [next(iter(json.loads(answer))) for answer in answers] == ["prediction", "error", "error"]
