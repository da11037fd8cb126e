"""Clauses on what the platform's further features expect of an endpoint."""

from __future__ import annotations

import pytest
from check_helpers import Fault, fault
from family_tests import test_it_holds, test_it_is_broken  # noqa: F401

pytestmark = pytest.mark.docker
SERVES = True
#: clause and what breaks it
FAULTS: list[tuple[str, Fault]] = [
    ("H43", fault("host_threads")),
    ("H50", fault("logs_payload")),
    ("H50", fault("logs_much")),
    ("H50", fault("logs_late")),
    ("H51", fault("json_metrics")),
    ("H52", fault("needs_network")),
    ("H52", fault("fetches")),
    ("H53", fault("json_as_csv")),
    ("H53", fault("csv_as_html")),
    ("H55", fault("refuses_accept")),
    ("H55", fault("one_word_type")),
]
