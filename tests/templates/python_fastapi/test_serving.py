"""What happens when a prediction, a worker or a process goes wrong: as with python-flask, whose fixtures will do."""

from __future__ import annotations

from pathlib import Path

import pytest

from smscaffold.sagemaker_local import endpoint

from ..conftest import Mounts
from ..python_flask.test_serving import (  # noqa: F401
    exceptions,
    faulty_algorithm,
    missing_file,
    test_a_prediction_that_hangs_gets_504_and_its_worker_is_replaced,
    victim,
    workers,
)
from ..serving_tests import (  # noqa: F401
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

pytestmark = [pytest.mark.docker, pytest.mark.exhaustive]  # CI runs them with other templates


def test_a_worker_that_predicts_all_the_time_is_not_taken_for_a_hung_one(image: str, faulty: Mounts) -> None:
    """uvicorn itself shows that it is alive every so many turns of the event loop, of which a prediction needs few."""
    settings = {"MODEL_SERVER_WORKERS": "1", "MODEL_SERVER_TIMEOUT": "3"}
    with endpoint(image, None, mounts=faulty, environment=settings) as served:
        assert [served.invoke("2.4,1").status for _ in range(5)] == [200] * 5
        assert "WORKER TIMEOUT" not in served.logs()  # nginx would have asked the next worker


def test_an_algorithm_can_refuse_a_request(image: str, faulty: Mounts, tmp_path: Path) -> None:
    """As the README says."""
    ((place, file),) = faulty.items()
    refusing = tmp_path / "algorithm.py"
    refusal = 'raise fastapi.HTTPException(400, "not this one")'
    refusing.write_text("import fastapi\n" + file.read_text().replace("return []", refusal))
    with endpoint(image, None, mounts={place: refusing}) as served:
        answer = served.invoke("-5,1")
        assert (answer.status, answer.text) == (400, '{"error":"not this one"}\n')
        assert "Traceback" not in served.logs()


def test_the_model_is_loaded_once(image: str, faulty: Mounts, tmp_path: Path) -> None:
    """Workers share it, and so does one that takes another's place."""
    ((place, file),) = faulty.items()
    telling = tmp_path / "algorithm.py"
    telling.write_text(file.read_text().replace("return None", 'print("loaded", flush=True)'))
    with endpoint(image, None, mounts={place: telling}, environment={"MODEL_SERVER_WORKERS": "2"}) as served:
        assert served.invoke("-3,1").status == 500
        assert served.invoke("0,1").text == "1.0\n"
        assert served.logs().count("loaded") == 1
