"""Clauses on what an image claims by labels, and on servers of several processes."""

from __future__ import annotations

import pytest
from check_helpers import Fault, fault
from family_tests import test_it_holds, test_it_is_broken  # noqa: F401

pytestmark = pytest.mark.docker
SERVES = True
#: what the stand-in needs to keep them
KEEPS = "LABEL com.amazonaws.sagemaker.capabilities.multi-models=true\nENV HELPER=1"
#: clause and what breaks it
FAULTS: list[tuple[str, Fault]] = [
    ("H40", fault("fixed_port")),
    ("H40", fault("second_port")),
    ("M2", fault("one_model")),
    ("M2", fault("lists_models")),
    ("H57", fault("ends_with_0")),
]
