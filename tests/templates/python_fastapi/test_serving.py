"""What happens when a prediction, a worker or a process goes wrong: as with python-flask, whose fixtures will do."""

from __future__ import annotations

import pytest

from .. import serving_tests
from ..python_flask.test_serving import (  # noqa: F401
    exceptions,
    faulty,
    missing_file,
    test_a_prediction_that_hangs_gets_504_and_its_worker_is_replaced,
    victim,
    workers,
)
from ..serving_tests import (  # noqa: F401
    exhaustive,
    served_by_workers,
    test_a_missing_or_broken_model_ends_the_container_with_the_reason,
    test_a_stop_lets_a_request_that_is_still_arriving_finish,
    test_a_stop_lets_requests_in_flight_finish,
    test_a_worker_that_dies_is_an_error_of_one_request,
    test_an_exception_in_predict_is_answered_with_its_reason,
    test_no_process_of_the_server_dies_unnoticed,
    test_ping_is_not_200_while_all_workers_are_frozen,
    test_ping_never_waits_behind_predictions,
)

pytestmark = pytest.mark.docker

test_a_prediction_of_55_seconds_is_answered = exhaustive(serving_tests.test_a_prediction_of_55_seconds_is_answered)
# `serve` is python-flask's
test_a_setting_that_does_not_parse_ends_the_container = exhaustive(
    serving_tests.test_a_setting_that_does_not_parse_ends_the_container
)
test_workers_and_their_threads_follow_the_containers_cpus = exhaustive(
    serving_tests.test_workers_and_their_threads_follow_the_containers_cpus
)
test_the_page_is_served_on_request_only = exhaustive(serving_tests.test_the_page_is_served_on_request_only)
