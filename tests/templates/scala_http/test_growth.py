"""Requests of a nasty shape cost CPU time and memory in proportion to their size: as with java-spring."""

from __future__ import annotations

import pytest

from ..growth_tests import (  # noqa: F401
    limited,
    test_the_cost_of_a_request_grows_with_its_size_only,
)
from ..java_spring.test_growth import (  # noqa: F401
    image_with_a_small_heap,
    test_quotes_in_a_header_cost_in_proportion_to_their_number,
    test_the_cost_of_a_header_grows_with_its_size_only,
    test_what_a_jvm_reads_slowly_costs_in_proportion_to_its_size,
)

pytestmark = pytest.mark.docker
