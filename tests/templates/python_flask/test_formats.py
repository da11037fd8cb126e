"""What the vectors (test_vectors.py) do not try: declarations that cannot be, and long cells."""

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
