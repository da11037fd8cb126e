"""What runs in other people's CI: pytest's plugin, GitHub's action, GitLab's job."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from check_helpers import CHECKOUT, StandIns
from hostile_text import HOSTILE, harmful
from shared_helpers import write

needs_docker = pytest.mark.docker
INPUT = r"\$\{\{ inputs\.(\w+) \}\}"


def run_pytest(folder: Path, *words: str) -> str:
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", "-rA", *words]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True).stdout


@needs_docker
def test_the_plugin_has_a_test_for_each_clause(stand_ins: StandIns, tmp_path: Path) -> None:
    write(tmp_path / "test_mine.py", "def test_mine() -> None:\n    pass\n")
    image = stand_ins.build('USER 1000\nENTRYPOINT ["tini"]')
    said = run_pytest(tmp_path, f"--smscaffold-image={image}", "--smscaffold-check=--select T3,T4,T8,R10")
    found = {name: outcome for outcome, name in re.findall(r"^(PASSED|FAILED|XFAIL) (\S+)", said, re.M)}
    assert found == {
        "test_mine.py::test_mine": "PASSED",
        "::smscaffold::T3": "PASSED",
        "::smscaffold::R10": "PASSED",
        "::smscaffold::T4": "XFAIL",
        "::smscaffold::T8": "FAILED",
    }
    assert re.search(r"^ +mend +Remove USER from the Dockerfile", said, re.M)
    assert "Traceback" not in said
    said = run_pytest(tmp_path, f"--smscaffold-image={image}", "-k", "R10 or T8")
    assert "1 failed, 1 passed" in said


def test_the_plugin_names_mistakes(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--smscaffold-image=x"]
    for words, reason in (
        (["--smscaffold-check=--quik"], "there is no option --quik (did you mean '--quick'?)"),
        (["--smscaffold-check=--select X9"], "there is no clause X9"),
        (["--smscaffold-folder=y"], "give --smscaffold-image or --smscaffold-folder, not both"),
    ):
        done = subprocess.run([*command, *words], cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 4
        assert reason in done.stderr, done.stderr


HOSTILE_CONFTEST = """
from smscaffold import check
from smscaffold.contract.catalogue import rules
from smscaffold.contract.clause import Evidence
from smscaffold.contract.report import Report
from smscaffold.contract.runner import Result

TEXT = {text!r}
KNOWN = rules()
RESULTS = [
    Result(KNOWN["T8"], "fail", findings=(Evidence(TEXT, TEXT, TEXT, TEXT),)),
    Result(KNOWN["T4"], "fail", findings=(Evidence(TEXT, TEXT, TEXT, TEXT),)),
    Result(KNOWN["T5"], "fail", findings=(Evidence("", "", TEXT, ""),), accepted=TEXT),
    Result(KNOWN["T3"], "pass", TEXT),
    Result(KNOWN["H1"], "skip", TEXT, proven=False),
    Result(KNOWN["H51"], "skip", TEXT),
]


def pytest_configure(config):
    check.examine = lambda *_, **__: Report({{}}, RESULTS, 0)
"""


def test_the_plugin_shows_no_hostile_text(tmp_path: Path) -> None:
    write(tmp_path / "conftest.py", HOSTILE_CONFTEST.format(text=HOSTILE))
    said = run_pytest(tmp_path, "--smscaffold-image=x", "--smscaffold-check=--select T3,T4,T5,T8,H1,H51")
    assert "2 failed, 1 passed, 1 skipped, 2 xfailed" in said
    assert harmful(said) == []


def test_without_its_options_the_plugin_does_nothing(tmp_path: Path) -> None:
    mine = "import sys\n\n\ndef test_mine() -> None:\n    assert 'docker' not in sys.modules\n"
    write(tmp_path / "test_mine.py", mine)
    assert "1 passed" in run_pytest(tmp_path)


@needs_docker
def test_the_steps_of_the_action(stand_ins: StandIns, tmp_path: Path) -> None:
    """They are run as GitHub's runner runs them: bash with -e, and files for outputs and the summary."""
    action = yaml.safe_load((CHECKOUT / "action.yml").read_text())
    image = stand_ins.build("USER 1000")
    inputs = {name: about.get("default", "") for name, about in action["inputs"].items()}
    inputs |= {"target": image, "options": "--profile static --ignore R11"}
    environment = {
        **os.environ,
        "RUNNER_TEMP": str(tmp_path),
        "GITHUB_ACTION_PATH": str(CHECKOUT),
        "GITHUB_OUTPUT": str(tmp_path / "output"),
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
    }
    for step in action["runs"]["steps"]:
        given = {name: inputs[re.sub(INPUT, r"\1", text)] for name, text in step.get("env", {}).items()}
        assert "${{" not in step["run"], "inputs in a script could run anything"
        shell = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
        done = subprocess.run(shell, cwd=tmp_path, env={**environment, **given}, capture_output=True, text=True)
        if done.returncode:
            break
    assert (step["name"], done.returncode) == ("Check the container", 1), done.stderr
    assert re.search(r"^::error file=Dockerfile,line=1,title=T8 \(MUST\) is broken::", done.stdout, re.M)
    assert (tmp_path / "summary").read_text().startswith("## ❌ smscaffold check: ")
    outputs = dict(line.split("=", 1) for line in (tmp_path / "output").read_text().splitlines())
    assert json.loads(Path(outputs["json"]).read_text())["exit_code"] == 1
    assert json.loads(Path(outputs["sarif"]).read_text())["version"] == "2.1.0"
    assert {name: f"${{{{ steps.check.outputs.{name} }}}}" for name in outputs} == {
        name: about["value"] for name, about in action["outputs"].items()
    }


@needs_docker
@pytest.mark.exhaustive
def test_the_job_of_gitlab(stand_ins: StandIns, tmp_path: Path) -> None:
    job = yaml.safe_load((CHECKOUT / "ci" / "gitlab.yml").read_text())["smscaffold-check"]
    variables = {**os.environ, **job["variables"], "CI_BUILDS_DIR": str(tmp_path / "builds")}
    variables |= {"SMSCAFFOLD_SOURCE": str(CHECKOUT), "SMSCAFFOLD_OPTIONS": "--profile static"}
    variables |= {"SMSCAFFOLD_TARGET": stand_ins.build("USER 1000")}
    script = ["bash", "-ec", "\n".join(job["script"])]
    done = subprocess.run(script, cwd=tmp_path, env=variables, capture_output=True, text=True)
    assert done.returncode == 1, done.stderr
    kept = job["artifacts"]["reports"]
    assert json.loads((tmp_path / kept["codequality"]).read_text())[0]["check_name"] == "smscaffold/T8"
    assert (tmp_path / kept["junit"]).read_text().count("<failure") == 1
