"""What runs before the worker processes are forked, and what in each of them: as with python-flask."""

from __future__ import annotations

import pytest

from ..python_flask.test_forks import (  # noqa: F401
    test_a_warm_up_that_hangs_ends_and_the_next_worker_goes_without,
    test_pools_that_predict_makes_on_first_use_work_in_each_worker,
    test_the_sample_leaves_none,
    test_threads_that_load_leaves_are_reported_with_the_place_for_them,
)

pytestmark = [pytest.mark.docker, pytest.mark.exhaustive]
