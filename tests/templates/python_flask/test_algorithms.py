"""Other models than the sample: what a user replaces is algorithm.py, and nothing else has to change."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from smscaffold.sagemaker_local import Endpoint, TrainingResult

from ..algorithm_tests import (  # noqa: F401
    LINES,
    fitted_regression,
    passengers_endpoint,
    refuses,
    test_a_failure_is_a_sentence_and_a_trace_where_it_helps,
    test_a_numeric_regression,
    test_a_port_that_the_readmes_model_has_not_seen,
    test_another_root_than_opt_ml,
    test_the_readmes_model_for_text_and_missing_values,
)
from ..conftest import Mounts
from .conftest import algorithm

pytestmark = pytest.mark.docker


@pytest.fixture(scope="module")
def regression() -> Mounts:
    return algorithm("regression")


@pytest.fixture(scope="module")
def readmes_model(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Mounts:
    (code,) = re.findall(r"```python\n(import joblib.*?)```", (folder / "README.md").read_text(), re.DOTALL)
    path = tmp_path_factory.mktemp("algorithm") / "algorithm.py"
    path.write_text(code)
    return {"/opt/program/algorithm.py": path}


def test_hyperparameters_arrive_with_their_types(fitted: TrainingResult) -> None:
    model = json.loads((fitted.model / "model.json").read_text())
    assert (model["degree"], model["center"], model["name"]) == (1, False, "x")


def test_text_in_json_lines(passengers: Endpoint) -> None:
    # U+2028 separates lines, but not those of JSON Lines
    odd = '{"age": 30, "fare": 8, "port": "a\u2028b"}\r\n[40, 70, "x"]\r\n'
    assert passengers.invoke(odd.encode(), LINES, Accept="text/csv").text == "no\nyes\n"
    refuses(passengers, LINES, {"[30,": "row 1: the body is not JSON: Expecting value: line 1 column 5 (char 4)"})
