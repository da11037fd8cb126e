"""The server of the sample that `smscaffold template new` writes, and requests that mean harm."""

from __future__ import annotations

import contextlib
import importlib.machinery
import importlib.util
import json
import socket
import sys
import threading
import time
from collections.abc import Iterator
from http.client import HTTPResponse
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from authoring_helpers import Machine
from templates.nasty_bodies import CSV, JSON, OTHERS, ROW, SHAPES, WORST

SMALL = 50_000  # bytes; the large body has four times as many
FACTOR, NOISE = 5, 0.1  # as in tests/templates/growth_tests.py
MODULES = ("algorithm", "formats", "serve")


@pytest.fixture(scope="module")
def program(author: Machine, made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the sample's programs, rendered."""
    template = made / "acme_templates" / "python-http"
    return author.new(tmp_path_factory.mktemp("sample") / "model", "-t", str(template), "--no-git") / "program"


@pytest.fixture
def serve(program: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The sample's program `serve` as a module, with a model that answers with the sum of each row."""
    monkeypatch.syspath_prepend(program)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    loader = importlib.machinery.SourceFileLoader("serve", str(program / "serve"))
    spec = importlib.util.spec_from_loader("serve", loader)
    assert spec
    serve = importlib.util.module_from_spec(spec)
    loader.exec_module(serve)
    monkeypatch.setattr(serve.algorithm, "predict", lambda _, rows: (sum(row) for row in rows))
    yield serve
    for name in MODULES:
        sys.modules.pop(name, None)


@pytest.fixture
def port(serve: ModuleType) -> Iterator[int]:
    server = serve.Server(("127.0.0.1", 0), serve.Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()
    thread.join()


def ask(port: int, head: str, body: bytes = b"") -> tuple[int, Any]:
    """Send a request as it is; return the status and what the JSON of the answer holds."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(f"POST /invocations HTTP/1.1\r\nHost: sample\r\n{head}\r\n\r\n".encode() + body)
        answer = HTTPResponse(connection)
        answer.begin()
        return answer.status, json.loads(answer.read())


def post(port: int, body: str, media: str) -> tuple[int, Any]:
    return ask(port, f"Content-Type: {media}\r\nAccept: {JSON}\r\nContent-Length: {len(body)}", body.encode())


@pytest.mark.parametrize("batch", [False, True], ids=["endpoint", "batch"])
@pytest.mark.parametrize("name", [*WORST, *(pytest.param(name, marks=pytest.mark.exhaustive) for name in OTHERS)])
def test_the_cost_of_a_request_grows_with_its_size_only(
    serve: ModuleType, monkeypatch: pytest.MonkeyPatch, name: str, batch: bool
) -> None:
    monkeypatch.setattr(serve, "BATCH", batch)
    media, body = SHAPES[name]

    def cost(size: int) -> float:
        content, handler = body(size), serve.Handler.__new__(serve.Handler)
        handler.headers = {"Content-Type": media}
        started = time.process_time()
        with contextlib.suppress(serve.formats.BadInput):
            handler.invocations(content)
        return time.process_time() - started

    small, large = cost(SMALL), cost(4 * SMALL)
    assert large <= FACTOR * small + NOISE


@pytest.mark.parametrize(
    ("media", "body", "reason"),
    [
        (JSON, f"[[1,1,1,{'1' * 400}]]", "row 1: each value must be a finite number"),
        (JSON, f"[[1,1,1,{'1' * 5000}]]", "the body is not JSON: Exceeds the limit"),
        (JSON, "[" * 100_000, "the body is not JSON: maximum recursion depth exceeded"),
        (CSV, f'1,1,1,"{"a" * 200_000}"', "row 1: the line is not CSV: field larger than field limit"),
        (CSV, '1,1,1,"a"\r5', "row 1: the line is not CSV: new-line character seen in unquoted field"),
        (f"{CSV}; header=present", f"{ROW}\n{ROW}", "the header has no column sepal_length"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_reason(port: int, media: str, body: str, reason: str) -> None:
    """H20"""
    status, answer = post(port, body, media)
    assert (status, answer["error"][: len(reason)]) == (400, reason)


@pytest.mark.parametrize(
    ("head", "body"),
    [
        ("Content-Length: many", b""),
        ("Content-Length: -1", b""),
        (f"Content-Length: {'1' * 5000}", b""),
        ("Transfer-Encoding: chunked", b"-1\r\n"),
        ("Transfer-Encoding: chunked", b"x\r\n"),
        ("Transfer-Encoding: chunked", b"1" * 100_000),
        ("Transfer-Encoding: chunked", b"1\r\n1\r\n0\r\n" + b"a: b\r\n" * 50_000),
    ],
)
def test_a_body_whose_length_makes_no_sense_is_refused(port: int, head: str, body: bytes) -> None:
    """H20: at once, without waiting for the rest."""
    assert ask(port, f"Content-Type: {CSV}\r\n{head}", body) == (
        400,
        {"error": "the length of the body makes no sense"},
    )


def test_a_chunk_is_not_kept_beyond_the_limit(serve: ModuleType, port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """B6, H19: one chunk that is larger than the body may be."""
    read: list[int] = []
    monkeypatch.setattr(serve, "LIMIT", 1000)
    parts = serve.Handler.parts
    monkeypatch.setattr(serve.Handler, "parts", lambda self: (read.append(len(part)) or part for part in parts(self)))
    size = 3 * serve.MIB
    status, _ = ask(port, "Transfer-Encoding: chunked", b"%x\r\n%b\r\n0\r\n\r\n" % (size, b"1" * size))
    assert (status, sum(read)) == (413, size)
    assert max(read) <= serve.MIB
