"""A container folder's own tests, or its build, notice what is broken in it."""

from __future__ import annotations

from ..breakage_tests import BREAKAGES as COMMON
from ..breakage_tests import pytest_generate_tests, test_its_tests_notice, test_the_build_notices  # noqa: F401

TRAIN, SERVE = "train/src/main/java/train/", "serve/src/main/java/serve/"
ALGORITHM = "algorithm/src/main/java/algorithm/Algorithm.java"
BREAKAGES = COMMON | {
    "train ends with 0 after a failure": (TRAIN + "Failure.java", "return 1;", "return 0;", "unusable_hyperparameter"),
    "train ignores SIGTERM": (
        TRAIN + "Train.java", "Runtime.getRuntime().addShutdownHook(new Thread(train::stop));", "", "stopped_job",
    ),
    "serve drops requests on a stop": (
        "program/serve", 'stop_process "$nginx" QUIT', 'stop_process "$nginx" TERM', "request_in_flight",
    ),
    "serve ignores the port": (
        "program/serve", "$(setting SAGEMAKER_BIND_TO_PORT 8080 1 65535)", "8080", "share_a_closed_network",
    ),
    "serve takes any setting": ("program/serve", "((value >= $3 && value <= $4))", "true", "absurd_setting"),
    "serve drops bad records": (
        SERVE + "Predictor.java", "records.errors(), answerType", "new java.util.TreeMap<>(), answerType",
        "bad_records",
    ),
}  # fmt: skip

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
