"""Other models than the sample: what a user replaces is the class Algorithm, and nothing else has to change."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from smscaffold.sagemaker_local import Endpoint, TrainingResult

from ..algorithm_tests import (  # noqa: F401
    CSV,
    fitted_regression,
    passengers_endpoint,
    test_a_failure_is_a_sentence_and_a_trace_where_it_helps,
    test_a_numeric_regression,
    test_a_port_that_the_readmes_model_has_not_seen,
    test_another_root_than_opt_ml,
    test_the_readmes_model_for_text_and_missing_values,
)
from ..conftest import Mounts
from .conftest import Compile

pytestmark = [pytest.mark.docker, pytest.mark.exhaustive]  # CI runs them with other templates


@pytest.fixture(scope="module")
def regression(algorithm: Compile) -> Mounts:
    return algorithm("Regression")


@pytest.fixture(scope="module")
def readmes_model(folder: Path, compiled: Compile) -> Mounts:
    (code,) = re.findall(r"```(?:java|scala)\n(.*?)```", (folder / "algorithm" / "README.md").read_text(), re.DOTALL)
    return compiled(code)


def test_hyperparameters_arrive_with_their_types(fitted: TrainingResult) -> None:
    assert "given: {degree=1, center=false, name=x, range=[1, 2.5]}" in fitted.logs
    assert "hyperparameter unknown is not used: Algorithm knows degree, center, name, range" in fitted.logs


def test_a_number_that_is_none_is_refused_and_a_row_of_nothing_is_answered(passengers: Endpoint) -> None:
    assert passengers.invoke("?,1,x").status == 400
    assert passengers.invoke(",,\n", CSV).status == 200
