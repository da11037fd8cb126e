"""What happens when a prediction, a worker or a process in the container goes wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from smscaffold.sagemaker_local import Endpoint, endpoint

from .. import serving_tests
from ..conftest import Mounts
from ..serving_tests import (  # noqa: F401
    PROCESSES,
    exhaustive,
    gets_504_and_the_next_ones_are_answered,
    in_container,
    served_by_workers,
    served_impatiently,
    test_a_control_character_in_a_header_ends_no_worker,
    test_a_header_that_is_too_long_is_refused_as_json,
    test_a_missing_or_broken_model_ends_the_container_with_the_reason,
    test_a_path_forges_no_line_of_the_log,
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


@pytest.fixture
def faulty() -> Mounts:
    return algorithm("faulty")


@pytest.fixture
def exceptions() -> dict[int, tuple[int, str]]:
    return {
        -4: (500, "no good and more about it"),
        -5: (500, "predict_rows returned 0 predictions for 1 rows"),
    }


@pytest.fixture
def workers() -> tuple[int, str]:
    return 5, "cat /tmp/serve/*-*.pid"  # with three spares


@pytest.fixture(params=["nginx: master", "workers.R", "nginx: worker"])
def victim(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def missing_file() -> tuple[str, str]:
    return "model.rds", "(?s:.*)No such file or directory"


test_a_prediction_of_55_seconds_is_answered = exhaustive(serving_tests.test_a_prediction_of_55_seconds_is_answered)


@pytest.mark.parametrize("hang", [-1, -2], ids=["in R", "in C, which takes no interrupt"])
def test_a_prediction_that_hangs_gets_504_and_its_worker_is_replaced(impatient: Endpoint, hang: int) -> None:
    gets_504_and_the_next_ones_are_answered(impatient, hang)
    impatient.until(lambda: "starting another" in impatient.logs(), "another worker")
    assert "predict" in impatient.logs(), "the log says where the prediction hung"


def test_the_model_predicts_in_the_workers_only(served: Endpoint) -> None:
    """Threads that it starts would be lost in a fork, and what waits for them hangs."""
    assert served.invoke("-6,0").text == "1\n"


def test_a_request_that_predict_rows_refuses_is_not_in_the_log(served: Endpoint) -> None:
    """H50"""
    answer = served.invoke("-7,0")
    assert (answer.status, answer.text) == (400, '{"error":"secret"}\n')
    assert "secret" not in served.logs()


def test_a_warm_up_that_hangs_is_ended(image: str, faulty: Mounts, tmp_path: Path) -> None:
    ((path, code),) = faulty.items()
    hung = tmp_path / "algorithm.R"
    hung.write_text(code.read_text() + '\npredict_rows <- function(model, rows) system("exec sleep 1000")\n')
    settings = {"MODEL_SERVER_TIMEOUT": "1", "MODEL_SERVER_WORKERS": "1"}
    with endpoint(image, None, mounts={path: hung}, environment=settings, ready_within=None) as served:
        served.until(lambda: served.logs().count("worker-0 is starting: starting another") == 2, "a third worker")
        assert served.ping().status == 503
        served.until(
            lambda: len(in_container(served, PROCESSES.format("[w]orkers.R")).splitlines()) <= 1 + 4,
            "an end of the workers that hang: there may be R, a worker, and three spares",
        )


def test_a_model_that_loads_for_longer_than_a_prediction_may_take_is_waited_for(
    image: str, faulty: Mounts, tmp_path: Path
) -> None:
    ((path, code),) = faulty.items()
    slow = tmp_path / "algorithm.R"
    slow.write_text(code.read_text() + "\nload_model <- function(directory) Sys.sleep(8)\n")
    with endpoint(image, None, mounts={path: slow}, environment={"MODEL_SERVER_TIMEOUT": "4"}) as served:
        assert served.invoke("0,1").status == 200
        assert "starting" not in served.logs()


def test_ping_is_200_again_when_no_worker_is_frozen_any_more(image: str, faulty: Mounts) -> None:
    """H13: they are replaced one after the other, and a request could still meet the last one."""
    settings = {"MODEL_SERVER_WORKERS": "2", "MODEL_SERVER_TIMEOUT": "4"}
    with endpoint(image, None, mounts=faulty, environment=settings) as served:
        served.until(lambda: len(in_container(served, "cat /tmp/serve/*-*.pid || true").split()) == 5, "all workers")
        for part in ("spare", "worker-1", "worker-0"):
            in_container(served, f"kill -STOP $(cat /tmp/serve/{part}*.pid); sleep 1")
        served.until(lambda: served.ping().status == 503, "a 503 from /ping", timeout=4)
        served.until(lambda: served.ping().status == 200, "a 200 from /ping again")
        assert " T " not in in_container(served, "cat /proc/[0-9]*/stat 2>/dev/null || true")
        assert {served.invoke("0,1").status for _ in range(4)} == {200}
