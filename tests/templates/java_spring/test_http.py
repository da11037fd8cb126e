"""Requests that are no HTTP, or hardly, with Tomcat on the port: each gets an error in JSON, too (H20)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from smscaffold.sagemaker_local import Endpoint, endpoint

from ..python_flask.test_http import REFUSED, ask

pytestmark = pytest.mark.docker
CLOSED = "the preface of HTTP/2"  # Tomcat closes the connection


@pytest.fixture(scope="module")
def served(direct: str, model: Path) -> Iterator[Endpoint]:
    with endpoint(direct, model) as served:
        yield served


@pytest.mark.parametrize("name", [name for name in REFUSED if name != CLOSED])
def test_a_request_that_cannot_be_is_refused_as_json(served: Endpoint, name: str) -> None:
    status, media, body = ask(served, REFUSED[name][0])
    assert 400 <= status < 600
    assert media == "application/json", body
    assert json.loads(body)["error"]
    assert served.invoke("5.1,3.5,1.4,0.2").status == 200
