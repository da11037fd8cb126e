"""A container folder's own tests, or its build, notice what is broken in it."""

from __future__ import annotations

from ..breakage_tests import pytest_generate_tests, test_its_tests_notice, test_the_build_notices  # noqa: F401
from ..java_spring.test_breakages import BREAKAGES as JAVA_SPRINGS

TRAIN, SERVE = "train/src/main/scala/train/", "serve/src/main/scala/serve/"
ALGORITHM = "algorithm/src/main/scala/algorithm/Algorithm.scala"
OTHERS = {name: edit for name, edit in JAVA_SPRINGS.items() if not edit[0].endswith(".java")}
BREAKAGES = OTHERS | {
    "train ends with 0 after a failure": (TRAIN + "Failure.scala", "    1\n", "    0\n", "unusable_hyperparameter"),
    "train ignores SIGTERM": (
        TRAIN + "Train.scala",
        "Runtime.getRuntime.addShutdownHook(Thread(() => stop(ml, job, exitCode)))",
        'Thread(() => stop(ml, job, exitCode)).setName("stop")',
        "stopped_job",
    ),
    "serve drops bad records": (
        SERVE + "Predictor.scala", "records.errors, answerFormat", "Map.empty, answerFormat", "bad_records",
    ),
}  # fmt: skip

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
