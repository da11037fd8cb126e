"""A container folder's own tests notice what is broken in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ..conftest import Build, breaks, run_tests

# what is broken: file, what stands there, what takes its place, and the folder's test that has to notice
BREAKAGES = {
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
    "train works on every host": ("program/train", "return self.host == self.hosts[0]", "return True", "other_hosts"),
    "serve drops requests on a stop": (
        "program/serve", 'stop("nginx", signal.SIGQUIT', 'stop("nginx", signal.SIGTERM', "request_in_flight",
    ),
    "serve ignores the port": (
        "program/serve", 'setting("SAGEMAKER_BIND_TO_PORT", 8080, 1, 65535)', "8080", "share_a_closed_network",
    ),
    "serve takes any setting": ("program/serve", "if low <= value <= high:", "if True:", "absurd_setting"),
    "nginx refuses large bodies": ("program/nginx.conf", "client_max_body_size @BODY_MIB@m;", "", "25_mib"),
    "nginx says healthy whatever happens": (
        "program/nginx.conf",
        "if (!-f /tmp/serve/healthy) { return 503; }\n      return 200;",
        "return 200;",
        "frozen_workers",
    ),
    "predictor ignores Accept": (
        "program/predictor.py", 'request.headers.get("Accept", "")', '""', "answered_in_the_accepted_one",
    ),
    "formats drops bad records": (
        "program/formats.py", "errors[position] = ", "_ = ", "bad_record",
    ),
    "image with another user": ("Dockerfile", "\nCMD", "\nUSER 1000\nCMD", "runs_as_root"),
}  # fmt: skip


QUICK = (
    "algorithm predicts the wrong thing",
    "train works on every host",
    "serve takes any setting",
    "nginx refuses large bodies",
    "predictor ignores Accept",
    "formats drops bad records",
    "image with another user",
)


@pytest.mark.docker
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.exhaustive] * (name not in QUICK)) for name in BREAKAGES]
)
def test_its_tests_notice(name: str, folder: Path, build: Build, tmp_path: Path) -> None:
    *edit, noticed_by = BREAKAGES[name]
    broken = breaks(folder, tmp_path / "folder", *edit)
    image = build(broken, tag="python-flask-broken")
    done = run_tests(broken, "-x", "-k", noticed_by, TRAIN_IMAGE=image, SERVE_IMAGE=image)
    assert done.returncode == 1, done.stdout + done.stderr
