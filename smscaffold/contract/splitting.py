"""Payloads that are split by line, as a batch transform splits them (B4), and the predictions in an answer."""

from __future__ import annotations

import math
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from smscaffold.contract.clause import expect, skip
from smscaffold.contract.injection import fixture
from smscaffold.contract.parsing import has_too_much, json_value
from smscaffold.contract.subject import Payload

if TYPE_CHECKING:
    from smscaffold.sagemaker_local import Endpoint, Response

_LINES = re.compile(r"text/csv|application/(x-)?(jsonl|jsonlines|ndjson|json-lines)", re.IGNORECASE)
_CLOSE = 1e-4  # a model may compute many records in another order than one


@dataclass(frozen=True)
class Lines:
    """Records of which each is a line, and what each of them is answered."""

    content_type: str
    records: tuple[str, ...]
    predictions: tuple[Any, ...]

    def some(self, count: int) -> list[int]:
        """So many places in `records`, in an order without a pattern."""
        order = random.Random(0)
        return [order.randrange(len(self.records)) for _ in range(count)]

    def body(self, chosen: Sequence[int]) -> str:
        """The lines at these places, with a final newline."""
        return "".join(f"{self.records[place]}\n" for place in chosen)

    def expected(self, chosen: Sequence[int]) -> list[Any]:
        """What these lines are answered."""
        return [self.predictions[place] for place in chosen]


@fixture
def lines(batch: Endpoint, payloads: tuple[Payload, ...]) -> Lines:
    """The records of the first payload that is split by line; its header, if it has one, is left out (B4)."""
    found = [payload for payload in payloads if _LINES.match(payload.content_type)]
    if not found:
        skip("no payload is split by line: none is text/csv or application/jsonlines")
    payload = found[0]
    records = payload.text.replace("\r\n", "\n").removesuffix("\n").split("\n")
    asked = f"POST /invocations, {payload.content_type}, the payload with its {len(records)} lines"
    answer = batch.invoke(payload.body, payload.content_type)
    expect(answer.status == 200, sent=asked, expected="200", came=answer)
    known = predictions(answer, len(records))
    header = len(known) == len(records) - 1
    good = header or len(known) == len(records)
    expect(good, sent=asked, expected="one line, or one item of a JSON array, for each record", came=answer)
    return Lines(payload.content_type, tuple(records[header:]), tuple(known))


def predictions(answer: Response, records: int = 1) -> list[Any]:
    """The predictions in an answer: lines, or the items of the array that a JSON text is or holds.

    An answer that has too much for so many records is one prediction, its text: it can be compared, not taken apart.
    """
    if has_too_much(answer.text, records):
        return [answer.text]
    if answer.headers.get_content_type() != "application/json":
        text = answer.text.replace("\r\n", "\n").removesuffix("\n")
        return [_decoded(line) for line in text.split("\n")] if text else []
    whole = _decoded(answer.text)
    lists = [value for value in whole.values() if isinstance(value, list)] if isinstance(whole, dict) else [whole]
    return lists[0] if len(lists) == 1 and isinstance(lists[0], list) else [whole]


def _decoded(text: str) -> Any:
    try:
        return json_value(text)
    except ValueError:
        return text.split(",") if "," in text else text


def alike(one: Any, other: Any) -> bool:
    """Whether two predictions are the same, but for the last digits of their numbers."""
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(alike(*pair) for pair in zip(one, other, strict=True))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(alike(one[name], other[name]) for name in one)
    try:
        return math.isclose(float(one), float(other), rel_tol=_CLOSE, abs_tol=_CLOSE**2)
    except (TypeError, ValueError, OverflowError):
        return bool(one == other)


def first_difference(one: Sequence[Any], other: Sequence[Any]) -> int | None:
    """The first place at which predictions differ; None if they are the same."""
    if len(one) != len(other):
        return min(len(one), len(other))
    return next((place for place, pair in enumerate(zip(one, other, strict=True)) if not alike(*pair)), None)
