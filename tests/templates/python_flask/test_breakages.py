"""A container folder's own tests notice what is broken in it."""

from __future__ import annotations

from ..breakage_tests import BREAKAGES as COMMON
from ..breakage_tests import pytest_generate_tests, test_its_tests_notice  # noqa: F401

BREAKAGES = COMMON | {
    "algorithm forgets to save": (
        "program/algorithm.py", 'joblib.dump(model, directory / "model.joblib")', "pass", "training_ends_with_0",
    ),
    "algorithm predicts the wrong thing": (
        "program/algorithm.py", "return model.predict(rows)", "return rows[:, 0]", "unit_tests_of_the_algorithm",
    ),
    "train ends with 0 after a failure": (
        "program/train", "        return 1\n    return 0", "    return 0", "unusable_hyperparameter",
    ),
    "train ignores SIGTERM": ("program/train", "(signal.SIGTERM, signal.SIGINT)", "(signal.SIGINT,)", "stopped_job"),
    "train keeps no checkpoints": ("program/train", "unfinished.rename(target)", "unfinished.unlink()", "stopped_job"),
    "serve drops requests on a stop": (
        "program/serve", 'stop("nginx", signal.SIGQUIT', 'stop("nginx", signal.SIGTERM', "request_in_flight",
    ),
    "serve ignores the port": (
        "program/serve", 'setting("SAGEMAKER_BIND_TO_PORT", 8080, 1, 65535)', "8080", "share_a_closed_network",
    ),
    "serve takes any setting": ("program/serve", "if low <= value <= high:", "if True:", "absurd_setting"),
    "no answer is in the accepted type": (
        "program/model_serving.py", "negotiate(content_type, accept)", 'negotiate(content_type, "")',
        "answered_in_the_accepted_one",
    ),
    "formats drops bad records": (
        "program/formats.py", "errors[position] = ", "_ = ", "bad_record",
    ),
}  # fmt: skip
QUICK = ("algorithm predicts the wrong thing", "nginx refuses large bodies")
