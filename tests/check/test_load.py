"""Requests that are made of those that were given."""

from __future__ import annotations

import json

import pytest

from smscaffold.contract.load import Pieces, taken_apart
from smscaffold.contract.subject import Payload


def ways(body: str, content_type: str) -> list[Pieces]:
    return list(taken_apart(Payload(body.encode(), content_type)))


def test_lines_are_records_with_or_without_a_header() -> None:
    plain, headed = ways("a,b\r\n1,2\r\n3,4", "text/csv; charset=utf-8")
    assert plain.chosen([2, 1]) == Payload(b"3,4\n1,2\n", "text/csv; charset=utf-8")
    assert headed.chosen([1, 0, 1]).text == "a,b\n3,4\n1,2\n3,4\n"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('[{"a": 1}, {"a": 2}]', [{"a": 2}, {"a": 1}]),
        ('{"instances": [[1], [2]]}', {"instances": [[2], [1]]}),
        ('{"a": "x: []", "instances": ["[]", 2], "b": {}}', {"a": "x: []", "instances": [2, "[]"], "b": {}}),
    ],
)
def test_the_items_of_a_list_are_records(body: str, expected: object) -> None:
    assert json.loads(ways(body, "application/json")[0].chosen([1, 0]).body) == expected


@pytest.mark.parametrize(
    ("body", "content_type"),
    [("1,2", "image/png"), ("{}", "application/json"), ("{", "application/json"), ('"a\nb",1\n2,3', "text/csv")],
)
def test_what_has_no_records_stays_whole(body: str, content_type: str) -> None:
    assert not ways(body, content_type)


def test_a_request_grows_to_whole_records() -> None:
    pieces = ways("1,2\n3,4\n", "text/csv")[0]
    assert pieces.grown(1).text == "1,2\n3,4\n"
    grown = pieces.grown(10**6).body
    assert 10**6 - 10 < len(grown) <= 10**6
    assert grown.endswith(b"\n3,4\n")
    assert len(json.loads(ways("[1, 2]", "application/json")[0].grown(1000).body)) % 2 == 0
