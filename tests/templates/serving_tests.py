"""What happens when a prediction, a worker or a process goes wrong: the tests that are the same in every language.

A module takes them in by name. What differs comes from its fixtures: `image` (with nginx in front), `fronted` (the
same, unless a module has the images of all front ends in turn), `faulty` (the mount of the algorithm in algorithms/
that does what a request asks for), and those that the tests below name.
"""

from __future__ import annotations

import functools
import json
import re
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPResponse
from pathlib import Path
from typing import Any

import pytest

from smscaffold.sagemaker_local import Endpoint, endpoint, run

from .conftest import Mounts

TIMEOUT = 3  # seconds of one prediction, in the fixture `impatient`
BY_WORKERS = {"params": [1, 2], "ids": ["1 worker", "2 workers"]}
ESTABLISHED, LISTENING = "01", "0A"  # states in /proc/net/tcp
# prints the ids of the processes with these words in their command line; one that ends meanwhile is no failure
PROCESSES = "grep -la '{}' /proc/[0-9]*/cmdline 2>/dev/null | cut -d/ -f3"


@pytest.fixture(**BY_WORKERS, name="served")
def served_by_workers(request: pytest.FixtureRequest, fronted: str, faulty: Mounts) -> Iterator[Endpoint]:
    with endpoint(fronted, None, mounts=faulty, environment={"MODEL_SERVER_WORKERS": str(request.param)}) as served:
        yield served


@pytest.fixture(**BY_WORKERS, name="impatient")
def served_impatiently(request: pytest.FixtureRequest, fronted: str, faulty: Mounts) -> Iterator[Endpoint]:
    settings = {"MODEL_SERVER_WORKERS": str(request.param), "MODEL_SERVER_TIMEOUT": str(TIMEOUT)}
    with endpoint(fronted, None, mounts=faulty, environment=settings) as served:
        yield served


def exhaustive(test: Callable[..., None]) -> Callable[..., None]:
    """The same test with that mark: in one module only, as a mark on the test itself would hold in all of them."""

    @functools.wraps(test)
    def marked(**fixtures: Any) -> None:
        test(**fixtures)

    return pytest.mark.exhaustive(marked)


def in_container(served: Endpoint, script: str) -> str:
    result = served.container.exec_run(["sh", "-c", script])
    assert result.exit_code == 0, result.output
    return str(result.output.decode())


def kill(served: Endpoint, words: str) -> None:
    """Kill the oldest process with these words in its command line."""
    in_container(served, f"kill -9 $({PROCESSES.format(words)} | grep -vx 1 | sort -n | head -1)")


def sockets(served: Endpoint, state: str) -> list[int]:
    """For each TCP socket of the container's port 8080 in this state: how many bytes in it nobody has read."""
    lines = (line.split() for line in in_container(served, "cat /proc/net/tcp*").splitlines())
    return [int(line[4].split(":")[1], 16) for line in lines if line[1].endswith(":1F90") and line[3] == state]


def wait_for_arrival(served: Endpoint, requests: int) -> None:
    """Wait until the server has read what was sent on so many connections, before a request that came later."""
    served.until(lambda: len(sockets(served, ESTABLISHED)) == requests, "the connections")
    assert served.ping().status == 200
    served.until(lambda: sockets(served, ESTABLISHED) == [0] * requests, "what was sent to be read")


def gets_504_and_the_next_ones_are_answered(served: Endpoint, hang: int) -> None:
    """The prediction `hang`, which never ends."""
    answer = served.invoke(f"{hang},1")
    assert (answer.status, answer.headers["Content-Type"]) == (504, "application/json")
    assert answer.text == f'{{"error":"the prediction took longer than MODEL_SERVER_TIMEOUT, {TIMEOUT} s"}}\n'
    assert answer.seconds < TIMEOUT + 1
    for number in range(4):
        assert served.invoke(f"0,{number}").text == f"{number}.0\n"


def test_a_prediction_of_55_seconds_is_answered(image: str, faulty: Mounts) -> None:
    """H16: the platform waits for 60 s."""
    with endpoint(image, None, mounts=faulty) as served:
        assert served.invoke("55,1").text == "1.0\n"


def test_a_worker_that_dies_is_an_error_of_one_request(served: Endpoint) -> None:
    answer = served.invoke("-3,1")
    assert (answer.status, answer.text) == (500, '{"error":"the worker ended while it answered, see the log"}\n')
    assert served.invoke("0,1").text == "1.0\n"


