"""Odd requests and odd training data, to be read and answered as java-spring does."""

from __future__ import annotations

import pytest

from ..format_tests import (  # noqa: F401
    batch_of_echo,
    pytest_generate_tests,
    served_echo,
    test_a_type_that_accept_rules_out_is_not_the_answer,
    test_bad_records_of_a_batch_in_json_have_their_reason,
    test_each_record_of_a_batch_has_its_answer,
    test_the_log_does_not_quote_the_payload,
    test_values_arrive_as_they_were_meant,
    test_what_cannot_be_read_is_refused_with_the_reason,
)
from ..java_spring.test_formats import (  # noqa: F401
    BATCHES,
    BATCHES_IN_JSON,
    REFUSED,
    VALUES,
    echo,
    row,
    test_training_data_is_read_as_requests_are,
)

pytestmark = [pytest.mark.docker, pytest.mark.exhaustive]  # CI runs them with other templates
