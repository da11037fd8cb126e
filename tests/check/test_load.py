"""Requests that are made of those that were given."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from smscaffold.contract.load import Pieces, slowest, taken_apart
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


class Server:
    """Takes so many seconds a MiB, refuses what is above its limit, and is a second late with its first answers."""

    def __init__(self, seconds: float, limit: int = 2**40, cold: int = 0) -> None:
        self.seconds, self.limit, self.cold = seconds, limit, cold
        self.asked: list[int] = []

    def invoke(self, body: bytes, content_type: str) -> Any:
        self.asked.append(len(body))
        seconds = self.seconds * len(body) / 2**20 + (len(self.asked) <= self.cold)
        return SimpleNamespace(status=200 if len(body) <= self.limit else 413, seconds=max(seconds, 0.001))


def largest(server: Server) -> int:
    """The bytes of the slowest good request that is found."""
    found = slowest(server, ways("1,2\n3,4\n", "text/csv")[0])  # type: ignore[arg-type]
    assert len(server.asked) < 20
    return len(found.payload.body) if found else 0


def test_a_request_grows_until_it_takes_a_while() -> None:
    assert 2**20 <= largest(Server(0.5)) <= 3 * 2**20
    assert largest(Server(0.001)) > 23 * 2**20
    assert largest(Server(0.001, limit=1)) == 0


@pytest.mark.parametrize("limit", [1, 5, 20])
def test_below_the_limit_of_a_front_server_the_largest_is_found(limit: int) -> None:
    assert limit * 2**20 / 1.4 < largest(Server(0.001, limit * 2**20)) <= limit * 2**20


def test_the_first_answers_of_workers_that_load_the_model_late_do_not_count() -> None:
    assert largest(Server(0.001, cold=2)) > 23 * 2**20
