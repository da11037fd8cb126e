"""What happens when a prediction, a worker or a process in the container goes wrong."""

from __future__ import annotations

import pytest

from smscaffold.sagemaker_local import Endpoint

from ..conftest import Mounts
from ..serving_tests import (  # noqa: F401
    gets_504_and_the_next_ones_are_answered,
    served_by_workers,
    served_impatiently,
    test_a_control_character_in_a_header_ends_no_worker,
    test_a_header_that_is_too_long_is_refused_as_json,
    test_a_missing_or_broken_model_ends_the_container_with_the_reason,
    test_a_path_forges_no_line_of_the_log,
    test_a_prediction_of_55_seconds_is_answered,
    test_a_setting_that_does_not_parse_ends_the_container,
    test_a_stop_lets_a_request_that_is_still_arriving_finish,
    test_a_stop_lets_requests_in_flight_finish,
    test_a_worker_that_dies_is_an_error_of_one_request,
    test_an_exception_in_predict_is_answered_with_its_reason,
    test_no_process_of_the_server_dies_unnoticed,
    test_ping_is_not_200_while_all_workers_are_frozen,
    test_ping_never_waits_behind_predictions,
    test_the_page_is_served_on_request_only,
    test_workers_and_their_threads_follow_the_containers_cpus,
)
from .conftest import algorithm

pytestmark = pytest.mark.docker


@pytest.fixture(name="faulty")
def faulty_algorithm() -> Mounts:
    return algorithm("faulty")


@pytest.fixture
def exceptions() -> dict[int, tuple[int, str]]:
    return {
        -4: (500, "RuntimeError: no good and more about it"),
        -5: (500, "RuntimeError: predict returned 0 predictions for 1 rows"),
    }


@pytest.fixture
def workers() -> tuple[int, str]:
    return 2, "cat /tmp/serve/worker-*.pid"


@pytest.fixture(params=["nginx: master", "bin/gunicorn", "nginx: worker"])
def victim(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def missing_file() -> tuple[str, str]:
    return "model.joblib", "FileNotFoundError"


@pytest.mark.parametrize("hang", [-1, -2], ids=["in Python", "in C with the lock held"])
def test_a_prediction_that_hangs_gets_504_and_its_worker_is_replaced(impatient: Endpoint, hang: int) -> None:
    gets_504_and_the_next_ones_are_answered(impatient, hang)
    assert "predict" in impatient.logs(), "the log says where the prediction hung"
