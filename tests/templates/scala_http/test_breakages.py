"""A container folder's own tests, or its build, notice what is broken in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ..conftest import Build, breaks, run_tests

# what is broken: file, what stands there, what takes its place, and the folder's test that has to notice
TRAIN, SERVE = "train/src/main/scala/train/", "serve/src/main/scala/serve/"
ALGORITHM = "algorithm/src/main/scala/algorithm/Algorithm.scala"
BREAKAGES = {
    "train ends with 0 after a failure": (TRAIN + "Failure.scala", "    1\n", "    0\n", "unusable_hyperparameter"),
    "train ignores SIGTERM": (
        TRAIN + "Train.scala",
        "Runtime.getRuntime.addShutdownHook(Thread(() => stop(ml, job, exitCode)))",
        'Thread(() => stop(ml, job, exitCode)).setName("stop")',
        "stopped_job",
    ),
    "train works on every host": (
        "sagemaker/src/main/scala/sagemaker/Job.scala", "hosts.headOption.contains(host)", "hosts.contains(host)",
        "other_hosts",
    ),
    "serve drops requests on a stop": (
        "program/serve", 'stop_process "$nginx" QUIT', 'stop_process "$nginx" TERM', "request_in_flight",
    ),
    "serve ignores the port": (
        "program/serve", "$(setting SAGEMAKER_BIND_TO_PORT 8080 1 65535)", "8080", "share_a_closed_network",
    ),
    "serve takes any setting": ("program/serve", "((value >= $3 && value <= $4))", "true", "absurd_setting"),
    "nginx refuses large bodies": ("program/nginx.conf", "client_max_body_size @BODY_MIB@m;", "", "25_mib"),
    "nginx says healthy whatever happens": (
        "program/nginx.conf",
        "if (!-f /tmp/serve/healthy) { return 503; }\n      return 200;",
        "return 200;",
        "frozen_workers",
    ),
    "serve drops bad records": (
        SERVE + "Predictor.scala", "records.errors, answerFormat", "Map.empty, answerFormat", "bad_records",
    ),
    "image with another user": ("Dockerfile", "\nCMD", "\nUSER 1000\nCMD", "runs_as_root"),
}  # fmt: skip

# what the build refuses, and with which words
REFUSED = {
    "train keeps no checkpoints": (
        TRAIN + "Checkpoints.scala",
        "Files.move(unfinished, target, StandardCopyOption.ATOMIC_MOVE)",
        "Files.move(unfinished, unfinished, StandardCopyOption.ATOMIC_MOVE)",
        "CheckpointsSuite",
    ),
    "serve ignores Accept": (
        SERVE + "Invocations.scala", "header(request, HttpHeader.ACCEPT)", '""', "refuses with 406",
    ),
    "algorithm forgets to save": (
        ALGORITHM, 'model.serializeToFile(directory.resolve("model.tribuo"))', "()",
        "a loaded model predicts what the saved one did",
    ),
    "algorithm predicts the wrong thing": (ALGORITHM, ".getOutput.getLabel", ".toString", "learns the difference"),
    "code with a warning": (ALGORITHM, "    val maxDepth =", "    val unused = 1\n    val maxDepth =", "unused local"),
}  # fmt: skip


@pytest.mark.docker
@pytest.mark.exhaustive
@pytest.mark.parametrize("name", BREAKAGES)
def test_its_tests_notice(name: str, folder: Path, image: str, build: Build, tmp_path: Path) -> None:
    *edit, noticed_by = BREAKAGES[name]
    broken = breaks(folder, tmp_path / "folder", *edit)
    changed = build(broken, tag="scala-http-broken")
    done = run_tests(broken, "-x", "-k", noticed_by, TRAIN_IMAGE=changed, SERVE_IMAGE=changed)
    assert done.returncode == 1, done.stdout + done.stderr


@pytest.mark.docker
@pytest.mark.exhaustive
@pytest.mark.parametrize("name", REFUSED)
def test_the_build_notices(name: str, folder: Path, image: str, build: Build, tmp_path: Path) -> None:
    *edit, words = REFUSED[name]
    with pytest.raises(RuntimeError, match=words):
        build(breaks(folder, tmp_path / "folder", *edit), tag="scala-http-refused")
