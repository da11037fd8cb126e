"""Other models than the sample: what a user replaces is algorithm.py, and nothing else has to change."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from smscaffold.sagemaker_local import endpoint, train

from .conftest import ALGORITHMS

pytestmark = pytest.mark.docker

PASSENGERS = """age,fare,port,survived
22,7.25,Southampton,no
38,71.3,Cherbourg,yes
,7.9,Southampton,no
35,53.1,,yes
35,8.05,Southampton,no
54,51.9,Cherbourg,yes
"""


def test_a_numeric_regression(image: str, tmp_path: Path) -> None:
    mounts = {"/opt/program/algorithm.py": ALGORITHMS / "regression.py"}
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "part-0").write_text("1,3\n2,5\n")  # no header, no suffix
    (tmp_path / "data" / "part-1").write_text("3,7\n4,9")
    result = train(
        image,
        tmp_path / "job",
        {"train": tmp_path / "data"},
        mounts=mounts,
        hyperparameters={"degree": '"1"', "center": "False", "name": '"x"', "unknown": "1"},
    )
    assert result.exit_code == 0, result.logs
    model = json.loads((result.model / "model.json").read_text())
    assert (model["degree"], model["center"], model["name"]) == (1, False, "x")
    with endpoint(image, result.model, mounts=mounts) as served:
        assert served.invoke("5\n6.5\n").text == "11.0\n14.0\n"
        assert served.invoke('[{"x": 5}]', "application/json").text == '{"predictions":[11.0]}\n'
        assert served.invoke("x\n5", "text/csv").text == "11.0\n"
        first = served.invoke("1\n2")  # one container's answer can be the next one's request (H41)
        assert served.invoke(first.body, first.headers["Content-Type"]).text == "7.0\n11.0\n"
        assert served.invoke("y;x\n5;1", "text/csv").status == 400
        for body, reason in {
            "5,6": "row 1: 2 values, expected 1: x",
            "1\n\n2": "row 2: 0 values, expected 1: x",
            "nan": "row 1: x is missing",
            "inf": "row 1: x is not a finite number",
            "1_0": "row 1: x must be a number, not '1_0'",
            "five": "row 1: x must be a number, not 'five'",
            "\n": "the body is empty",
        }.items():
            answer = served.invoke(body)
            assert (answer.status, json.loads(answer.text)) == (400, {"error": reason})


def test_the_readmes_model_for_text_and_missing_values(image: str, folder: Path, tmp_path: Path) -> None:
    (code,) = re.findall(r"```python\n(import joblib.*?)```", (folder / "README.md").read_text(), re.DOTALL)
    (tmp_path / "algorithm.py").write_text(code)
    mounts = {"/opt/program/algorithm.py": tmp_path / "algorithm.py"}
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "passengers.csv").write_text(PASSENGERS)
    result = train(image, tmp_path / "job", {"train": tmp_path / "data"}, mounts=mounts)
    assert result.exit_code == 0, result.logs
    assert "train:accuracy=" in result.logs
    with endpoint(image, result.model, mounts=mounts) as served:
        assert served.invoke("30,8,Southampton\n,60,\n40,70,Nowhere").text == "no\nyes\nyes\n"
        by_name = served.invoke("port,age,fare,cabin\nSouthampton,30,8,B5", "text/csv; header=present")
        assert by_name.text == "no\n"
        rows = '[{"age": 30, "fare": 8, "port": "Southampton"}, [null, 60, null]]'
        assert served.invoke(rows, "application/json").text == '{"predictions":["no","yes"]}\n'
        # U+2028 separates lines, but not those of JSON Lines
        odd = '{"age": 30, "fare": 8, "port": "a\u2028b"}\r\n[40, 70, "x"]\r\n'
        assert served.invoke(odd.encode(), "application/jsonlines", Accept="text/csv").text == "no\nyes\n"
        for row, reason in {
            '[30, "8", "Southampton"]': 'row 1: fare must be a number, not "8"',
            "[30, 8, 5]": "row 1: port must be text, not 5",
            "[30, 8]": "row 1: 2 values, expected 3: age, fare, port",
            '{"age": 30}': "row 1: no value for fare, port",
            '[1e999, 8, "x"]': "row 1: age is not a finite number",
            "7": "row 1: must be a list or an object",
            "[30,": "row 1: the body is not JSON: Expecting value: line 1 column 5 (char 4)",
        }.items():
            answer = served.invoke(row, "application/jsonlines")
            assert (answer.status, json.loads(answer.text)) == (400, {"error": reason})
