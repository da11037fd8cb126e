"""Odd requests and odd training data: read alike, refused with a reason, and in a batch job one answer a record."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from smscaffold.sagemaker_local import run

from ..conftest import Mounts
from ..format_tests import (  # noqa: F401
    CSV,
    JSON,
    LINES,
    batch_of_echo,
    pytest_generate_tests,
    served_echo,
    test_a_type_that_accept_rules_out_is_not_the_answer,
    test_bad_records_of_a_batch_in_json_have_their_reason,
    test_each_record_of_a_batch_has_its_answer,
    test_the_log_does_not_quote_the_payload,
    test_values_arrive_as_they_were_meant,
    test_what_cannot_be_read_is_refused_with_the_reason,
)
from .conftest import algorithm

pytestmark = pytest.mark.docker

VALUES = [
    (JSON, '[[30, null]]', ["30.0 nan"]),
    (JSON, '[[30, null], [30, "S"]]', ["30.0 nan", "30.0 'S'"]),  # as if it had come alone
    (JSON, '[[NaN, "S"]]', ["nan 'S'"]),
    (CSV, "30,\n,01\nNA,NA", ["30.0 nan", "nan '01'", "nan 'NA'"]),
    (CSV, '"30", "a ""b"", c"\r\n', ["30.0 'a \"b\", c'"]),
    (CSV, "number,text\n1,x", ["1.0 'x'"]),
    (CSV, "1," + "x" * 200_000, [f"1.0 '{'x' * 200_000}'"]),
    (LINES, '{"text": "a\u2028b", "number": 1}\r\n', ["1.0 'a\\u2028b'"]),
    ("text/csv; charset=latin-1", "1,\xe4".encode("latin-1"), ["1.0 'ä'"]),
    ("text/csv; charset=Windows_1251", "1,д".encode("cp1251"), ["1.0 'д'"]),
    ("text/csv; charset=utf-16", "1,x".encode("utf-16"), ["1.0 'x'"]),
    ("text/csv; charset=utf-16", "1,x".encode("utf-16-be"), ["1.0 'x'"]),
    ("text/csv; charset=UTF8", "\ufeff1,ä".encode(), ["1.0 'ä'"]),
]  # fmt: skip
REFUSED = [
    (CSV, "\n1,x", "row 1: 0 values, expected 2: number, text"),
    (JSON, '[[true, "x"]]', "row 1: number must be a number, not true"),
    (JSON, f"[[{'9' * 5000}, 1]]", "the body is not JSON: Exceeds the limit (4300 digits)"),
    (JSON, '[[1e999, "x"]]', "row 1: number is not a finite number"),
    (JSON, "5", 'the JSON must be a list of rows or {"instances": [rows]}, with at least one row'),
    ("text/csv; charset=undefined", "1,x", "unknown charset 'undefined': it must be one of utf-8, "),
    ("text/csv; charset=klingon", "1,x", "unknown charset 'klingon': it must be one of utf-8, utf-16, utf-16le, "),
    ("text/csv; charset=punycode", "1,x", "unknown charset 'punycode': it must be one of utf-8, "),
    ("text/csv; charset=", "1,x", "unknown charset '': it must be one of utf-8, "),
    (f"text/csv; charset={'a' * 4000}", "1,x", f"unknown charset '{'a' * 40}': it must be one of utf-8, "),
    (LINES, "[]\n{\n[]", "row 1: 0 values, expected "),  # what comes after the first bad record is not read
    ("text/csv; header=present", "number\rtext\n1,x", "row 1: has a CR without LF"),
    ("text/csv; header=present", "number,text,more\n1,x", "row 1: 2 values, expected 3 as in the header"),
]
BATCHES = [
    (CSV, '1,a\n"2,b\n3,c', "1.0 'a'\nERROR\n3.0 'c'"),  # the quote is never closed
    (CSV, "number,text\n1,a", "ERROR\n1.0 'a'"),  # a header is a line of the input as well
    (CSV, "number,text", "ERROR"),
    (CSV, "\n1,a\n\n2,b\n", "ERROR\n1.0 'a'\nERROR\n2.0 'b'"),
    (CSV, "", "ERROR"),  # a blank line that came alone
    (CSV, "1,a\r\n\r\n\n", "1.0 'a'\nERROR\nERROR"),
    (CSV, "1,a\rb\n2,b", "ERROR\n2.0 'b'"),
    ("text/csv; header=present", "text,number\na,1\nb", "ERROR\n1.0 'a'\nERROR"),
]
BATCHES_IN_JSON = [
    (
        '[[1, "a"], [2], [3, "c"]]',
        ["1.0 'a'", {"error": "row 2: 1 values, expected 2: number, text"}, "3.0 'c'"],
        '[1, "a"]\n[2]\n{',
    )
]


@pytest.fixture(scope="module")
def echo() -> Mounts:
    return algorithm("echo")


@pytest.fixture
def row() -> str:
    return "1,x"


LOAD_TRAIN = """
import importlib.machinery, importlib.util, json, sys
loader = importlib.machinery.SourceFileLoader("train", "/opt/program/train")
train = importlib.util.module_from_spec(importlib.util.spec_from_loader("train", loader))
loader.exec_module(train)
"""
READ = """
import json, sys
from channel_tables import Table
for data in json.loads(sys.argv[1]):
    table = Table(["number", "text", "target"])
    try:
        table.add_csv(data.encode(), "file.csv")
        print([[repr(value) for value in row] for row in table.frame().values.tolist()])
    except ValueError as error:
        print(error)
