"""Other models than the sample: what a user replaces is algorithm.R, and nothing else has to change."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from smscaffold.sagemaker_local import Endpoint, TrainingResult, endpoint, train

from ..algorithm_tests import (  # noqa: F401
    LINES,
    fitted_regression,
    passengers_endpoint,
    refuses,
    test_a_failure_is_a_sentence_and_a_trace_where_it_helps,
    test_a_numeric_regression,
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
    (code,) = re.findall(r"```r\n(.*?)```", (folder / "README.md").read_text(), re.DOTALL)
    path = tmp_path_factory.mktemp("algorithm") / "algorithm.R"
    path.write_text(code)
    return {"/opt/program/algorithm.R": path}


def test_hyperparameters_arrive_with_their_types(fitted: TrainingResult) -> None:
    model = json.loads((fitted.model / "model.json").read_text())
    assert [model[name] for name in ("degree", "center", "name", "range")] == [[1], [False], ["x"], [1, 2.5]]


def test_text_that_is_not_one_of_the_levels_and_lines_that_are_not_json(passengers: Endpoint) -> None:
    reasons = {
        '[30, 8, "Nowhere"]': "row 1: port must be one of Cherbourg, Southampton, not 'Nowhere'",
        "[30,": "row 1: the body is not JSON: parse error: premature EOF",
    }
    refuses(passengers, LINES, reasons)


def test_rows_that_r_would_recycle_or_fill_are_refused(image: str, model: Path) -> None:
    """R itself makes something of each of these."""
    with endpoint(image, model) as served:
        for body, reason in {
            "1,2": "row 1: 2 values, expected 4",
            "1,2,3,4,5,6,7,8": "row 1: 8 values, expected 4",
            "1,2,3,4\n1,2,3,4,5,6,7,8": "row 2: 8 values, expected 4",
            "1,2,3,4,": "row 1: 5 values, expected 4",
            "1,2,3,": "row 1: petal_width is missing",
            ",,,": "row 1: sepal_length is missing",
            "1,2,NA,4": "row 1: petal_length is missing",
            "1 2 3 4": "row 1: 1 values, expected 4",
            "1,2,3 3,4": "row 1: petal_length must be a number, not '3 3'",
            "": "the body is empty",
        }.items():
            answer = served.invoke(body)
            assert (answer.status, json.loads(answer.text)["error"].startswith(reason)) == (400, True), answer.text
        for row in ("[1, 2]", "[[1, 2, 3, 4, 5]]", "[[1, 2, 3, null]]", '[[1, 2, 3, "4"]]', "[[[1, 2, 3, 4]]]"):
            assert served.invoke(row, "application/json").status == 400


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("degree", "many", "hyperparameter degree must be a whole number, not 'many'"),
        ("degree", "1.5", "hyperparameter degree must be a whole number, not '1.5'"),
        ("center", "perhaps", "hyperparameter center must be true or false, not 'perhaps'"),
        ("range", "5", "hyperparameter range must be a JSON list or object, not '5'"),
    ],
)
def test_a_hyperparameter_that_does_not_fit(
    image: str, regression: Mounts, tmp_path: Path, name: str, value: str, reason: str
) -> None:
    result = train(image, tmp_path / "job", {}, mounts=regression, hyperparameters={name: value})
    assert (result.exit_code, result.failure) == (1, reason + "\n")


def test_a_fit_that_returns_nothing(image: str, regression: Mounts, tmp_path: Path) -> None:
    ((path, code),) = regression.items()
    forgetful = tmp_path / "algorithm.R"
    forgetful.write_text(code.read_text() + "\nfit <- function(channels, hyperparameters, job) invisible()\n")
    result = train(image, tmp_path / "job", {}, mounts={path: forgetful})
    reason = "fit in algorithm.R returned NULL: it must return the model\n"
    assert (result.exit_code, result.failure, list(result.model.glob("*"))) == (1, reason, [])


def test_functions_of_packages_are_not_hidden(image: str, tmp_path: Path) -> None:
    """caret has a function train, readr read_csv, recipes prepare: those of the harness live elsewhere."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "file.csv").write_text("x,y\n1,2\n")
    mounts = algorithm("package")
    result = train(image, tmp_path / "job", {"train": tmp_path / "data"}, mounts=mounts)
    assert result.exit_code == 0, result.logs
    with endpoint(image, result.model, mounts=mounts) as served:
        assert served.invoke("1").text == "knn\n"


def test_what_predict_rows_may_return(image: str) -> None:
    shapes = {
        "doubles": "[11.0,0.1,0.3333333333333333,1000000000000000.0,1e+16,1e-05,123456.789,null,null]",
        "integers": "[1,100000,null]",
        "logicals": "[true,false]",
        "factor": '["x","y"]',
        "texts": r"""["a \"b\", c","\\ ä\n\u0001",null]""",
        "matrix": "[[0.25,0.75],[0.5,0.5]]",
        "frame": '[["x",0.5],["y",1.0]]',
        "matrix_column": '[["x",[0.25,0.75]],["y",[0.5,0.5]]]',
        "huge": "[1e+150]",
        "list": '[1.0,[1.0,2.0],"x"]',
    }
    as_csv = {
        "doubles": '11.0\n0.1\n0.3333333333333333\n1000000000000000.0\n1e+16\n1e-05\n123456.789\n""\n""\n',
        "integers": '1\n100000\n""\n',
        "logicals": "true\nfalse\n",
        "texts": '"a ""b"", c"\n"\\ ä\n\x01"\n""\n',
        "frame": "x,0.5\ny,1.0\n",
        "matrix_column": "x,0.25,0.75\ny,0.5,0.5\n",
        "list": "1.0\n1.0,2.0\nx\n",
    }
    with endpoint(image, None, mounts=algorithm("shapes")) as served:
        for shape, text in shapes.items():
            body = "\n".join([shape] * len(json.loads(text)))
            assert served.invoke(body, Accept="application/json").text == f'{{"predictions":{text}}}\n'
            if shape in as_csv:
                assert served.invoke(body).body.decode() == as_csv[shape]
        for shape, reason in {"closure": "not function", "array": "not array"}.items():
            answer = served.invoke(shape)
            assert (answer.status, reason in answer.text) == (500, True)
