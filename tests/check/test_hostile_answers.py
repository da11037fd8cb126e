"""Answers of hostile servers: `smscaffold check` takes them apart only as far as honest ones go, and always ends."""

from __future__ import annotations

import contextlib
import http.client
import itertools
import json
import resource
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from check_helpers import CHECKOUT

from smscaffold.contract.clause import BrokenError, UnprovenError
from smscaffold.contract.clauses.batch import B3
from smscaffold.contract.clauses.serve_plus import H22
from smscaffold.contract.clauses.serve_plus_features import H51, H53
from smscaffold.contract.inside import Inside
from smscaffold.contract.load import Asked, strain, taken_apart
from smscaffold.contract.splitting import first_difference, predictions
from smscaffold.contract.subject import Payload
from smscaffold.contract.wording import metric_lines, metrics
from smscaffold.sagemaker_local import Response

JSON, CSV, LINES = "application/json", "text/csv", "application/jsonlines"
NESTED = "[" * 200_000
DEEP = "[" * 600 + "]" * 600
GIB = 2**30


def answered(text: str | bytes, media: str = JSON) -> Response:
    headers = http.client.HTTPMessage()
    headers["Content-Type"] = media
    return Response(200, headers, text.encode() if isinstance(text, str) else text, 0.1)


#: nothing is started
NO_LAB: Any = None


class Server:
    """Stands in for an endpoint that gives the same answer to everything."""

    def __init__(self, answer: Response) -> None:
        self.answer, self.connections = answer, 0

    def invoke(self, *_: Any, **__: Any) -> Response:
        return self.answer

    request = invoke

    def connection(self, _: float) -> Any:
        self.connections += 1
        raise OSError("too many open files")


# --- what is taken apart ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "media"),
    [
        ("[" + "{}," * 20_000_000 + "{}]", JSON),
        ("\n" * 60_000_000, CSV),
        ("," * 60_000_000, CSV),
        ("[]\n" * 2**24, LINES),
    ],
)
def test_an_answer_of_millions_of_values_is_not_taken_apart(body: str, media: str) -> None:  # B4 to B8, H22
    """It is one prediction, its text: honest answers of such a size can be compared as they are."""
    one, other = answered(body, media), answered(body[:-2] + "x" + body[-1:], media)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert first_difference(predictions(one), predictions(one)) is None
    assert first_difference(predictions(one), predictions(other)) == 0
    assert len(predictions(one)) == 1
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < GIB // 2**10


def test_many_answers_of_megabytes_are_not_kept_whole() -> None:  # H22
    """It keeps 128 of them to compare, of up to 64 MiB each."""
    digits = itertools.cycle([b"1", b"2"])

    class Large(Server):
        def invoke(self, *_: Any, **__: Any) -> Response:
            return answered(next(digits) * 2**23, CSV)

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    endpoint: Any = Large(answered(""))
    with contextlib.suppress(BrokenError, UnprovenError):
        H22().check(endpoint, (Payload(b"1", CSV), Payload(b"2", CSV)), None, answered(""))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 3 * GIB // 2**12


def test_a_number_too_large_for_a_float_is_compared_as_it_is() -> None:
    one, other = (predictions(answered(digit * 4000)) for digit in "12")
    assert first_difference(one, one) is None
    assert first_difference(one, other) == 0


def test_honest_answers_are_taken_apart() -> None:
    """A thousand classes for each of a thousand records, as numbers, and with names."""
    row = [0.001] * 1000
    assert len(predictions(answered(json.dumps([row] * 1000)), 1000)) == 1000
    assert len(predictions(answered("\n".join([",".join(map(str, row))] * 1000), CSV), 1000)) == 1000
    named = {f"class{number}": 0.001 for number in range(1000)}
    assert len(predictions(answered(json.dumps({"predictions": [named] * 1000})), 1000)) == 1000


@pytest.mark.parametrize("text", [NESTED, NESTED + "]" * 200_000, DEEP])
def test_what_is_nested_for_ever_is_no_json(text: str) -> None:
    """Else a broken clause would end as one that could not be told, with exit code 2."""
    answer = answered(text)
    assert first_difference(predictions(answer), predictions(answer)) is None
    assert predictions(answer) == [text]
    assert list(taken_apart(Payload(text.encode(), JSON))) == []
    with pytest.raises(BrokenError, match="no JSON"):
        H53().check(Server(answer), (Payload(b"{}", JSON),))
    with pytest.raises(BrokenError):
        H53().check(Server(answered(text, LINES)), (Payload(b"{}", JSON),))
    with pytest.raises(BrokenError):
        B3().check(NO_LAB, Server(answer), Payload(b"1,2", CSV))


