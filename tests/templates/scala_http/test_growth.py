"""Requests of a nasty shape cost CPU time and memory in proportion to their size: as with java-spring."""

from __future__ import annotations

import pytest

from ..growth_tests import (  # noqa: F401
    limited,
    test_the_cost_of_a_header_grows_with_its_size_only,
    test_the_cost_of_a_request_grows_with_its_size_only,
)
from ..java_spring.test_growth import image_with_a_small_heap  # noqa: F401

pytestmark = [pytest.mark.docker, pytest.mark.exhaustive]  # CI runs them with other templates
