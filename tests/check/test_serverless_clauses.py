"""Clauses on what a serverless endpoint needs."""

from __future__ import annotations

import pytest
from check_helpers import Fault, fault
from family_tests import test_it_holds, test_it_is_broken  # noqa: F401

pytestmark = pytest.mark.docker
SERVES = True
#: clause and what breaks it
FAULTS: list[tuple[str, Fault]] = [
    ("H5", fault("needs_root")),
    ("H5", fault("spools")),
    ("H31", fault("hungry")),
    ("H31", fault("hungry_for_bodies")),
]
