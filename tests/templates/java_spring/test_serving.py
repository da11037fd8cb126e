"""What happens when a prediction, the JVM or nginx goes wrong."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from smscaffold.sagemaker_local import Endpoint, endpoint

from .. import serving_tests
from ..conftest import Mounts
from ..serving_tests import (  # noqa: F401
    PROCESSES,
    TIMEOUT,
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
    test_an_exception_in_predict_is_answered_with_its_reason,
    test_no_process_of_the_server_dies_unnoticed,
    test_ping_is_not_200_while_all_workers_are_frozen,
    test_ping_never_waits_behind_predictions,
    test_the_page_is_served_on_request_only,
    wait_for_arrival,
)
from .conftest import Compile

pytestmark = pytest.mark.docker
JVMS = PROCESSES.format("^java")


@pytest.fixture
def faulty(algorithm: Compile) -> Mounts:
    return algorithm("Faulty")


@pytest.fixture(params=["nginx", "direct"])
def fronted(request: pytest.FixtureRequest, image: str, direct: str) -> str:
    """The image of either front end."""
    return direct if request.param == "direct" else image


@pytest.fixture
def exceptions() -> dict[int, tuple[int, str]]:
    return {
        -4: (500, "IllegalStateException: no good and more about it"),
        -5: (500, "IllegalStateException: predict returned 0 predictions for 1 rows"),
        -7: (500, "OutOfMemoryError: Java heap space"),
        -6: (400, "not this one"),
    }


@pytest.fixture
def workers() -> tuple[int, str]:
    return 1, JVMS  # one JVM for both


@pytest.fixture(params=["nginx: master", "^java", "nginx: worker"])
def victim(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def missing_file() -> tuple[str, str]:
    return "model.tribuo", "NoSuchFileException"


test_a_prediction_of_55_seconds_is_answered = exhaustive(serving_tests.test_a_prediction_of_55_seconds_is_answered)


def test_predictions_that_hang_get_504_and_the_next_ones_are_answered(impatient: Endpoint) -> None:
    for hang in (-2, -1):
        gets_504_and_the_next_ones_are_answered(impatient, hang)
    assert "algorithm.Algorithm.predict" in impatient.logs(), "the log says where the prediction hung"


def test_a_jvm_in_which_a_prediction_hangs_is_replaced(image: str, faulty: Mounts) -> None:
    """Without one request that fails."""
    settings = {"MODEL_SERVER_WORKERS": "2", "MODEL_SERVER_TIMEOUT": "8"}  # a cold JVM on a busy machine is slow
    with endpoint(image, None, mounts=faulty, environment=settings) as served:
        before = in_container(served, JVMS).split()
        assert served.invoke("-1,1").status == 504
        statuses = set()

        def is_replaced() -> bool:
            statuses.update({served.invoke("0,1").status, served.ping().status})
            return len(now := in_container(served, JVMS).split()) == 1 and now != before

        served.until(is_replaced, "another JVM in its place")
        assert statuses == {200}
        assert served.stop(grace=30) == 0


@pytest.mark.exhaustive
def test_a_jvm_that_is_replaced_finishes_long_predictions(image: str, faulty: Mounts) -> None:
    """Even those that take longer than a container may to stop: the client would wait for another one from zero."""
    with endpoint(image, None, mounts=faulty) as served, ThreadPoolExecutor(1) as pool:
        request = pool.submit(served.invoke, "30,1")
        wait_for_arrival(served, 1)
        before = in_container(served, JVMS).split()
        in_container(served, "touch /tmp/serve/replace-1")
        served.until(lambda: "ready-2" in in_container(served, "ls /tmp/serve"), "another JVM")
        assert request.result().text == "1.0\n"
        assert request.result().seconds < 40
        served.until(lambda: before[0] not in in_container(served, JVMS).split(), "the end of the JVM before")


@pytest.mark.exhaustive
def test_a_replacement_that_does_not_start_leaves_the_jvm_before(image: str, faulty: Mounts) -> None:
    with endpoint(image, None, mounts=faulty) as served:
        in_container(served, "touch /tmp/broken /tmp/serve/replace-1")
        served.wait_for_log("the JVM that should take over ended with 1: keeping the one before, trying again in 30 s")
        assert (served.ping().status, served.invoke("0,1").status) == (200, 200)
        in_container(served, "rm /tmp/broken")
        served.until(lambda: "ready-3" in in_container(served, "ls /tmp/serve"), "another JVM")
        assert (served.ping().status, served.invoke("0,1").status) == (200, 200)


def test_a_lone_jvm_ends_when_more_predictions_hang_than_it_has_workers(direct: str, faulty: Mounts) -> None:
    settings = {"MODEL_SERVER_WORKERS": "1", "MODEL_SERVER_TIMEOUT": "1"}
    with endpoint(direct, None, mounts=faulty, environment=settings) as served:
        assert [served.invoke("-1,1").status for _ in range(2)] == [504, 504]
        ended = served.wait(timeout=30)
        assert ended.exit_code == 1
        assert "serve: 2 predictions hang: ending" in ended.logs


def test_a_jvm_that_halts_ends_the_container(fronted: str, faulty: Mounts) -> None:
    with endpoint(fronted, None, mounts=faulty) as served, ThreadPoolExecutor(1) as pool:
        pool.submit(served.invoke, "-3,1")
        assert served.wait(timeout=30).exit_code == 9