def test_an_exception_in_predict_is_answered_with_its_reason(
    served: Endpoint, exceptions: dict[int, tuple[int, str]]
) -> None:
    """`exceptions`: status and reason of each prediction that raises one."""
    for what, (status, reason) in exceptions.items():
        answer = served.invoke(f"{what},1")
        assert (answer.status, answer.text) == (status, f'{{"error":"{reason}"}}\n')
    assert served.invoke("0,1").status == 200


def test_ping_never_waits_behind_predictions(fronted: str, faulty: Mounts) -> None:
    """H11, H15: with every worker busy and more requests waiting."""
    settings = {"MODEL_SERVER_WORKERS": "2"}
    with endpoint(fronted, None, mounts=faulty, environment=settings) as served, ThreadPoolExecutor(8) as pool:
        busy = [pool.submit(served.invoke, "1,1") for _ in range(8)]
        pings = [served.ping() for _ in range(50)]
        assert not all(request.done() for request in busy)
        assert {ping.status for ping in pings} == {200}
        assert max(ping.seconds for ping in pings) < 1
        assert {request.result().status for request in busy} == {200}


def test_ping_is_not_200_while_all_workers_are_frozen(image: str, faulty: Mounts, workers: tuple[int, str]) -> None:
    """H13: SIGSTOP for all workers; they are replaced when their time is over.

    `workers`: how many processes two workers are, and a command that prints their ids.
    """
    count, ids = workers
    settings = {"MODEL_SERVER_WORKERS": "2", "MODEL_SERVER_TIMEOUT": "4"}
    with endpoint(image, None, mounts=faulty, environment=settings) as served:
        served.until(lambda: len(in_container(served, f"{ids} || true").split()) == count, "all workers")
        started = time.monotonic()
        in_container(served, f"kill -STOP $({ids})")
        served.until(lambda: served.ping().status == 503, "a 503 from /ping", timeout=4)
        assert time.monotonic() - started < 4
        assert served.invoke("0,1").status == 503
        served.until(lambda: served.ping().status == 200, "a 200 from /ping again")
        assert served.invoke("0,1").status == 200


def test_no_process_of_the_server_dies_unnoticed(image: str, faulty: Mounts, victim: str) -> None:
    """`victim`: words in the command line of the process."""
    with endpoint(image, None, mounts=faulty) as served:
        kill(served, victim)
        if victim == "nginx: worker":  # nginx starts a new one by itself
            served.until(lambda: served.invoke("0,1").status == 200, "an answer")
        else:
            ended = served.wait(timeout=30)
            assert ended.exit_code == 137
            assert "serve: " in ended.logs


def test_a_stop_lets_requests_in_flight_finish(fronted: str, faulty: Mounts) -> None:
    """H4: waiting ones too, with one worker."""
    settings = {"MODEL_SERVER_WORKERS": "1"}
    with endpoint(fronted, None, mounts=faulty, environment=settings) as served, ThreadPoolExecutor(3) as pool:
        requests = [pool.submit(served.invoke, f"2,{number}") for number in range(3)]
        wait_for_arrival(served, 3)
        assert not any(request.done() for request in requests)
        assert served.stop(grace=30) == 0
        assert sorted(request.result().text for request in requests) == ["0.0\n", "1.0\n", "2.0\n"]


def test_a_stop_lets_a_request_that_is_still_arriving_finish(image: str, faulty: Mounts) -> None:
    """H4: half of its header had come."""
    with endpoint(image, None, mounts=faulty) as served, ThreadPoolExecutor(1) as pool:
        port = served.connection().port
        with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
            connection.sendall(b"POST /invocations HTTP/1.1\r\nHost: endpoint\r\nContent-Type: text/csv\r\n")
            wait_for_arrival(served, 1)
            stopped = pool.submit(served.stop, grace=30)
            served.until(lambda: not sockets(served, LISTENING), "the port to be closed")
            connection.sendall(b"Content-Length: 3\r\n\r\n0,1")
            answer = HTTPResponse(connection)
            answer.begin()
            assert (answer.status, answer.read()) == (200, b"1.0\n")
        assert stopped.result() == 0


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("MODEL_SERVER_WORKERS", "0", "must be a whole number from 1 to 512, not '0'"),
        ("MODEL_SERVER_WORKERS", "1_0", "must be a whole number from 1 to 512, not '1_0'"),
        ("MODEL_SERVER_TIMEOUT", "1m", "must be a whole number from 1 to 86400, not '1m'"),
        ("SAGEMAKER_BIND_TO_PORT", "http", "must be a whole number from 1 to 65535, not 'http'"),
        ("SAGEMAKER_BATCH", "maybe", "must be one of false, true, not 'maybe'"),
    ],
)
def test_a_setting_that_does_not_parse_ends_the_container(image: str, name: str, value: str, sentence: str) -> None:
    """H2"""
    ended = run(image, "serve", environment={name: value})
    assert (ended.exit_code, ended.logs) == (1, f"serve: {name} {sentence}\n")


