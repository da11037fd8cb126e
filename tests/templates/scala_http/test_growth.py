"""Requests of a nasty shape cost CPU time and memory in proportion to their size: as with java-spring."""

from __future__ import annotations

import pytest

from ..growth_tests import limited, sizes, test_the_cost_of_a_request_grows_with_its_size_only  # noqa: F401
from ..java_spring.test_growth import (  # noqa: F401
    settings,
    test_quotes_in_a_header_cost_in_proportion_to_their_number,
    test_what_java_reads_slowly_costs_in_proportion_to_its_size,
)

pytestmark = pytest.mark.docker
