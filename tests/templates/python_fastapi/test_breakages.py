"""A container folder's own tests notice what is broken in it."""

from __future__ import annotations

from ..breakage_tests import pytest_generate_tests, test_its_tests_notice  # noqa: F401
from ..python_flask.test_breakages import BREAKAGES as PYTHON_FLASKS

BREAKAGES = {name: edit for name, edit in PYTHON_FLASKS.items() if edit[0] != "program/predictor.py"} | {
    "main takes bad input for a failure": (
        "program/main.py", "return error_response(request, error.status, str(error), error.headers)",
        "raise error", "bad_request_gets",
    ),
    "no worker says that it has started": (
        "program/gunicorn.conf.py", '(RUN / f"worker-{worker.slot}.pid")', 'Path("/dev/null")', "ping_is_200",
    ),
}  # fmt: skip
