"""Clauses on what a batch transform needs."""

from __future__ import annotations

import pytest
from check_helpers import Fault, fault
from family_tests import test_it_holds, test_it_is_broken  # noqa: F401

pytestmark = pytest.mark.docker
SERVES = True
#: clause and what breaks it
FAULTS: list[tuple[str, Fault]] = [
    ("B1", fault("batch_exits")),
    ("B1", fault("batch_refuses")),
    ("B2", fault("batch_case")),
    ("B2", fault("batch_needs_all")),
    ("B3", fault("large_product")),
    ("B3", fault("float_parameters")),
    ("B3", fault("one_at_a_time")),
    ("B4", fault("wants_header")),
    ("B4", fault("wants_final_newline")),
    ("B5", fault("batch_fails")),
    ("B5", fault("batch_drops")),
    ("B5", fault("sorts_answers")),
    ("B6", fault("length_only")),
    ("B6", fault("small_limit")),
    ("B7", fault("random_answers")),
    ("B8", fault("no_parameters")),
    ("B8", fault("short_headers")),
    ("B9", fault("logs_records")),
]
