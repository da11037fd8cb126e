"""``smscaffold list``, ``--help``, ``--version``, and templates that other packages bring."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from cli_helpers import CHECKOUT, Run
from shared_helpers import write

from smscaffold import __version__
from smscaffold.history.record import releases

PYTHON_FLASK = {"name": "python-flask", "language": "Python", "framework": "Flask", "origin": "built-in"}


def test_table(run: Run) -> None:
    done = run("list")
    head, *rows = done.stdout.splitlines()
    assert head.split() == ["NAME", "TITLE", "FROM"]
    released = releases("python-flask")[-1].tag.removeprefix("v")
    assert next(row for row in rows if row.startswith("python-flask ")).endswith(f"  built-in {released}")
    assert max(map(len, (head, *rows))) <= 80
    assert "_shared" not in done.stdout


def test_json(run: Run) -> None:
    templates = json.loads(run("list", "--json").stdout)
    flask = next(each for each in templates if each["name"] == "python-flask")
    assert set(flask) == {"name", "language", "framework", "title", "version", "origin"}
    released = [each.tag.removeprefix("v") for each in releases("python-flask")]
    assert flask == {**flask, **PYTHON_FLASK, "version": [__version__, *released][-1]}
    assert all(each.values() for each in templates)


@pytest.fixture
def acme(tmp_path: Path, template: Path) -> dict[str, str]:
    """An installed package with a template, which must not be imported."""
    site = tmp_path / "site"
    write(site / "acme_templates" / "__init__.py", "raise RuntimeError('imported')\n")
    (template).rename(site / "acme_templates" / "churn")
    write(site / "acme_templates" / "broken" / "copier.yml", "a: [\n")
    write(site / "acme-1.2.dist-info" / "METADATA", "Metadata-Version: 2.1\nName: acme\nVersion: 1.2\n")
    write(
        site / "acme-1.2.dist-info" / "entry_points.txt",
        "[smscaffold.templates]\nacme = acme_templates\ngone = not_there\n",
    )
    return {"PYTHONPATH": os.pathsep.join([str(CHECKOUT), str(site)])}


def test_a_package_brings_templates(run: Run, acme: dict[str, str], work: Path) -> None:
    done = run("list", "--json", env=acme)
    churn = next(each for each in json.loads(done.stdout) if each["name"] == "acme/churn")
    assert (churn["version"], churn["origin"], churn["title"]) == ("1.2", "acme 1.2", "A stub")
    assert "broken" in done.stderr
    assert "is not a copier configuration" in done.stderr
    done = run("new", "x", "-t", "acme/churn", "--defaults", "--no-git", env=acme)
    assert done.returncode == 0
    assert "acme 1.2 brings no history of acme/churn: no later updates from it" in done.stderr
    answers = (work / "x" / ".copier-answers.yml").read_text()
    assert "_src_path: git+smscaffold://acme/churn\n" in answers
    assert "_commit" not in answers


def test_it_is_proposed_too(run: Run, acme: dict[str, str]) -> None:
    assert "did you mean 'acme/churn'?" in run("new", "-y", "-t", "acme/chrun", env=acme).stderr


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["list"], ["list", "--json"], ["new", "--help"]])
def test_nothing_heavy_is_imported(words: list[str], environment: dict[str, str]) -> None:
    program = (
        "import sys, atexit\n"
        "atexit.register(lambda: print('loaded', *sys.modules, file=sys.stderr))\n"
        "from smscaffold.cli import main\n"
        f"sys.exit(main({words!r}))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    loaded = set(done.stderr.split())
    assert "smscaffold.cli" in loaded
    assert not loaded & {"copier", "docker", "questionary", "prompt_toolkit", "pydantic", "jinja2", "requests"}
    if "list" not in words:
        assert not loaded & {"yaml", "importlib.metadata", "subprocess"}


def test_version(run: Run) -> None:
    assert run("--version").stdout == f"smscaffold {__version__}\n"


def test_without_a_command_there_is_help(run: Run) -> None:
    done = run()
    assert done.returncode == 2
    assert "new" in done.stdout
