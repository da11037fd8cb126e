"""Odd requests and odd training data: python-flask's formats.py and train, to be read and answered alike."""

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
from ..python_flask.test_formats import (  # noqa: F401
    BATCHES,
    BATCHES_IN_JSON,
    REFUSED,
    VALUES,
    echo,
    row,
    test_blocks_of_plain_training_data_are_read_as_each_record_is,
    test_predictions_of_numpy_and_pandas_are_written,
    test_training_data_is_read_as_requests_are,
)

pytestmark = [pytest.mark.docker, pytest.mark.exhaustive]
