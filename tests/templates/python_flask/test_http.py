"""Requests that are no HTTP, or hardly: each gets an error in JSON, and harms no other request (H20).

nginx answers nearly all of them by itself, so that one language stands for all that have it in front.
"""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from smscaffold.sagemaker_local import Endpoint, endpoint, read

pytestmark = pytest.mark.docker
HOST = "Host: localhost\r\n"
CSV = "Content-Type: text/csv\r\n"
CHUNKED = "Transfer-Encoding: chunked\r\n"


def post(headers: str, body: str = "", line: str = "POST /invocations HTTP/1.1") -> str:
    return f"{line}\r\n{HOST}{CSV}{headers}\r\n{body}"


REFUSED = {
    "a header of 9 KiB": (post(f"X-A: {'a' * 9000}\r\n"), 400),
    "HTTP/2.0": (post("", line="POST /invocations HTTP/2.0"), 505),
    "the preface of HTTP/2": ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    "no version": (post("", line="POST /invocations HTTP/x"), 400),
    "two content types": (post(f"{CSV}Content-Length: 7\r\n", "1,2,3,4"), 415),
    "a broken chunk": (post(CHUNKED, "zz\r\n1,2\r\n0\r\n\r\n"), 400),
    "an unknown transfer encoding": (post("Transfer-Encoding: gzip\r\n"), 501),
    "a length beside chunks": (post(f"Content-Length: 3\r\n{CHUNKED}", "0\r\n\r\n"), 400),
    "two lengths": (post("Content-Length: 3\r\nContent-Length: 4\r\n", "1,2"), 400),
    "a negative length": (post("Content-Length: -1\r\n"), 400),
    "a length of too many digits": (post(f"Content-Length: {'9' * 30}\r\n"), 400),
    "a body that is too large": (post(f"Content-Length: {26 * 2**20}\r\n"), 413),
    "a blank in a header's name": (post("X A: a\r\nContent-Length: 7\r\n", "1,2,3,4"), 400),
    "a NUL in a header": (post("X-A: a\0b\r\nContent-Length: 7\r\n", "1,2,3,4"), 400),
    "a path of 9 KiB": (post("", line=f"POST /{'a' * 9000} HTTP/1.1"), 414),
    "a path that leaves the root": (post("", line="POST /../invocations HTTP/1.1"), 400),
    "an unknown method": (post("", line="BREW /invocations HTTP/1.1"), 405),
    "TRACE": (post("", line="TRACE /invocations HTTP/1.1"), 405),
    "CONNECT": ("CONNECT localhost:8080 HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
    "no host": ("POST /invocations HTTP/1.1\r\n\r\n", 400),
    "a host that is none": ("POST /invocations HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
    "nothing that is HTTP": ("\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", 400),
}
ANSWERED = {
    "150 headers": "".join(f"X-{n}: a\r\n" for n in range(150)),
    "an expectation": "Expect: junk\r\n",
    "a control character in a header that nobody reads": "X-A: a\x01b\x7f\r\n",
    "a condition": "If-Modified-Since: Thu, 01 Jan 2026 00:00:00 GMT\r\nRange: bytes=0-1\r\n",
}


@pytest.fixture(scope="module")
def served(image: str, model: Path) -> Iterator[Endpoint]:
    with endpoint(image, model, environment={"MODEL_SERVER_WORKERS": "2"}) as served:
        yield served


def ask(served: Endpoint, request: str) -> tuple[int, str, str]:
    """Status, media type and body of the answer to a request that is sent as it stands."""
    with closing(served.connection(20)) as connection:
        connection.sock.sendall(request.encode("latin-1"))
        answer = http.client.HTTPResponse(connection.sock)
        answer.begin()
        return answer.status, answer.headers.get_content_type(), read(answer).decode()


@pytest.mark.parametrize("name", REFUSED)
def test_a_request_that_cannot_be_is_refused_as_json(served: Endpoint, name: str) -> None:
    request, expected = REFUSED[name]
    status, media, body = ask(served, request)
    assert (status, media) == (expected, "application/json"), body
    assert json.loads(body)["error"]
    assert served.invoke("5.1,3.5,1.4,0.2").status == 200


@pytest.mark.parametrize("name", ANSWERED)
@pytest.mark.parametrize("path", ["/invocations", "/ping"])
def test_an_odd_request_is_answered(served: Endpoint, path: str, name: str) -> None:
    body = "5.1,3.5,1.4,0.2"
    head = f"{HOST}{CSV}{ANSWERED[name]}Content-Length: {len(body)}\r\nConnection: close\r\n"
    method = "GET" if path == "/ping" else "POST"
    status, _, said = ask(served, f"{method} {path} HTTP/1.1\r\n{head}\r\n{body}")
    assert (status, said) == (200, "" if path == "/ping" else "setosa\n")
