"""A container folder's own tests notice what is broken in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ..conftest import Build, breaks, run_tests
from ..python_flask.test_breakages import BREAKAGES as PYTHON_FLASKS

# what is broken: file, what stands there, what takes its place, and the folder's test that has to notice
BREAKAGES = {name: edit for name, edit in PYTHON_FLASKS.items() if edit[0] != "program/predictor.py"} | {
    "main ignores Accept": (
        "program/main.py", 'request.headers.getlist("Accept")', "[]", "answered_in_the_accepted_one",
    ),
    "main takes bad input for a failure": (
        "program/main.py", "return error_response(request, 400, str(error))", "raise error", "bad_request_gets",
    ),
    "no worker says that it has started": (
        "program/gunicorn.conf.py", '(RUN / f"worker-{worker.slot}.pid")', 'Path("/dev/null")', "ping_is_200",
    ),
}  # fmt: skip


@pytest.mark.docker
@pytest.mark.exhaustive
@pytest.mark.parametrize("name", BREAKAGES)
def test_its_tests_notice(name: str, folder: Path, build: Build, tmp_path: Path) -> None:
    *edit, noticed_by = BREAKAGES[name]
    broken = breaks(folder, tmp_path / "folder", *edit)
    image = build(broken, tag="python-fastapi-broken")
    done = run_tests(broken, "-x", "-k", noticed_by, TRAIN_IMAGE=image, SERVE_IMAGE=image)
    assert done.returncode == 1, done.stdout + done.stderr
