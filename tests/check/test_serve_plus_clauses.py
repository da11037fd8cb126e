"""Clauses on what makes a good endpoint."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from check_helpers import Fault, fault
from family_tests import test_it_holds, test_it_is_broken  # noqa: F401

from smscaffold.contract.clauses import serve_plus

pytestmark = pytest.mark.docker
SERVES = True
#: clause and what breaks it
FAULTS: list[tuple[str, Fault]] = [
    ("H13", fault("static_ping")),
    ("H18", fault("reflects")),
    ("H20", fault("html_500")),
    ("H20", fault("talkative")),
    ("H20", fault("any_path")),
    ("H20", fault("ignores_accept")),
    ("H21", fault("no_keep_alive")),
    ("H21", fault("length_only")),
    ("H22", fault("mixes_answers")),
    ("H24", fault("link")),
    ("H24", fault("link_out")),
    ("H25", fault("first_file")),
    ("H26", fault("first_file")),
    ("H27", fault("spools")),
    ("H30", fault("copies_body")),
]


@pytest.fixture(scope="module", autouse=True)
def _in_haste() -> Iterator[None]:
    """What takes half a minute, in seconds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(serve_plus.H13, "within", 3)
        yield
