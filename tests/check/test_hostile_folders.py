"""Folders of strangers: `smscaffold check` reads their small files with a bound, and refuses in one sentence."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from check_helpers import CHECKOUT
from shared_helpers import write

CONFTEST = "tests/conftest.py"
SETTINGS = "smscaffold-check.toml"
HYPERPARAMETERS = "local_test/opt_ml/input/config/hyperparameters.json"
#: reads the folder as the command does, before anything is built, with at most 1 GiB of memory
READ = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30))
from pathlib import Path
from smscaffold.contract.preparing import _check_metric
from smscaffold.contract.subject import from_folder, targets
from smscaffold.errors import CannotCheckError
try:
    _check_metric(from_folder(Path(sys.argv[1])).metric)
    targets(Path(sys.argv[1]))
except CannotCheckError as error:
    print(error)
"""


def refusal(folder: Path) -> str:
    """The sentence with which a folder is refused."""
    done = subprocess.run(
        [sys.executable, "-c", READ, str(folder)], cwd=CHECKOUT, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.removesuffix("\n")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with nothing but a Dockerfile."""
    return write(tmp_path / "model" / "Dockerfile", "FROM scratch\n").parent


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        (HYPERPARAMETERS, '{"a":' + "[" * 100_000 + "]" * 100_000 + "}", "it is nested more than 100 levels deep"),
        (HYPERPARAMETERS, '{"a":' + "[" * 300 + "]" * 300 + "}", "it is nested more than 100 levels deep"),
        (CONFTEST, f"SLOW = {'-' * 100_000}1\n", "it is nested too deeply"),
        (CONFTEST, f"SLOW = 1{'+1' * 100_000}\n", "it is nested too deeply"),
        (CONFTEST, f"SLOW = a{'.a' * 100_000}\n", "it is nested too deeply"),
        (CONFTEST, f"SLOW = {'(' * 150}{'[' * 5000}\n", "is not Python: too many nested parentheses"),
        (CONFTEST, f"METRIC = {'(' * 10_000 + 'a' + ')' * 10_000!r}\n", "is no regular expression"),
        (CONFTEST, "METRIC = 'a{99999999999999999999}'\n", "is no regular expression"),
        (SETTINGS, f"a = {'[' * 16_000}\n", "is not TOML: it is nested too deeply"),
        (SETTINGS, f"a{'.a' * 8_000} = 1\n", "has no setting 'a'"),
        (SETTINGS, f"slow_hyperparameters.a{'.a' * 8_000} = 1\n", "slow_hyperparameters must give 'a' a text"),
        (SETTINGS, f"{'a' * 16_000} = 1\n", "has no setting 'aaaa"),
        (
            SETTINGS,
            f"slow_hyperparameters = {{a = 0x{'f' * 16_000}}}\n",
            "must give 'a' a text, a number of at most 64",
        ),
        (SETTINGS, f"slow_hyperparameters = {{a = {'9' * 16_000}}}\n", "is not TOML: "),
        (SETTINGS, f"metric = '{'(' * 8_000}{')' * 8_000}'\n", "metric is no regular expression"),
        (SETTINGS, "metric = 'a{99999999999999999999}'\n", "metric is no regular expression"),
    ],
)
def test_what_is_nested_for_ever_is_refused_in_a_sentence(folder: Path, name: str, content: str, reason: str) -> None:
    write(folder / name, content)
    said = refusal(folder)
    assert reason in said
    assert len(said) < 1000


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda path: os.mkfifo(path), "cannot be read: it is not a plain file"),
        (lambda path: path.mkdir(), "cannot be read: Is a directory"),
        (lambda path: path.symlink_to("/dev/zero"), "cannot be read: it is a link"),
        (lambda path: path.symlink_to("Dockerfile"), "cannot be read: it is a link"),
        (lambda path: path.symlink_to(path.name), "cannot be read: it is a link"),
        (lambda path: path.write_bytes(b"#" * (2**14 + 1)), "cannot be read: it is larger than 16 KiB"),
    ],
)
def test_settings_are_a_small_plain_file(folder: Path, make: Callable[[Path], object], reason: str) -> None:
    make(folder / SETTINGS)
    assert refusal(folder) == f"{folder / SETTINGS} {reason}"


@pytest.mark.parametrize("name", ["Dockerfile", HYPERPARAMETERS, CONFTEST])
@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda path: os.mkfifo(path), "cannot be read: it is not a plain file"),
        (lambda path: path.mkdir(), "cannot be read: Is a directory"),
        (lambda path: path.symlink_to("/dev/zero"), "by a link"),
        (lambda path: path.symlink_to(__file__), "by a link"),
        (lambda path: path.write_bytes(b"#" * (2**20 + 1)), "is larger than 1 MiB"),
    ],
)
def test_what_is_no_small_plain_file_is_refused(
    folder: Path, name: str, make: Callable[[Path], object], reason: str
) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    make(path)
    said = refusal(folder)
    assert str(path) in said
    assert reason in said


@pytest.mark.parametrize("name", ["Dockerfile", HYPERPARAMETERS, CONFTEST])
def test_a_link_to_itself_ends(folder: Path, name: str) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.symlink_to(path.name)
    assert f"{path} cannot be read" in refusal(folder)
