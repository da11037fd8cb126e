"""Other models than the sample: those of java-spring, written in Scala; nothing but Algorithm.scala has to change."""

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
from ..java_spring.test_algorithms import (  # noqa: F401
    readmes_model,
    regression,
    test_a_number_that_is_none_is_refused_and_a_row_of_nothing_is_answered,
    test_hyperparameters_arrive_with_their_types,
)

pytestmark = [pytest.mark.docker, pytest.mark.exhaustive]  # CI runs them with other templates
