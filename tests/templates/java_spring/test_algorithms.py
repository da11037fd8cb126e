"""Other models than the sample: what a user replaces is Algorithm.java, and nothing else has to change."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from smscaffold.sagemaker_local import Endpoint, endpoint, train

from .conftest import ALGORITHMS, Compile, Mounts

pytestmark = pytest.mark.docker
CSV, JSON, LINES = "text/csv", "application/json", "application/jsonlines"

PASSENGERS = """age,fare,port,survived
22,7.25,Southampton,no
38,71.3,Cherbourg,yes
,7.9,Southampton,no
35,53.1,,yes
35,8.05,Southampton,no
54,51.9,Cherbourg,yes
"""


def test_a_numeric_regression(image: str, compiled: Compile, tmp_path: Path) -> None:
    mounts = compiled((ALGORITHMS / "Regression.java").read_text())
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "part-0").write_text("1,3\n2,5\n")  # no header, no suffix
    (tmp_path / "data" / "part-1").write_text("3,7\n4,9")
    given = {"degree": '"1"', "center": "False", "name": '"x"', "list": "[1]", "unknown": "1"}
    result = train(image, tmp_path / "job", {"train": tmp_path / "data"}, mounts=mounts, hyperparameters=given)
    assert result.exit_code == 0, result.logs
    assert "given: {degree=1, center=false, name=x, list=[1]}" in result.logs
    assert "hyperparameter unknown is not used: Algorithm knows degree, center, name, list" in result.logs
    with endpoint(image, result.model, mounts=mounts) as served:
        assert served.invoke("5\n6.5\n").text == "11.0\n14.0\n"
        assert served.invoke('[{"x": 5}]', JSON).text == '{"predictions":[11.0]}\n'
        assert served.invoke("x\n5", CSV).text == "11.0\n"
        first = served.invoke("1\n2")  # one container's answer can be the next one's request (H41)
        assert served.invoke(first.body, first.headers["Content-Type"]).text == "7.0\n11.0\n"
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


def test_the_readmes_model_for_text_and_missing_values(
    image: str, folder: Path, compiled: Compile, tmp_path: Path
) -> None:
    (code,) = re.findall(r"```java\n(.*?)```", (folder / "algorithm" / "README.md").read_text(), re.DOTALL)
    mounts = compiled(code)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "passengers.csv").write_text(PASSENGERS)
    result = train(image, tmp_path / "job", {"train": tmp_path / "data"}, mounts=mounts)
    assert result.exit_code == 0, result.logs
    assert "train:accuracy=1;" in result.logs
    with endpoint(image, result.model, mounts=mounts) as served:
        assert served.invoke("30,8,Southampton\n,60,\n40,70,Nowhere").text == "no\nyes\nyes\n"
        by_name = served.invoke("port,age,fare,cabin\nSouthampton,30,8,B5", "text/csv; header=present")
        assert by_name.text == "no\n"
        rows = '[{"age": 30, "fare": 8, "port": "Southampton"}, [null, 60, null]]'
        assert served.invoke(rows, JSON).text == '{"predictions":["no","yes"]}\n'
        assert served.invoke("?,1,x").status == 400
        assert served.invoke(",,\n", CSV).status == 200


@pytest.fixture(scope="module")
def echo(compiled: Compile) -> Mounts:
    return compiled((ALGORITHMS / "Echo.java").read_text())


@pytest.fixture(scope="module")
def served(image: str, echo: Mounts) -> Iterator[Endpoint]:
    with endpoint(image, None, mounts=echo) as served:
        yield served


@pytest.mark.parametrize(
    ("media", "body", "answer"),
    [
        (JSON, '[[30, null], [30, "S"]]', ["30.0 null", '30.0 "S"']),
        (CSV, "30,\n,01\nNA,NA", ["30.0 null", 'NaN "01"', 'NaN "NA"']),
        (CSV, '"30", "a ""b"", c"\r\n', ['30.0 "a \\"b\\", c"']),
        (CSV, "number,text\n1,x", ['1.0 "x"']),
        (LINES, '{"text": "a\u2028b", "number": 1}\r\n', ['1.0 "a\u2028b"']),
        ("text/csv; charset=latin-1", "1,\xe4".encode("latin-1"), ['1.0 "ä"']),
        ("text/csv; charset=UTF8", "\ufeff1,ä".encode(), ['1.0 "ä"']),
    ],
)
def test_values_arrive_as_they_were_meant(served: Endpoint, media: str, body: str, answer: list[str]) -> None:
    response = served.invoke(body.encode() if isinstance(body, str) else body, media, Accept=JSON)
    assert (response.status, json.loads(response.body)) == (200, {"predictions": answer})


def test_bad_records_of_a_batch_have_their_reason(image: str, echo: Mounts) -> None:
    """B5"""
    with endpoint(image, None, mounts=echo, environment={"SAGEMAKER_BATCH": "True"}) as batch:
        error = {"error": "row 2: 1 values, expected 2: number, text"}
        answer = json.loads(batch.invoke('[[1, "a"], [2], [3, "c"]]', JSON).body)
        assert answer == {"predictions": ['1.0 "a"', error, '3.0 "c"']}
        lines = batch.invoke('[1, "a"]\n[2]\n{', LINES).text.split("\n")
        assert [next(iter(json.loads(line))) for line in lines] == ["prediction", "error", "error"]
        # a quote that is never closed spoils its own line; a header is a line of the input as well
        assert batch.invoke('1,a\n"2,b\n3,c').text == '"1.0 ""a"""\nERROR\n"3.0 ""c"""'
        assert batch.invoke("number,text").text == "ERROR"


def test_training_data_is_read_as_requests_are(image: str, echo: Mounts, tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_bytes("\ufeffmore,number,text,target\n9,1, 01 ,yes\r\n9,,,no\n".encode())
    result = train(image, tmp_path / "job", {"train": tmp_path}, mounts=echo)
    assert re.findall("read: (.*)", result.logs) == ['1.0 "01" "yes"', 'NaN null "no"'], result.logs
