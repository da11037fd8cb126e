"""What any release has made comes to the next one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from update_helpers import CHECKOUT, Result, append, copy_checkout, release, users_files

from smscaffold.history import record

HISTORY = Path("smscaffold", "history")
NEXT = "99.0.0"
Run = Callable[..., Result]
METRIC = 'METRIC = r"validation:accuracy=(.*?);"\n'
SLOW = 'SLOW = {"max_depth": 100, "folds": 50}\n'


def old_releases() -> Iterator[Any]:
    """(template, tag) of each; the very first one has most to go through."""
    for number, each in enumerate(record.read_record()):
        if (CHECKOUT / "templates" / each.template).is_dir():
            marks = [pytest.mark.exhaustive] * (number > 0)
            yield pytest.param(each.template, each.tag, id=f"{each.template}-{each.tag}", marks=marks)


@pytest.fixture(scope="session")
def next_version(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sources of the package with all its releases, and one more of the templates as they are now."""
    sources = copy_checkout(tmp_path_factory.mktemp("next") / "smscaffold")
    for path in (CHECKOUT / HISTORY).iterdir():
        if path.suffix == ".bundle" or path.name == record.RECORD:
            shutil.copy(path, sources / HISTORY)
    append(sources / "templates" / "_shared" / "questions" / "common.yml", "# changed, so that all are released\n")
    done = release(sources, NEXT)
    assert done.returncode == 0, done.stderr
    return sources


@pytest.fixture
def smscaffold(next_version: Path, tmp_path: Path) -> Run:
    """A function that runs the next version's command line, which has to succeed."""

    def run(*words: str, cwd: Path = tmp_path) -> Result:
        environment = {**os.environ, "PYTHONPATH": str(next_version)}
        command = [sys.executable, "-m", "smscaffold", *words]
        done = subprocess.run(
            command, cwd=cwd, env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done

    return run


@pytest.mark.parametrize(("template", "tag"), list(old_releases()))
def test_a_folder_of_it_is_updated(template: str, tag: str, smscaffold: Run, tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    for folder, ref in ((old, tag), (new, f"v{NEXT}")):
        smscaffold(
            "new", str(folder), "-y", "--quiet", f"--template={template}", f"--ref={ref}", "-dproject_name=model"
        )
    append(old / "Dockerfile", "# mine\n")
    subprocess.run(["git", "commit", "--quiet", "--all", "--message", "Edit"], cwd=old, check=True)
    smscaffold("update", "--quiet", cwd=old)
    assert (old / "Dockerfile").read_text() == (new / "Dockerfile").read_text() + "# mine\n"
    answers = yaml.safe_load((old / ".copier-answers.yml").read_text())
    assert answers["_commit"] == f"v{NEXT}"
    own = [f":(exclude){name}" for name in ["Dockerfile", *users_files(CHECKOUT / "templates" / template)]]
    subprocess.run(["git", "fetch", "--quiet", str(new)], cwd=old, check=True)
    diff = ["git", "diff", "FETCH_HEAD", "--", ".", *own]
    assert subprocess.run(diff, cwd=old, capture_output=True, text=True, check=True).stdout == ""


R, PYTHON = ("r-plumber", "v0.4.3"), ("python-flask", "v0.5.0")
EDITS = {
    "metric": (METRIC, 'METRIC = r"rmse=(.*?);"\n'),
    "metric in two lines": (METRIC, '# of the regression\nMETRIC = r"rmse=(.*?);"\n'),
    "slow": (SLOW, 'SLOW = {"epochs": 1000}\n'),
    "slow in two lines": (SLOW, "# it trains in one go\nSLOW = None\n"),
}
IN_CI = ((R, "metric in two lines"), (PYTHON, "metric"), (PYTHON, "slow in two lines"))


@pytest.mark.parametrize(
    ("template", "tag", "line", "edited"),
    [
        pytest.param(
            *old, *EDITS[edit], id=f"{edit}-{old[0]}", marks=[pytest.mark.exhaustive] * ((old, edit) not in IN_CI)
        )
        for old in (R, PYTHON)
        for edit in EDITS
    ],
)
def test_what_was_said_in_conftest_stays_without_a_conflict(
    template: str, tag: str, line: str, edited: str, smscaffold: Run, tmp_path: Path
) -> None:
    """Releases up to 0.5.0 sent users there; smscaffold-check.toml is for what is said today."""
    folder = tmp_path / "model"
    smscaffold("new", str(folder), "-y", "--quiet", f"--template={template}", f"--ref={tag}")
    conftest = folder / "tests" / "conftest.py"
    old = conftest.read_text()
    assert old.count(line) == 1
    conftest.write_text(old.replace(line, edited))
    subprocess.run(["git", "commit", "--quiet", "--all", "--message", "Edit"], cwd=folder, check=True)
    smscaffold("update", "--quiet", cwd=folder)
    new = conftest.read_text()
    assert new.count(edited) == 1
    assert "smscaffold-check.toml" in new, "what the new version brings"
    fresh = tmp_path / "fresh"
    smscaffold("new", str(fresh), "-y", "--quiet", f"--template={template}", "-dproject_name=model")
    assert new == (fresh / "tests" / "conftest.py").read_text().replace(line, edited)
