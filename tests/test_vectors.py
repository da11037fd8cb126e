"""The runner of vectors: what counts as the same answer, and that a wrong one is told."""

from __future__ import annotations

import gzip
import http.client
from typing import Any

import pytest

from smscaffold import vectors
from smscaffold.sagemaker_local import Response


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (1, 1.0), (1e22, 10**22), ("a", "a"), (None, None), (True, True), ([1, "a"], [1.0, "a"]),
        ({"a": [None]}, {"a": [None]}), ({"error": ["row 2", "x"]}, {"error": "row 2: x must be a number"}),
        ({"error": "x"}, {"error": "x"}),
    ],
)  # fmt: skip
def test_values_that_are_the_same(wanted: Any, found: Any) -> None:
    assert vectors.same(wanted, found)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (1, 2), (1, "1"), (1, True), (True, 1), (None, ""), (None, 0), ("a", "b"), ([1], [1, 2]), ([1], {"a": 1}),
        ({"a": 1}, {"a": 1, "b": 2}), ({"error": ["x"]}, {"error": "y"}), ({"error": []}, {"error": ""}),
        ({"error": []}, {"error": None}), ({"error": []}, {"predictions": []}), ({"error": []}, {"error": "x", "b": 1}),
    ],
)  # fmt: skip
def test_values_that_differ(wanted: Any, found: Any) -> None:
    assert not vectors.same(wanted, found)


@pytest.mark.parametrize(
    ("media", "answer", "body", "fits"),
    [
        ("text/csv", [[1, "a"], [None]], '1.0,a\n""\n', True),
        ("text/csv", [[1, "a"], [None]], "1.0,a\n\n", False),  # a reader would skip the blank line
        ("text/csv", [[True, False, None]], "true,false,\n", True),
        ("text/csv", [[True]], "True\n", False),
        ("text/csv", [[{"json": {"a": [1]}}]], '"{""a"": [1.0]}"\n', True),
        ("text/csv", [[1], [2]], "1\n", False),
        ("text/csv", [["a, b"]], "a, b\n", False),
        ("application/jsonlines", [{"prediction": 1}, {"error": ["2"]}], '{"prediction":1}\n{"error":"row 2"}', True),
        ("application/jsonlines", [{"prediction": 1}], '{"prediction":1}\n{"prediction":2}\n', False),
        ("application/json", [1, "a"], '{"predictions":[1,"a"]}\n', True),
        ("application/json", [1, "a"], '[1,"a"]\n', False),
    ],
)  # fmt: skip
def test_answers_in_each_type(media: str, answer: list[Any], body: str, fits: bool) -> None:
    case = vectors.Case("file", {"media": media, "answer": answer})
    assert vectors._fits(case, Response(200, http.client.HTTPMessage(), body.encode(), 0)) is fits


def test_a_body_can_be_text_pieces_bytes_or_compressed() -> None:
    assert vectors.Case("file", {"body": "é"}).data == "é".encode()
    assert vectors.Case("file", {"body": ["a", ["b", 3]]}).data == b"abbb"
    assert vectors.Case("file", {"base64": "/w=="}).data == b"\xff"
    assert gzip.decompress(vectors.Case("file", {"body": "a", "gzip": True}).data) == b"a"


def test_a_number_that_nobody_declared_may_arrive_as_text() -> None:
    """In Java and Scala the call declares each column."""
    case = vectors.Case("file", {"columns": {"x": "number"}, "answer": [[1, 2]]})
    assert vectors._problem_of_channel(case, {"rows": [[1, "2"]]}) == ""
    assert vectors._problem_of_channel(case, {"rows": [["1", 2]]})
    assert vectors._problem_of_channel(case, {"error": "row 1"})
    assert vectors._problem_of_channel(vectors.Case("file", {"columns": {}, "refused": ["row 1"]}), {"rows": []})
