"""A container folder's own tests notice what is broken in it."""

from __future__ import annotations

from ..breakage_tests import BREAKAGES as COMMON
from ..breakage_tests import pytest_generate_tests, test_its_tests_notice  # noqa: F401

BREAKAGES = COMMON | {
    "algorithm forgets to save": (
        "program/algorithm.R", 'saveRDS(model, file.path(directory, "model.rds"))', "{}", "training_ends_with_0",
    ),
    "algorithm predicts the wrong thing": (
        "program/algorithm.R", 'predict(model, rows, type = "class")', "rows[[1]]", "unit_tests_of_the_algorithm",
    ),
    "train ends with 0 after a failure": (
        "program/train.R", "report_failure(e, calls)\n      1", "0", "unusable_hyperparameter",
    ),
    "train ignores SIGTERM": ("program/train", 'kill -INT "$r"', ":", "stopped_job"),
    "train keeps no checkpoints": (
        "program/train.R", "file.rename(unfinished, target)", "unlink(unfinished)", "stopped_job",
    ),
    "serve drops requests on a stop": (
        "program/serve", 'stop QUIT $((SECONDS + grace)) "$nginx"', 'stop TERM 0 "$nginx"', "request_in_flight",
    ),
    "serve ignores the port": (
        "program/serve", "$(setting SAGEMAKER_BIND_TO_PORT 8080 1 65535) || exit", "8080", "share_a_closed_network",
    ),
    "serve takes any setting": ("program/serve", "((value >= $3 && value <= $4))", "true", "absurd_setting"),
    "plumber ignores Accept": (
        "program/plumber.R", 'c(req$HTTP_ACCEPT, "")[1]', '""', "answered_in_the_accepted_one",
    ),
    "formats drops bad records": (
        "program/formats.R", "  list(rows = rows, errors = errors)\n}\n\n# Returns the cells",
        "  list(rows = rows, errors = errors[is.na(errors)])\n}\n\n# Returns the cells", "bad_record",
    ),
}  # fmt: skip
