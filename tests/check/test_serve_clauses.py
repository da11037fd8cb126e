"""Clauses on what every endpoint needs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from check_helpers import Fault, fault
from family_tests import test_it_holds, test_it_is_broken  # noqa: F401

from smscaffold.contract import lab
from smscaffold.contract.clauses import serve, serve_requests

pytestmark = pytest.mark.docker
SERVES = True
#: clause and what breaks it
FAULTS: list[tuple[str, Fault]] = [
    ("H1", fault("writes_model")),
    ("H2", fault("lenient_settings")),
    ("H2", fault("silent_settings")),
    ("H2", fault("crowded_environment")),
    ("H3", fault("short_host_name")),
    ("H4", fault("drops_requests")),
    ("H4", fault("ignores_sigterm")),
    ("H10", fault("loopback")),
    ("H11", fault("get_only")),
    ("H11", fault("ping_waits")),
    ("H12", fault("starts_without_model")),
    ("H12", fault("starts_late")),
    ("H12", fault("flaps")),
    ("H12", fault("silent_end")),
    ("H14", fault("no_content_type")),
    ("H14", fault("no_parameters")),
    ("H14", fault("exact_types")),
    ("H14", fault("ignores_accept")),
    ("H14", fault("refuses_accept")),
    ("H14", fault("wants_lf")),
    ("H14", fault("wants_final_newline")),
    ("H15", fault("short_queue")),
    ("H16", fault("impatient")),
    ("H17", fault("strict_headers")),
    ("H17", fault("exact_headers")),
    ("H17", fault("short_headers")),
    ("H19", fault("small_limit")),
    ("H19", fault("resets")),
    ("H23", fault("writes_cache")),
]


@pytest.fixture(scope="module", autouse=True)
def _in_haste() -> Iterator[None]:
    """What takes a minute or three, in seconds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(serve_requests.H16, "lasts", 5)
        patch.setattr(serve.H4, "grace", 8)
        patch.setattr(lab, "START", 4.0)
        yield
