"""A container folder's own tests, or its build, notice what is broken in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ..conftest import Build, breaks, run_tests

# what is broken: file, what stands there, what takes its place, and the folder's test that has to notice
TRAIN, SERVE = "train/src/main/java/train/", "serve/src/main/java/serve/"
ALGORITHM = "algorithm/src/main/java/algorithm/Algorithm.java"
BREAKAGES = {
    "train ends with 0 after a failure": (TRAIN + "Failure.java", "return 1;", "return 0;", "unusable_hyperparameter"),
    "train ignores SIGTERM": (
        TRAIN + "Train.java", "Runtime.getRuntime().addShutdownHook(new Thread(train::stop));", "", "stopped_job",
    ),
    "train works on every host": (
        "sagemaker/src/main/java/sagemaker/Job.java", "return host().equals(hosts().getFirst())", "return true",
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
        SERVE + "Predictor.java", "records.errors(), answerType", "new java.util.TreeMap<>(), answerType",
        "bad_records",
    ),
    "image with another user": ("Dockerfile", "\nCMD", "\nUSER 1000\nCMD", "runs_as_root"),
}  # fmt: skip

# what the build refuses, and with which words
REFUSED = {
    "train keeps no checkpoints": (
        TRAIN + "Checkpoints.java",
        "Files.move(unfinished, target, StandardCopyOption.ATOMIC_MOVE)",
        "Files.delete(unfinished)",
        "CheckpointsTest",
    ),
    "serve ignores Accept": (
        SERVE + "InvocationsController.java", 'request.getHeader("Accept")', "null", "refusesWithOneSentence",
    ),
    "algorithm forgets to save": (
        ALGORITHM, 'model.serializeToFile(directory.resolve("model.tribuo"));', "",
        "loadedModelPredictsWhatTheSavedOneDid",
    ),
    "algorithm predicts the wrong thing": (
        ALGORITHM, "species.add(model.predict(example).getOutput().getLabel())", 'species.add("setosa" + example)',
        "learnsTheDifference",
    ),
    "code with a warning": (ALGORITHM, "int seed =", "List raw = null;\n    int seed =", "warnings found and -Werror"),
}  # fmt: skip


@pytest.mark.docker
@pytest.mark.exhaustive
@pytest.mark.parametrize("name", BREAKAGES)
def test_its_tests_notice(name: str, folder: Path, image: str, build: Build, tmp_path: Path) -> None:
    *edit, noticed_by = BREAKAGES[name]
    broken = breaks(folder, tmp_path / "folder", *edit)
    changed = build(broken, tag="java-spring-broken")
    done = run_tests(broken, "-x", "-k", noticed_by, TRAIN_IMAGE=changed, SERVE_IMAGE=changed)
    assert done.returncode == 1, done.stdout + done.stderr


@pytest.mark.docker
@pytest.mark.exhaustive
@pytest.mark.parametrize("name", REFUSED)
def test_the_build_notices(name: str, folder: Path, image: str, build: Build, tmp_path: Path) -> None:
    *edit, words = REFUSED[name]
    with pytest.raises(RuntimeError, match=words):
        build(breaks(folder, tmp_path / "folder", *edit), tag="java-spring-refused")
