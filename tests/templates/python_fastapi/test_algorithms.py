"""Other models than the sample, those of python-flask: nothing but algorithm.py has to change."""

from __future__ import annotations

import pytest

from ..algorithm_tests import (  # noqa: F401
    fitted_regression,
    passengers_endpoint,
    test_a_failure_is_a_sentence_and_a_trace_where_it_helps,
    test_a_numeric_regression,
    test_a_port_that_the_readmes_model_has_not_seen,
    test_another_root_than_opt_ml,
    test_the_readmes_model_for_text_and_missing_values,
)
from ..python_flask.test_algorithms import (  # noqa: F401
    readmes_model,
    regression,
    test_hyperparameters_arrive_with_their_types,
    test_text_in_json_lines,
)

pytestmark = [pytest.mark.docker, pytest.mark.exhaustive]
