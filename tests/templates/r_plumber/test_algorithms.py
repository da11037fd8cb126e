"""Other models than the sample: what a user replaces is algorithm.R, and nothing else has to change."""

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
    mounts = {"/opt/program/algorithm.R": ALGORITHMS / "regression.R"}
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "part-0").write_text("1,3\n2,5\n")  # no header, no suffix
    (tmp_path / "data" / "part-1").write_text("3,7\n4,9")
    result = train(
        image,
        tmp_path / "job",
        {"train": tmp_path / "data"},
        mounts=mounts,
        hyperparameters={"degree": '"1"', "center": "False", "name": '"x"', "range": "[1, 2.5]", "unknown": "1"},
    )
    assert result.exit_code == 0, result.logs
    model = json.loads((result.model / "model.json").read_text())
    assert [model[name] for name in ("degree", "center", "name", "range")] == [[1], [False], ["x"], [1, 2.5]]
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
            "NA": "row 1: x is missing",
            "inf": "row 1: x is not a finite number",
            "1e999": "row 1: x is not a finite number",
            "1_0": "row 1: x must be a number, not '1_0'",
            "0x1F": "row 1: x must be a number, not '0x1F'",  # as R would read it
            "1e": "row 1: x must be a number, not '1e'",
            "1L": "row 1: x must be a number, not '1L'",
            "TRUE": "row 1: x must be a number, not 'TRUE'",
            "five": "row 1: x must be a number, not 'five'",
            "it's": 'row 1: x must be a number, not "it\'s"',
            "\n": "the body is empty",
        }.items():
            answer = served.invoke(body)
            assert (answer.status, json.loads(answer.text)) == (400, {"error": reason})


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
def test_a_hyperparameter_that_does_not_fit(image: str, tmp_path: Path, name: str, value: str, reason: str) -> None:
    mounts = {"/opt/program/algorithm.R": ALGORITHMS / "regression.R"}
    result = train(image, tmp_path / "job", {}, mounts=mounts, hyperparameters={name: value})
    assert (result.exit_code, result.failure) == (1, reason + "\n")


def test_the_readmes_model_for_text_and_missing_values(image: str, folder: Path, tmp_path: Path) -> None:
    (code,) = re.findall(r"```r\n(.*?)```", (folder / "README.md").read_text(), re.DOTALL)
    (tmp_path / "algorithm.R").write_text(code)
    mounts = {"/opt/program/algorithm.R": tmp_path / "algorithm.R"}
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "passengers.csv").write_text(PASSENGERS)
    result = train(image, tmp_path / "job", {"train": tmp_path / "data"}, mounts=mounts)
    assert result.exit_code == 0, result.logs
    assert "train:accuracy=" in result.logs
    with endpoint(image, result.model, mounts=mounts) as served:
        assert served.invoke("30,8,Southampton\n,60,\n40,70,Cherbourg").text == "no\nyes\nyes\n"
        by_name = served.invoke("port,age,fare,cabin\nSouthampton,30,8,B5", "text/csv; header=present")
        assert by_name.text == "no\n"
        rows = '[{"age": 30, "fare": 8, "port": "Southampton"}, [null, 60, null]]'
        assert served.invoke(rows, "application/json").text == '{"predictions":["no","yes"]}\n'
        for row, reason in {
            '[30, "8", "Southampton"]': 'row 1: fare must be a number, not "8"',
            "[30, 8, 5]": "row 1: port must be text, not 5",
            '[30, 8, "Nowhere"]': "row 1: port must be one of Cherbourg, Southampton, not 'Nowhere'",
            "[30, 8]": "row 1: 2 values, expected 3: age, fare, port",
            '{"age": 30}': "row 1: no value for fare, port",
            '[1e999, 8, "x"]': "row 1: age is not a finite number",
            "7": "row 1: must be a list or an object",
            "[30,": "row 1: the body is not JSON: parse error: premature EOF",
        }.items():
            answer = served.invoke(row, "application/jsonlines")
            assert (answer.status, json.loads(answer.text)) == (400, {"error": reason})


def test_what_predict_rows_may_return(image: str) -> None:
    shapes = {
        "doubles": "[11.0,0.1,0.3333333333333333,1000000000000000.0,1e+16,1e-05,123456.789,null,null]",
        "integers": "[1,100000,null]",
        "logicals": "[true,false]",
        "factor": '["x","y"]',
        "texts": r"""["a \"b\", c","\\ ä\n\u0001",null]""",
        "matrix": "[[0.25,0.75],[0.5,0.5]]",
        "frame": '[["x",0.5],["y",1.0]]',
        "list": '[1.0,[1.0,2.0],"x"]',
    }
    as_csv = {
        "doubles": "11.0\n0.1\n0.3333333333333333\n1000000000000000.0\n1e+16\n1e-05\n123456.789\nnan\n-inf\n",
        "integers": "1\n100000\nnan\n",
        "logicals": "True\nFalse\n",
        "texts": '"a ""b"", c"\n"\\ ä\n\x01"\n\n',
        "frame": "x,0.5\ny,1.0\n",
        "list": "1.0\n1.0,2.0\nx\n",
    }
    mounts = {"/opt/program/algorithm.R": ALGORITHMS / "shapes.R"}
    with endpoint(image, None, mounts=mounts) as served:
        for shape, text in shapes.items():
            body = "\n".join([shape] * len(json.loads(text)))
            assert served.invoke(body, Accept="application/json").text == f'{{"predictions":{text}}}\n'
            if shape in as_csv:
                assert served.invoke(body).body.decode() == as_csv[shape]
        answer = served.invoke("closure")
        assert (answer.status, "not a function" in answer.text) == (500, True)