def test_what_h53_cannot_take_apart_it_does_not_judge() -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    lines = "{}\n" * 20_000_000
    for text, media in ((f"[{lines.replace(chr(10), ',')}0]", JSON), (lines, LINES), (lines, CSV)):
        H53().check(Server(answered(text, media)), (Payload(b"{}", JSON),))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < GIB // 2**10


def test_metrics_of_megabytes_are_not_taken_apart() -> None:  # H51
    with pytest.raises(BrokenError, match="bytes"):
        H51().check(Server(answered("a 1\n" * 15_000_000, "text/plain")))


# --- pings ------------------------------------------------------------------------------------------------------------


def test_no_bodies_of_pings_are_kept() -> None:  # H11
    class Large:
        def exchange(self, port: int, request: bytes, timeout: float, most: int) -> tuple[float, bytes, float]:
            assert most <= 2**16 + 2**16
            return 0.1, (b"HTTP/1.1 200 OK\r\nContent-Length: 60000000\r\n\r\n" + bytes(60_000_000))[:most], 0.2

    inside = Inside.__new__(Inside)
    inside._way = Large()  # type: ignore[assignment]
    payload = Payload(b"1,2", CSV)
    endpoint: Any = Server(answered("1", CSV))
    seen = strain(endpoint, inside, Asked(payload, endpoint.answer), 20).pings
    assert max(len(ping.body) for ping in seen) <= 2**16
    assert {ping.accepted for ping in seen} == {0.1}


# --- numbers that are promised ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("count", "size"), [(10**9, 0), (101, 0)])
def test_no_more_connections_are_opened_than_a_transform_may_have(count: int, size: int) -> None:  # B3
    said = {"MaxConcurrentTransforms": count, "MaxPayloadInMB": size, "BatchStrategy": "MULTI_RECORD"}
    server = Server(answered(json.dumps(said)))
    with pytest.raises(BrokenError) as broken:
        B3().check(NO_LAB, server, Payload(b"1,2", CSV))
    assert server.connections == 0
    assert "1 to 100 at a time" in broken.value.findings[0].expected


# --- a metric whose search never ends ---------------------------------------------------------------------------------

SEARCH = """
import sys
from smscaffold.contract import wording
wording._PATIENCE = float(sys.argv[1])
wording.metrics("(a+)+$", "a" * 60 + "!")
"""


def test_a_search_that_never_ends_leaves_the_clause_unproven(monkeypatch: pytest.MonkeyPatch) -> None:  # T27
    done = subprocess.run([sys.executable, "-c", SEARCH, "1"], cwd=CHECKOUT, capture_output=True, text=True, timeout=60)
    assert UnprovenError.__name__ in done.stderr
    assert "the search for the metric '(a+)+$'" in done.stderr


def test_metrics_are_found_with_their_lines() -> None:
    assert metrics("a=(.);", "a=1;\nb\na=2; a=é;") == ["1", "2", "é"]
    assert metrics("a=.", "a=1") == ["a=1"]
    assert metrics("a=(x)?", "a=1") == [""]
    assert metric_lines("[12]", "1;2\r\nx\n2") == [("1;2\r", ["1", "2"]), ("2", ["2"])]


# --- stops ------------------------------------------------------------------------------------------------------------

COMPUTES = """
import os, signal, sys, threading, time
from smscaffold import cli
from smscaffold.contract import catalogue, runner
from smscaffold.contract.clause import Clause, Mend
from smscaffold.contract.injection import Fixtures
from smscaffold.staging import temporary_folder

class X1(Clause):
    "It computes for ever."
    strength, profile, mend = "MUST", "x", Mend("x")
    def check(self):
        os.kill(os.getpid(), signal.{number})
        while True:
            pass

def check(options):
    with temporary_folder():
        rules = [catalogue._with_check(None, X1)]
        return runner.run(rules, Fixtures(), stop=lambda: print("containers ended", flush=True))

cli.check = check
sys.exit(cli.main(["check"]))
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_check_that_only_computes_can_be_stopped(tmp_path: Path, number: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", COMPUTES.replace("{number}", number.name)],
        cwd=CHECKOUT,
        env={"TMPDIR": str(tmp_path), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            said, complained = process.communicate(timeout=60)
        finally:
            process.kill()
    assert (process.returncode, said) == (128 + number, "containers ended\n")
    assert complained == ("\nsmscaffold: stopped, nothing stays behind\n" if number == signal.SIGINT else "")
    assert list(tmp_path.iterdir()) == []
