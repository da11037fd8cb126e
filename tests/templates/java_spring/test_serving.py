"""What happens when a prediction, the JVM or nginx goes wrong."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from smscaffold.sagemaker_local import Endpoint, endpoint, run

from .conftest import Mounts

pytestmark = pytest.mark.docker
TIMEOUT = 2  # seconds of one prediction, in these tests


@pytest.fixture(params=["nginx", "direct"])
def either(request: pytest.FixtureRequest, image: str, direct: str) -> str:
    """The image of either front end."""
    return direct if request.param == "direct" else image


@pytest.fixture(params=["1 worker", "2 workers"])
def served(request: pytest.FixtureRequest, either: str, faulty: Mounts) -> Iterator[Endpoint]:
    settings = {"MODEL_SERVER_WORKERS": request.param[0], "MODEL_SERVER_TIMEOUT": str(TIMEOUT)}
    with endpoint(either, None, mounts=faulty, environment=settings) as served:
        yield served


def in_container(served: Endpoint, script: str) -> str:
    result = served.container.exec_run(["sh", "-c", script])
    assert result.exit_code == 0, result.output
    return str(result.output.decode())


def kill(served: Endpoint, words: str, signal: str = "KILL") -> None:
    """Send a signal to the oldest process with these words in its command line."""
    find = f"grep -la '{words}' /proc/[0-9]*/cmdline | cut -d/ -f3 | grep -vx 1 | sort -n | head -1"
    in_container(served, f"kill -s {signal} $({find})")


def jvms(served: Endpoint) -> set[str]:
    return set(in_container(served, "grep -la '^java' /proc/[0-9]*/cmdline || true").split())


def test_predictions_that_hang_get_504_and_the_next_ones_are_answered(served: Endpoint) -> None:
    for hang in (-2, -1):
        answer = served.invoke(f"{hang},1")
        assert (answer.status, answer.headers["Content-Type"]) == (504, "application/json")
        assert answer.text == '{"error":"the prediction took longer than MODEL_SERVER_TIMEOUT, 2 s"}\n'
        assert answer.seconds < TIMEOUT + 1
        for number in range(4):
            assert served.invoke(f"0,{number}").text == f"{number}.0\n"
    assert "algorithm.Algorithm.predict" in served.logs(), "the log says where the prediction hung"


def test_a_jvm_in_which_a_prediction_hangs_is_replaced(image: str, faulty: Mounts) -> None:
    """Without one request that fails."""
    settings = {"MODEL_SERVER_WORKERS": "2", "MODEL_SERVER_TIMEOUT": str(TIMEOUT)}
    with endpoint(image, None, mounts=faulty, environment=settings) as served:
        before = jvms(served)
        assert served.invoke("-1,1").status == 504
        statuses = set()

        def is_replaced() -> bool:
            statuses.update({served.invoke("0,1").status, served.ping().status})
            return len(now := jvms(served)) == 1 and now != before

        served.until(is_replaced, "another JVM in its place")
        assert statuses == {200}
        assert served.stop(grace=30) == 0


def test_a_lone_jvm_ends_when_more_predictions_hang_than_it_has_workers(direct: str, faulty: Mounts) -> None:
    settings = {"MODEL_SERVER_WORKERS": "1", "MODEL_SERVER_TIMEOUT": "1"}
    with endpoint(direct, None, mounts=faulty, environment=settings) as served:
        assert [served.invoke("-1,1").status for _ in range(2)] == [504, 504]
        ended = served.wait(timeout=30)
        assert ended.exit_code == 1
        assert "serve: 2 predictions hang: ending" in ended.logs


@pytest.mark.exhaustive
def test_a_prediction_of_55_seconds_is_answered(image: str, faulty: Mounts) -> None:
    """H16: the platform waits for 60 s."""
    with endpoint(image, None, mounts=faulty) as served:
        assert served.invoke("55,1").text == "1.0\n"


def test_an_exception_in_predict_is_a_500_with_its_reason(either: str, faulty: Mounts) -> None:
    with endpoint(either, None, mounts=faulty) as served:
        for what, status, reason in (
            (-4, 500, "IllegalStateException: no good and more about it"),
            (-5, 500, "IllegalStateException: predict returned 0 predictions for 1 rows"),
            (-7, 500, "OutOfMemoryError: Java heap space"),
            (-6, 400, "not this one"),
        ):
            answer = served.invoke(f"{what},1")
            assert (answer.status, json.loads(answer.text)) == (status, {"error": reason})
        assert served.invoke("0,1").status == 200


def test_ping_never_waits_behind_predictions(either: str, faulty: Mounts) -> None:
    """H11, H15: with every worker busy and more requests waiting."""
    settings = {"MODEL_SERVER_WORKERS": "2"}
    with endpoint(either, None, mounts=faulty, environment=settings) as served, ThreadPoolExecutor(8) as pool:
        busy = [pool.submit(served.invoke, "1,1") for _ in range(8)]
        pings = [served.ping() for _ in range(50)]
        assert not all(request.done() for request in busy)
        assert {ping.status for ping in pings} == {200}
        assert max(ping.seconds for ping in pings) < 1
        assert {request.result().status for request in busy} == {200}


def test_a_frozen_jvm_turns_ping_unhealthy_and_is_replaced(image: str, faulty: Mounts) -> None:
    """H13"""
    settings = {"MODEL_SERVER_WORKERS": "2", "MODEL_SERVER_TIMEOUT": "4"}
    with endpoint(image, None, mounts=faulty, environment=settings) as served:
        kill(served, "^java", "STOP")
        served.until(lambda: served.ping().status == 503, "a 503 from /ping", timeout=4)
        assert served.invoke("0,1").status == 503
        served.until(lambda: served.ping().status == 200, "a 200 from /ping again")
        assert served.invoke("0,1").status == 200


@pytest.mark.parametrize("victim", ["nginx: master", "^java", "nginx: worker"])
def test_no_process_of_the_server_dies_unnoticed(image: str, faulty: Mounts, victim: str) -> None:
    with endpoint(image, None, mounts=faulty) as served:
        kill(served, victim)
        if victim == "nginx: worker":  # nginx starts a new one by itself
            served.until(lambda: served.invoke("0,1").status == 200, "an answer", timeout=10)
        else:
            ended = served.wait(timeout=30)
            assert ended.exit_code == 137
            assert "serve: " in ended.logs


def test_a_jvm_that_halts_ends_the_container(either: str, faulty: Mounts) -> None:
    with endpoint(either, None, mounts=faulty) as served, ThreadPoolExecutor(1) as pool:
        pool.submit(served.invoke, "-3,1")
        assert served.wait(timeout=30).exit_code == 9


def test_a_stop_lets_requests_in_flight_finish(either: str, faulty: Mounts) -> None:
    """H4: waiting ones too, with one worker."""
    settings = {"MODEL_SERVER_WORKERS": "1"}
    with endpoint(either, None, mounts=faulty, environment=settings) as served, ThreadPoolExecutor(3) as pool:
        requests = [pool.submit(served.invoke, f"2,{number}") for number in range(3)]
        time.sleep(1)  # all three have arrived, and none has its answer yet
        assert not any(request.done() for request in requests)
        assert served.stop(grace=30) == 0
        assert sorted(request.result().text for request in requests) == ["0.0\n", "1.0\n", "2.0\n"]


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("MODEL_SERVER_WORKERS", "0", "must be a whole number from 1 to 512, not '0'"),
        ("MODEL_SERVER_TIMEOUT", "1m", "must be a whole number from 1 to 86400, not '1m'"),
        ("SAGEMAKER_BIND_TO_PORT", "http", "must be a whole number from 1 to 65535, not 'http'"),
        ("SAGEMAKER_BATCH", "maybe", "must be one of false, true, not 'maybe'"),
    ],
)
def test_a_setting_that_does_not_parse_ends_the_container(image: str, name: str, value: str, sentence: str) -> None:
    """H2"""
    ended = run(image, "serve", environment={name: value})
    assert (ended.exit_code, ended.logs) == (1, f"serve: {name} {sentence}\n")


def test_a_missing_or_broken_model_ends_the_container_with_the_reason(either: str, tmp_path: Path) -> None:
    """H12"""
    missing = run(either, "serve")
    assert missing.exit_code == 1
    assert "serve: cannot load the model in /opt/ml/model: NoSuchFileException" in missing.logs
    (tmp_path / "model.tribuo").write_bytes(b"no model")
    broken = run(either, "serve", mounts={"/opt/ml/model": tmp_path})
    assert broken.exit_code == 1
    assert "serve: cannot load the model" in broken.logs


def test_the_page_is_served_on_request_only(either: str, folder: Path, faulty: Mounts) -> None:
    payloads = folder / "local_test" / "payloads"
    mounts = faulty | {"/tmp/payloads": payloads}
    with endpoint(either, None, mounts=mounts, environment={"SERVE_PLAYGROUND": "1"}) as served:
        page = served.request("GET", "/")
        assert (page.status, page.headers.get_content_type()) == (200, "text/html")
        assert page.body == (folder / "program" / "playground.html").read_bytes()
        listed = json.loads(served.request("GET", "/playground/payloads/").text)
        assert {entry["name"] for entry in listed} == {path.name for path in payloads.iterdir()}
        sample = served.request("GET", "/playground/payloads/iris.csv")
        assert sample.body == (payloads / "iris.csv").read_bytes()
        assert served.request("GET", "/playground/payloads/..%2f..%2fetc%2fpasswd").status in (400, 404)
    with endpoint(either, None, mounts=mounts) as served:
        for path in ("/", "/playground/payloads/", "/playground/payloads/iris.csv"):
            assert served.request("GET", path).status == 404
