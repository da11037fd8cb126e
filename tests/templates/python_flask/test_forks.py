"""What runs before the worker processes are forked, and what in each of them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from smscaffold.sagemaker_local import Endpoint, endpoint

from ..conftest import Mounts
from .conftest import algorithm

pytestmark = pytest.mark.docker
ANY = "COLUMNS = {'x': float}\nALLOW_MISSING = False\nHYPERPARAMETERS = {}\n"
LEFT_BEHIND = f"""
import ctypes, threading
{ANY}
def load(directory):
    threading.Thread(target=threading.Event().wait, name="prefetch", daemon=True).start()
    c = ctypes.CDLL(None)  # a thread that Python does not know
    c.pthread_create(ctypes.byref(ctypes.c_ulong()), None, c.sleep, ctypes.c_void_p(1000))
def predict(model, rows):
    return [1.0] * len(rows)
"""
HANGS_ON_ZEROS = f"""
{ANY}
def load(directory):
    return None
def predict(model, rows):
    while not rows.any():
        pass
    return [1.0] * len(rows)
"""


def written(path: Path, code: str) -> Mounts:
    path.write_text(code)
    return {"/opt/program/algorithm.py": path}


@pytest.mark.parametrize(("workers", "cpus"), [(1, 1), (1, 2), (3, 1)])
def test_pools_that_predict_makes_on_first_use_work_in_each_worker(image: str, workers: int, cpus: int) -> None:
    """They do not survive a fork: a warm-up before it would leave pools whose threads are gone."""
    settings = {"MODEL_SERVER_WORKERS": str(workers), "MODEL_SERVER_TIMEOUT": "5"}
    options = {"environment": settings, "nano_cpus": cpus * 10**9}
    with endpoint(image, None, mounts=algorithm("lazy"), **options) as served, ThreadPoolExecutor(workers) as clients:
        seen: set[str] = set()

        def all_seen() -> bool:
            answers = [client.result() for client in [clients.submit(served.invoke, "2") for _ in range(workers)]]
            assert {answer.status for answer in answers} == {200}
            seen.update(answer.text for answer in answers)
            return len(seen) == workers

        served.until(all_seen, "an answer of each worker")


def test_threads_that_load_leaves_are_reported_with_the_place_for_them(image: str, tmp_path: Path) -> None:
    with endpoint(image, None, mounts=written(tmp_path / "algorithm.py", LEFT_BEHIND)) as served:
        assert "load has left 2 threads running (prefetch)." in served.logs()
        assert "start them in predict, on first use" in served.logs()


def test_the_sample_leaves_none(image: str, model: Path) -> None:
    with endpoint(image, model, environment={"MODEL_SERVER_WORKERS": "1"}) as served:
        assert served.logs() == ""


def test_a_warm_up_that_hangs_ends_and_the_next_worker_goes_without(image: str, tmp_path: Path) -> None:
    settings = {"MODEL_SERVER_WORKERS": "2", "MODEL_SERVER_TIMEOUT": "2"}
    mounts = written(tmp_path / "algorithm.py", HANGS_ON_ZEROS)
    with endpoint(image, None, mounts=mounts, environment=settings) as served:
        assert answers(served) == {200}
        assert "algorithm.py" in served.logs(), "the log says where it hung"
        assert "a warm-up with a row of zeros did not end: this worker starts without it" in served.logs()


def answers(served: Endpoint) -> set[int]:
    return {served.invoke("1").status for _ in range(4)}