"""


def test_training_data_is_read_as_requests_are(image: str, echo: Mounts) -> None:
    """What the vectors do not look at: types, places of columns, and the sentences."""
    cases = {
        "number,text,target\n": "",
        "number,text,label\n1,a,yes": "file.csv: the header has no column target",
        "number,text,target\n1,a,yes,": "file.csv, row 1: 4 values, expected 3: number, text, target",
        "1,a,yes\n2,b": "file.csv, row 2: 2 values, expected 3: number, text, target",
        "1, 01 ,yes\r\n,,no": "[['1.0', \"'01'\", \"'yes'\"], ['nan', 'nan', \"'no'\"]]",
        "NA,NA,yes\n": "[['nan', \"'NA'\", \"'yes'\"]]",
        "\ufefftarget , more,number,text\nyes,9,1,2\ntarget , more,number,text\nno,9,3,4":
            "[['1.0', \"'2'\", \"'yes'\"], ['3.0', \"'4'\", \"'no'\"]]",
        "text,target,number,,\na,yes,na,x,y": "[['nan', \"'a'\", \"'yes'\"]]",  # as spreadsheets write it
        '1," ",yes': "[['1.0', 'nan', \"'yes'\"]]",
    }  # fmt: skip
    done = run(image, "python3", "-c", READ, json.dumps(list(cases)), mounts=echo)
    assert done.logs.splitlines() == [*cases.values()]


BLOCKS = """
import random
from channel_tables import CsvReader, Table
cells = ["1", "2.5", "-1e3", ".5", "5.", "1e-320", "0.1", "123456789012345678901", " 7 ", "\\t8", "007", "+3", "", "NA"]
odd = ["nan", "-nan", "inf", "1e999", "1_0", "0x1F", "1d5", "\u0663", "\xa01", "1\x0c", "abc", "true", "1\x1c", "1 2"]

def read(text):
    table = Table(["number", "text", "y"])
    try:
        table.add_csv(text.encode(), "f")
        return repr(table.frame().astype(object).values.tolist())
    except ValueError as error:
        return str(error)

plain = CsvReader.add_plain
random.seed(1)
for _ in range(5000):
    kinds = cells + odd * (random.random() < 0.2)
    text = "\\n".join(",".join(random.choices(kinds, k=3)) for _ in range(random.randint(1, 4)))
    CsvReader.add_plain = plain
    fast = read(text)
    CsvReader.add_plain = lambda self, block: False
    assert fast == read(text), (text, fast, read(text))
print("alike")
"""


@pytest.mark.parametrize("text", ["float", "str"])
def test_blocks_of_plain_training_data_are_read_as_each_record_is(image: str, tmp_path: Path, text: str) -> None:
    """With numbers only, numpy reads them."""
    columns = tmp_path / "algorithm.py"
    columns.write_text(f"COLUMNS = {{'number': float, 'text': {text}}}\nALLOW_MISSING = True\n")
    done = run(image, "python3", "-c", BLOCKS, mounts={"/opt/program/algorithm.py": columns})
    assert done.logs == "alike\n"


WRITE = """
import numpy, pandas, answers, negotiation
for values in (
    [["a", numpy.float32(0.5)], ("b", numpy.int64(3))], [{"p": numpy.array([0.5, numpy.nan])}],
    [1, pandas.NA], ["", " x", 'y"'],
):
    print(*(answers.write_predictions(answers.to_list(values), media) for media in negotiation.TYPES), sep="\\n")
"""


def test_predictions_of_numpy_and_pandas_are_written(image: str) -> None:
    written = run(image, "python3", "-c", WRITE).logs
    assert written.splitlines() == [
        "a,0.5", "b,3", '{"predictions":[["a",0.5],["b",3]]}', '{"prediction":["a",0.5]}', '{"prediction":["b",3]}',
        '"{""p"":[0.5,null]}"', '{"predictions":[{"p":[0.5,null]}]}', '{"prediction":{"p":[0.5,null]}}',
        "1", '""', '{"predictions":[1,null]}', '{"prediction":1}', '{"prediction":null}',
        '""', '" x"', '"y"""', '{"predictions":[""," x","y\\""]}',
        '{"prediction":""}', '{"prediction":" x"}', '{"prediction":"y\\""}',
    ]  # fmt: skip


def test_columns_of_another_type_are_refused_at_the_start(image: str, tmp_path: Path) -> None:
    wrong = tmp_path / "algorithm.py"
    wrong.write_text('COLUMNS = {"a": int}\nALLOW_MISSING = False\n')
    done = run(image, "python3", "-c", "import formats", mounts={"/opt/program/algorithm.py": wrong})
    assert "TypeError: algorithm.py: COLUMNS must give each column the type float or str" in done.logs


def test_hyperparameters_of_a_local_file_need_not_be_text(image: str) -> None:
    typed = LOAD_TRAIN + "print(train.typed('layers', [2, 'a'], list), train.typed('fast', True, bool))"
    assert run(image, "python3", "-c", typed).logs == "[2, 'a'] True\n"


def test_whole_hyperparameters_have_no_limit_but_pythons(image: str) -> None:
    typed = LOAD_TRAIN + "print(train.typed('seed', '1' + '0' * 400, int) == 10**400)"
    assert run(image, "python3", "-c", typed).logs == "True\n"
