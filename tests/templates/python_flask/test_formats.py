"""What the vectors (test_vectors.py) do not try: wrong declarations, large files, values of numpy and pandas."""

from __future__ import annotations

from pathlib import Path

import pytest

from smscaffold.sagemaker_local import run

pytestmark = pytest.mark.docker


def test_columns_of_another_type_are_refused_at_the_start(image: str, tmp_path: Path) -> None:
    wrong = tmp_path / "algorithm.py"
    wrong.write_text('COLUMNS = {"a": int}\nALLOW_MISSING = False\n')
    done = run(image, "python3", "-c", "import formats", mounts={"/opt/program/algorithm.py": wrong})
    assert "TypeError: algorithm.py: COLUMNS must give each column the type float or str" in done.logs


LOAD = """
import importlib.machinery, importlib.util
loader = importlib.machinery.SourceFileLoader("train", "/opt/program/train")
train = importlib.util.module_from_spec(importlib.util.spec_from_loader("train", loader))
loader.exec_module(train)
"""


def test_hyperparameters_of_a_local_file_need_not_be_text(image: str) -> None:
    typed = LOAD + "print(train.typed('layers', [2, 'a'], list), train.typed('fast', True, bool))"
    assert run(image, "python3", "-c", typed).logs == "[2, 'a'] True\n"


def test_a_default_without_a_usable_type_is_told_whether_or_not_the_job_sends_it(image: str) -> None:
    typed = LOAD + "train.typed_hyperparameters({}, {'depth': None})"
    said = "algorithm.py: the default of depth must be text, a number, a bool, a list or a dict, not None"
    assert said in run(image, "python3", "-c", typed).logs


def test_whole_hyperparameters_may_be_of_any_length(image: str) -> None:
    typed = LOAD + "print(train.typed('seed', '1' + '0' * 400, int) == 10**400)"
    assert run(image, "python3", "-c", typed).logs == "True\n"


READ_BLOCKS = """
from channel_tables import Table

rows = ["1.5,setosa", '2,"a, ""b"" "', 'NA,"two\\nlines"'] + ["3," + "x" * 60] * 40_000
table = Table(["sepal_length", "species"])
table.add_csv("\\n".join(["sepal_length,species", *rows, *rows]).encode(), "file.csv")
frame = table.frame()
print(len(frame), frame["species"][:3].tolist(), frame["sepal_length"][[0, 1, 3]].tolist(), frame["species"].nunique())
"""


def test_a_file_larger_than_a_block_is_read_as_a_small_one(image: str) -> None:
    """Plain blocks are read column by column, others record by record."""
    done = run(image, "python3", "-c", READ_BLOCKS)
    assert done.logs == "80006 ['setosa', 'a, \"b\" ', 'two\\nlines'] [1.5, 2.0, 3.0] 4\n"


BLOCKS = """
import random
from channel_tables import CsvReader, Table
cells = ["1", "2.5", "-1e3", ".5", "5.", "1e-320", "0.1", "123456789012345678901", " 7 ", "\\t8", "007", "+3", "", "NA"]
cells += ['"1"', '" 2"', '""', '"a"', '"a,b"', '"a\\nb"',  '"a""b"', '"a\\rb"', ' "c"', '"c" ', '"d ']
odd = ["nan", "-nan", "inf", "1e999", "1_0", "0x1F", "1d5", "\u0663", "\xa01", "1\x0c", "abc", "true", "1\x1c", "1 2"]

def read(text, names):
    table = Table(names)
    try:
        table.add_csv(text.encode(), "f")
        return repr(table.frame().astype(object).values.tolist())
    except ValueError as error:
        return str(error)

plain = CsvReader.add_plain
random.seed(1)
for _ in range(1500):
    kinds = cells + odd * (random.random() < 0.2)
    names = random.choice([["number", "text", "y"], ["y"]])
    text = "\\n".join(",".join(random.choices(kinds, k=len(names))) for _ in range(random.randint(1, 4)))
    CsvReader.add_plain = plain
    fast = read(text, names)
    CsvReader.add_plain = lambda self, block: False
    assert fast == read(text, names), (text, fast, read(text, names))
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