def test_a_missing_or_broken_model_ends_the_container_with_the_reason(
    fronted: str, tmp_path: Path, missing_file: tuple[str, str]
) -> None:
    """H12; `missing_file`: the sample's model file, and how the language says that it is not there, as a pattern."""
    name, reason = missing_file
    missing = run(fronted, "serve")
    assert missing.exit_code == 1
    assert re.search(f"serve: cannot load the model in /opt/ml/model: {reason}", missing.logs), missing.logs
    (tmp_path / name).write_bytes(b"no model")
    broken = run(fronted, "serve", mounts={"/opt/ml/model": tmp_path})
    assert broken.exit_code == 1
    assert "serve: cannot load the model" in broken.logs


def test_workers_and_their_threads_follow_the_containers_cpus(image: str, faulty: Mounts) -> None:
    """H43"""
    with endpoint(image, None, mounts=faulty, nano_cpus=1_000_000_000) as served:
        assert in_container(served, "ls /tmp/serve/*.sock | grep -v /spare-") == "/tmp/serve/worker-0.sock\n"
        assert "OMP_NUM_THREADS=1" in in_container(served, "cat /proc/$(cat /tmp/serve/worker-0.pid)/environ")


def test_the_page_is_served_on_request_only(fronted: str, folder: Path, faulty: Mounts) -> None:
    payloads = folder / "local_test" / "payloads"
    mounts = faulty | {"/tmp/payloads": payloads}
    with endpoint(fronted, None, mounts=mounts, environment={"SERVE_PLAYGROUND": "1"}) as served:
        page = served.request("GET", "/")
        assert (page.status, page.headers.get_content_type()) == (200, "text/html")
        assert page.body == (folder / "program" / "playground.html").read_bytes()
        columns = served.request("GET", "/playground/columns")
        assert (columns.status, columns.headers.get_content_type()) == (200, "application/json")
        assert json.loads(columns.text) == [{"name": "do", "type": "number"}, {"name": "answer", "type": "number"}]
        listed = json.loads(served.request("GET", "/playground/payloads/").text)
        assert {entry["name"] for entry in listed} == {path.name for path in payloads.iterdir()}
        sample = served.request("GET", "/playground/payloads/iris.csv")
        assert sample.body == (payloads / "iris.csv").read_bytes()
        assert served.request("GET", "/playground/payloads/..%2f..%2fetc%2fpasswd").status in (400, 404)
    with endpoint(fronted, None, mounts=mounts) as served:
        for path in ("/", "/playground/columns", "/playground/payloads/", "/playground/payloads/iris.csv"):
            assert served.request("GET", path).status == 404


def test_a_header_that_is_too_long_is_refused_as_json(served: Endpoint) -> None:
    """H20: the front end answers such a request itself, and its own page would be HTML."""
    answer = served.invoke("0,1", "text/csv", **{"X-Long": "x" * 60_000})
    assert (answer.status, answer.headers["Content-Type"]) == (400, "application/json")
    assert answer.text == '{"error":"the request cannot be read"}\n'


def test_a_control_character_in_a_header_ends_no_worker(served: Endpoint) -> None:
    """H17, H20: a server that closes the connection for it looks as if it had ended, and nginx would leave it out."""
    for header in ("Content-Type", "Accept", "X-Other") * 5:
        answer = served.invoke("0,1", **{"Content-Type": "text/csv", header: "text/csv\x01"})
        assert answer.status == 400 or (header, answer.status) == ("X-Other", 200)
        assert served.invoke("0,1").text == "1.0\n"


def test_a_path_forges_no_line_of_the_log(served: Endpoint) -> None:
    """H50: the front end takes these for /invocations, or for no path at all."""
    for path in ("/x%0aserve:%20forged/../invocations", "/x%1b%5b31m/../invocations", "/%0aserve:%20forged"):
        served.request("POST", path, "1", {"Content-Type": "text/csv"})
    assert "\nserve: forged" not in served.logs()
    assert "\x1b" not in served.logs()
