"""What happens when a prediction, a worker or a process in the container goes wrong."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from smscaffold.sagemaker_local import Endpoint, endpoint, run

from .conftest import ALGORITHMS

pytestmark = pytest.mark.docker
ALGORITHM = {"/opt/program/algorithm.py": ALGORITHMS / "faulty.py"}
TIMEOUT = 2  # seconds of one prediction, in these tests


@pytest.fixture(params=[1, 2], ids=["1 worker", "2 workers"])
def served(request: pytest.FixtureRequest, image: str) -> Iterator[Endpoint]:
    settings = {"MODEL_SERVER_WORKERS": str(request.param), "MODEL_SERVER_TIMEOUT": str(TIMEOUT)}
    with endpoint(image, None, mounts=ALGORITHM, environment=settings) as served:
        yield served


def in_container(served: Endpoint, script: str) -> str:
    result = served.container.exec_run(["sh", "-c", script])
    assert result.exit_code == 0, result.output
    return str(result.output.decode())


def kill_oldest(served: Endpoint, words: str) -> None:
    """Kill the oldest process with these words in its command line."""
    find = f"grep -la '{words}' /proc/[0-9]*/cmdline | cut -d/ -f3 | grep -vx 1 | sort -n | head -1"
    in_container(served, f"kill -9 $({find})")


def answered(served: Endpoint, body: str) -> str:
    """The answer as soon as a worker has taken the place of one that ended: until then it is 503."""
    return served.until(lambda: (answer := served.invoke(body)).status != 503 and answer, "a worker", 10).text


@pytest.mark.parametrize("hang", [-1, -2], ids=["in Python", "in C with the lock held"])
def test_a_prediction_that_hangs_gets_504_and_its_worker_is_replaced(served: Endpoint, hang: int) -> None:
    answer = served.invoke(f"{hang},1")
    assert (answer.status, answer.headers["Content-Type"]) == (504, "application/json")
    assert "MODEL_SERVER_TIMEOUT, 2 s" in answer.text
    assert answer.seconds < TIMEOUT + 1
    for number in range(4):
        assert answered(served, f"0,{number}") == f"{number}.0\n"
    assert "predict" in served.logs(), "the log says where the prediction hung"


def test_a_prediction_of_55_seconds_is_answered(image: str) -> None:
    """H16: the platform waits for 60 s."""
    with endpoint(image, None, mounts=ALGORITHM) as served:
        assert served.invoke("55,1").text == "1.0\n"


def test_a_worker_that_dies_is_an_error_of_one_request(served: Endpoint) -> None:
    answer = served.invoke("-3,1")
    assert (answer.status, answer.text) == (500, '{"error":"the worker ended while it answered, see the log"}\n')
    assert answered(served, "0,1") == "1.0\n"


def test_an_exception_in_predict_is_a_500_with_its_reason(served: Endpoint) -> None:
    assert served.invoke("-4,1").text == '{"error":"RuntimeError: no good and more about it"}\n'
    assert served.invoke("-5,1").text == '{"error":"RuntimeError: predict returned 0 predictions for 1 rows"}\n'
    assert served.invoke("0,1").status == 200


def test_ping_never_waits_behind_predictions(image: str) -> None:
    """H11, H15: with every worker busy and more requests waiting."""
    settings = {"MODEL_SERVER_WORKERS": "2"}
    with endpoint(image, None, mounts=ALGORITHM, environment=settings) as served, ThreadPoolExecutor(8) as pool:
        busy = [pool.submit(served.invoke, "1,1") for _ in range(8)]
        pings = [served.ping() for _ in range(50)]
        assert not all(request.done() for request in busy)
        assert {ping.status for ping in pings} == {200}
        assert max(ping.seconds for ping in pings) < 1
        assert {request.result().status for request in busy} == {200}


def test_ping_is_not_200_while_all_workers_are_frozen(image: str) -> None:
    """H13: SIGSTOP for all workers; they are replaced when their time is over."""
    settings = {"MODEL_SERVER_WORKERS": "2", "MODEL_SERVER_TIMEOUT": "4"}
    with endpoint(image, None, mounts=ALGORITHM, environment=settings) as served:
        served.until(lambda: len(in_container(served, "cat /tmp/serve/*.pid || true").split()) == 3, "both workers")
        started = time.monotonic()
        in_container(served, "kill -STOP $(cat /tmp/serve/worker-*.pid)")
        served.until(lambda: served.ping().status == 503, "a 503 from /ping", timeout=4)
        assert time.monotonic() - started < 4
        assert served.invoke("0,1").status == 503
        served.until(lambda: served.ping().status == 200, "a 200 from /ping again", timeout=20)
        assert served.invoke("0,1").status == 200


@pytest.mark.parametrize("victim", ["nginx: master", "bin/gunicorn", "nginx: worker"])
def test_no_process_of_the_server_dies_unnoticed(image: str, victim: str) -> None:
    with endpoint(image, None, mounts=ALGORITHM) as served:
        kill_oldest(served, victim)
        if victim == "nginx: worker":  # nginx starts a new one by itself
            served.until(lambda: served.invoke("0,1").status == 200, "an answer", timeout=10)
        else:
            ended = served.wait(timeout=30)
            assert ended.exit_code == 137
            assert "serve: " in ended.logs


def test_a_stop_lets_requests_in_flight_finish(image: str) -> None:
    """H4: waiting ones too, with one worker."""
    settings = {"MODEL_SERVER_WORKERS": "1"}
    with endpoint(image, None, mounts=ALGORITHM, environment=settings) as served, ThreadPoolExecutor(3) as pool:
        requests = [pool.submit(served.invoke, f"1,{number}") for number in range(3)]
        served.until(lambda: "worker-0.sock" in in_container(served, "cat /proc/net/unix"), "a request in flight")
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


def test_a_missing_or_broken_model_ends_the_container_with_the_reason(image: str, tmp_path: Path) -> None:
    """H12"""
    missing = run(image, "serve")
    assert missing.exit_code == 1
    assert "serve: cannot load the model in /opt/ml/model: FileNotFoundError" in missing.logs
    (tmp_path / "model.joblib").write_bytes(b"no model")
    broken = run(image, "serve", mounts={"/opt/ml/model": tmp_path})
    assert broken.exit_code == 1
    assert "serve: cannot load the model" in broken.logs


def test_workers_and_their_threads_follow_the_containers_cpus(image: str) -> None:
    """H43"""
    with endpoint(image, None, mounts=ALGORITHM, nano_cpus=1_000_000_000) as served:
        assert in_container(served, "ls /tmp/serve/*.sock") == "/tmp/serve/worker-0.sock\n"
        assert "OMP_NUM_THREADS=1" in in_container(served, "cat /proc/$(cat /tmp/serve/worker-0.pid)/environ")


def test_the_page_is_served_on_request_only(image: str, folder: Path) -> None:
    payloads = folder / "local_test" / "payloads"
    mounts = ALGORITHM | {"/tmp/payloads": payloads}
    with endpoint(image, None, mounts=mounts, environment={"SERVE_PLAYGROUND": "1"}) as served:
        page = served.request("GET", "/")
        assert (page.status, page.headers.get_content_type()) == (200, "text/html")
        assert page.body == (folder / "program" / "playground.html").read_bytes()
        listed = json.loads(served.request("GET", "/playground/payloads/").text)
        assert {entry["name"] for entry in listed} == {path.name for path in payloads.iterdir()}
        sample = served.request("GET", "/playground/payloads/iris.csv")
        assert sample.body == (payloads / "iris.csv").read_bytes()
    with endpoint(image, None, mounts=mounts) as served:
        for path in ("/", "/playground/payloads/", "/playground/payloads/iris.csv"):
            assert served.request("GET", path).status == 404
