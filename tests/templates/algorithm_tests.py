"""Other models than the sample: the requests and answers that are the same in every language.

A module takes the tests in by name, and has the fixtures `regression` and `readmes_model`: the mounts that put the
regression of algorithms/ and the model in the README's part on text and missing values into the image.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from smscaffold.sagemaker_local import Endpoint, TrainingResult, endpoint, run, train

from .conftest import Mounts

CSV, JSON, LINES = "text/csv", "application/json", "application/jsonlines"

PASSENGERS = """age,fare,port,survived
22,7.25,Southampton,no
38,71.3,Cherbourg,yes
,7.9,Southampton,no
35,53.1,,yes
35,8.05,Southampton,no
54,51.9,Cherbourg,yes
"""


def refuses(served: Endpoint, media: str | None, reasons: Mapping[str, str]) -> None:
    """Each of these bodies is answered with 400 and its reason."""
    for body, reason in reasons.items():
        answer = served.invoke(body, media)
        assert (answer.status, json.loads(answer.text)) == (400, {"error": reason})


@pytest.fixture(scope="module", name="fitted")
def fitted_regression(image: str, regression: Mounts, tmp_path_factory: pytest.TempPathFactory) -> TrainingResult:
    """The regression's training, with hyperparameters of each type; it knows `range` in some languages."""
    data = tmp_path_factory.mktemp("data")
    (data / "part-0").write_text("1,3\n2,5\n")  # no header, no suffix
    (data / "part-1").write_text("3,7\n4,9")
    given = {"degree": '"1"', "center": "False", "name": '"x"', "range": "[1, 2.5]", "unknown": "1"}
    job = tmp_path_factory.mktemp("job") / "out"
    result = train(image, job, {"train": data}, mounts=regression, hyperparameters=given)
    assert result.exit_code == 0, result.logs
    return result


def test_a_numeric_regression(image: str, regression: Mounts, fitted: TrainingResult) -> None:
    with endpoint(image, fitted.model, mounts=regression) as served:
        assert served.invoke("5\n6.5\n").text == "11.0\n14.0\n"
        assert served.invoke('[{"x": 5}]', JSON).text == '{"predictions":[11.0]}\n'
        assert served.invoke("x\n5", CSV).text == "11.0\n"
        first = served.invoke("1\n2")  # one container's answer can be the next one's request (H41)
        assert served.invoke(first.body, first.headers["Content-Type"]).text == "7.0\n11.0\n"
        assert served.invoke("y;x\n5;1", CSV).status == 400
        reasons = {
            "5,6": "row 1: 2 values, expected 1: x",
            "1\n\n2": "row 2: 0 values, expected 1: x",
            "nan": "row 1: x is missing",
            "NA": "row 1: x is missing",
            "inf": "row 1: x must be a number, not 'inf'",
            "1e999": "row 1: x is not a finite number",
            "1_0": "row 1: x must be a number, not '1_0'",  # as Python would read it
            "0x1F": "row 1: x must be a number, not '0x1F'",  # as R would
            "1e": "row 1: x must be a number, not '1e'",
            "1L": "row 1: x must be a number, not '1L'",
            "TRUE": "row 1: x must be a number, not 'TRUE'",
            "five": "row 1: x must be a number, not 'five'",
            "it's": 'row 1: x must be a number, not "it\'s"',
            "\n": "the body is empty",
        }
        refuses(served, CSV, reasons)
        assert "fits a line" in fitted.logs, "what the algorithm logs arrives"
        log = served.logs()
        assert "predicts by a line" in log
        assert "POST /invocations: 400, row 1: x must be a number\n" in log, "the reason without the value (H50)"
        assert not any(word in log for word in ("five", "1_0", "0x1F"))


def test_a_failure_is_a_sentence_and_a_trace_where_it_helps(image: str, folder: Path, tmp_path: Path) -> None:
    """T24: a wrong hyperparameter needs no trace; an error in the algorithm has one of its own calls only."""
    failures = {}
    for depth in ("many", "0"):
        data = {"train": folder / "local_test" / "opt_ml" / "input" / "data" / "train"}
        result = train(image, tmp_path / depth, data, hyperparameters={"max_depth": depth})
        assert result.exit_code == 1, result.logs
        failures[depth] = (result.failure or "").rstrip("\n")
    assert failures["many"] == "hyperparameter max_depth must be a whole number, not 'many'"
    first, *trace = failures["0"].splitlines()
    assert first.endswith("max_depth must be 1 or more, not 0")
    assert not trace or "fit" in "".join(trace)
    assert "tryCatch" not in "".join(trace), "R's own calls"


def test_another_root_than_opt_ml(image: str, folder: Path, tmp_path: Path) -> None:
    """As in an IDE: OPT_ML says where the folders of the platform are."""
    root = shutil.copytree(folder / "local_test" / "opt_ml", tmp_path / "root")
    options: dict[str, Any] = {
        "environment": {"OPT_ML": "/elsewhere"},
        "volumes": {str(root): {"bind": "/elsewhere", "mode": "rw"}},
    }
    done = run(image, "train", **options)
    assert done.exit_code == 0, done.logs
    assert any((root / "model").iterdir())
    with endpoint(image, None, **options) as served:
        assert served.invoke("5.1,3.5,1.4,0.2").text == "setosa\n"


@pytest.fixture(scope="module", name="passengers")
def passengers_endpoint(
    image: str, readmes_model: Mounts, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Endpoint]:
    """The README's model, trained on some passengers."""
    data = tmp_path_factory.mktemp("data")
    (data / "passengers.csv").write_text(PASSENGERS)
    result = train(image, tmp_path_factory.mktemp("job") / "out", {"train": data}, mounts=readmes_model)
    assert result.exit_code == 0, result.logs
    assert "train:accuracy=1" in result.logs
    with endpoint(image, result.model, mounts=readmes_model) as served:
        yield served


def test_the_readmes_model_for_text_and_missing_values(passengers: Endpoint) -> None:
    assert passengers.invoke("30,8,Southampton\n,60,\n40,70,Cherbourg").text == "no\nyes\nyes\n"
    by_name = passengers.invoke("port,age,fare,cabin\nSouthampton,30,8,B5", "text/csv; header=present")
    assert by_name.text == "no\n"
    rows = '[{"age": 30, "fare": 8, "port": "Southampton"}, [null, 60, null]]'
    assert passengers.invoke(rows, JSON).text == '{"predictions":["no","yes"]}\n'
    reasons = {
        '[30, "8", "Southampton"]': 'row 1: fare must be a number, not "8"',
        "[30, 8, 5]": "row 1: port must be text, not 5",
        "[30, 8]": "row 1: 2 values, expected 3: age, fare, port",
        '{"age": 30}': "row 1: no value for fare, port",
        '[1e999, 8, "x"]': "row 1: age is not a finite number",
        "7": "row 1: must be a list or an object",
    }
    refuses(passengers, LINES, reasons)


def test_a_port_that_the_readmes_model_has_not_seen(passengers: Endpoint) -> None:
    assert passengers.invoke("30,8,Southampton\n,60,\n40,70,Nowhere").text == "no\nyes\nyes\n"
