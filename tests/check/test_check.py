"""The command: what it takes, what it prints, how it ends, and that it leaves nothing behind."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest
from check_helpers import CHECKOUT, LOCAL, StandIns, check, fault
from shared_helpers import write

from smscaffold import cli
from smscaffold.contract.catalogue import PROFILES
from smscaffold.contract.lab import LABEL
from smscaffold.errors import CannotCheckError

Run = Callable[..., "subprocess.CompletedProcess[str]"]
DATA = ("--train-data", LOCAL / "opt_ml/input/data/train")
needs_docker = pytest.mark.docker


def command(*words: object) -> list[str]:
    return [sys.executable, "-m", "smscaffold", "check", *map(str, words)]


def run(*words: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(*words), env={**os.environ, **environment}, capture_output=True, text=True)


# --- without an engine -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", [["--list"], ["--list", "--json"], ["--explain", "H11"], ["--help"]])
def test_what_needs_no_engine_imports_nothing_heavy(words: list[str]) -> None:
    script = (
        "import sys; from smscaffold.cli import main\n"
        f"try: main(['check', *{words!r}])\nexcept SystemExit: pass\n"
        "print({'docker', 'copier', 'requests'} & set(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stderr == "set()\n"


def test_list_names_every_clause_once_and_says_which_are_checked() -> None:
    clauses = json.loads(run("--list", "--json").stdout)
    ids = [clause["id"] for clause in clauses]
    assert len(ids) == len(set(ids)) > 100
    assert all(clause.keys() == {"id", "title", "strength", "profile", "checked"} for clause in clauses)
    checked = [clause for clause in clauses if clause["checked"]]
    assert {clause["profile"] for clause in checked} <= set(PROFILES)
    assert {clause["strength"] for clause in checked} <= {"MUST", "SHOULD", "MAY"}
    by_id = {clause["id"]: clause for clause in clauses}
    assert by_id["H11"]["checked"]
    assert (by_id["M3"]["profile"], by_id["M3"]["checked"]) == ("mme", False)


def test_each_checked_clause_can_be_explained_and_mended() -> None:
    for clause in json.loads(run("--list", "--json").stdout):
        if clause["checked"]:
            from smscaffold.contract.telling import explained

            text = explained(clause["id"])
            assert re.search(r"^(Rule|Container|Platform): ", text, re.M), clause["id"]
            assert re.search(r"^Source: ", text, re.M), clause["id"]
            assert re.search(r"^Mend: ", text, re.M), clause["id"]


def test_explain_knows_clauses_without_a_check_and_proposes_names() -> None:
    assert "without a check" in run("--explain", "M3").stdout
    done = run("--explain", "H1111")
    assert (done.returncode, done.stderr) == (2, "smscaffold: error: there is no clause H1111 (did you mean 'H11'?)\n")


def test_ids_are_known_in_any_case() -> None:
    from smscaffold.contract.catalogue import rules
    from smscaffold.contract.runner import chosen
    from smscaffold.contract.telling import explained

    assert explained("h11") == explained("H11")
    known = rules().values()
    assert [rule.id for rule in chosen(known, ["t1", "h"], [], [])] == [
        rule.id for rule in chosen(known, ["T1", "H"], [], [])
    ]
    assert "T8" not in [rule.id for rule in chosen(known, [], ["t8"], [])]
    with pytest.raises(CannotCheckError, match="^M3: known, but without a check"):
        chosen(known, ["m3"], [], [])


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("import nothing_like_it\n", "the clauses of example_clauses cannot be loaded: ModuleNotFoundError"),
        (
            "from smscaffold.contract import Clause\nclass EX1(Clause):\n    def check(self): ...\n",
            "clause EX1 needs a docstring, a strength and a profile",
        ),
    ],
)
def test_clauses_of_others_that_cannot_be_used(tmp_path: Path, text: str, reason: str) -> None:
    write(tmp_path / "example_clauses.py", text)
    write(tmp_path / "example-1.dist-info" / "METADATA", "Metadata-Version: 2.1\nName: example\nVersion: 1\n")
    write(tmp_path / "example-1.dist-info" / "entry_points.txt", "[smscaffold.clauses]\nexample = example_clauses\n")
    done = run("--list", PYTHONPATH=f"{CHECKOUT}:{tmp_path}")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"smscaffold: error: {reason}")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ([], "what is to be checked? Give an image, a folder, --train-image or --serve-image"),
        (["x", "--select", "Q1"], "there is no clause Q1"),
        (["x", "--select", "M3"], "M3: known, but without a check"),
        (
            ["x", "--profile", "serv"],
            "no clauses with a check in profile 'serv' (did you mean 'serve', 'serve-plus' or 'serverless'?)",
        ),
        (["x", "--output", "/no/where"], "/no/where cannot be written: there is no folder /no"),
    ],
)
def test_wrong_words_are_refused_with_a_reason(words: list[str], reason: str) -> None:
    done = run(*words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"smscaffold: error: {reason}")
    assert done.stderr.count("\n") == 1


def test_without_an_engine_it_cannot_check() -> None:
    done = run("x", DOCKER_HOST="unix:///nowhere.sock")
    assert done.returncode == 2
    assert done.stderr == (
        "smscaffold: error: No Docker engine answers: start Docker, or set DOCKER_HOST, and try again; "
        "`smscaffold doctor` looks closer\n"
    )


# --- with one --------------------------------------------------------------------------------------------------------


@needs_docker
def test_an_image_that_is_not_there_is_refused_with_the_reason() -> None:
    done = run("smscaffold-test/nowhere")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("smscaffold: error: there is no image smscaffold-test/nowhere on this machine")


@needs_docker
def test_a_build_that_fails_ends_it_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM python:3.13-slim-trixie\nRUN echo that is why; exit 7\n")
    done = run(tmp_path)
    assert done.returncode == 2
    assert "that is why" in done.stderr


@needs_docker
def test_exit_codes(stand_ins: StandIns) -> None:
    good, wrong = stand_ins.build(), stand_ins.build("USER 1000")
    assert run(good, "--profile", "static").returncode == 0
    assert run(wrong, "--profile", "static").returncode == 1
    assert run(wrong, "--profile", "static", "--ignore", "T8").returncode == 0
    unproven = run(good, "--profile", "train")
    assert unproven.returncode == 2
    assert "give the data to train on: --train-data DIR" in unproven.stdout


@needs_docker
def test_a_broken_clause_comes_with_evidence_and_blocks_those_that_require_it(stand_ins: StandIns) -> None:
    done = run(stand_ins.build(fault("no_model")), "--select", "T1,T30", *DATA)
    assert done.returncode == 1
    assert re.search(
        r"✗ T1 .*\n +sent +docker run IMAGE train\n +expected +files in /opt/ml/model\n +came", done.stdout
    )
    assert re.search(r"^ +log +round=", done.stdout, re.M)
    assert re.search(r"^ +mend +Have an executable", done.stdout, re.M)
    assert "T1 does not hold, so this clause was not checked: T30" in done.stdout


@needs_docker
def test_one_fault_of_a_server_hides_no_other(stand_ins: StandIns, model: Path) -> None:
    found = check(stand_ins.build(fault("no_parameters")), "H14", "H20", "H53", model=model)
    assert {name: result.outcome for name, result in found.items()} == {"H14": "fail", "H20": "pass", "H53": "pass"}


@needs_docker
def test_with_a_payload_that_is_not_answered_only_its_clause_is_broken(stand_ins: StandIns, model: Path) -> None:
    given = {"payloads": [LOCAL / "payloads" / "iris.csv"], "content_types": ["application/x-made-up"]}
    found = check(stand_ins.build(), "H11", "H14", "H53", model=model, **given)
    assert {name: result.outcome for name, result in found.items()} == {"H11": "skip", "H14": "fail", "H53": "skip"}
    assert not found["H53"].proven
    assert "the application/x-made-up payload gets 415" in found["H53"].seen


@needs_docker
def test_reports_for_programs(stand_ins: StandIns, tmp_path: Path) -> None:
    image, file = stand_ins.build("USER 1000"), tmp_path / "report"
    found = json.loads(run(image, "--select", "T3,T8", "--format", "json").stdout)
    assert {clause["id"]: clause["outcome"] for clause in found["clauses"]} == {"T3": "pass", "T8": "fail"}
    assert found["clauses"][1]["evidence"]["came"] == "USER 1000"
    done = run(image, "--select", "T3,T8", "--format", "junit", "--output", file)
    assert "USER 1000" in done.stdout, "the terminal shows the text"
    (suite,) = ElementTree.parse(file).getroot()
    assert {name: suite.get(name) for name in ("name", "tests", "failures")} == {
        "name": "static",
        "tests": "2",
        "failures": "1",
    }
    assert suite.find("testcase/failure") is not None
    assert [path.name for path in tmp_path.iterdir()] == ["report"]


def test_every_input_of_the_command_line_is_handed_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from smscaffold import check as command_module

    requests: list[command_module.Request] = []
    monkeypatch.setattr(command_module, "check", lambda request, console: requests.append(request))
    file = str(tmp_path / "file")
    given = {
        "--train-image": file,
        "--serve-image": file,
        "--train-data": file,
        "--hyperparameters": file,
        "--slow-hyperparameters": file,
        "--metric": file,
        "--model": file,
        "--payload": file,
        "--content-type": file,
    }
    cli.check(cli._parser().parse_args(["check", "target", *(word for pair in given.items() for word in pair)]))
    given_by = {name: value for name, value in vars(requests[0].given).items() if name != "folder"}
    assert all(given_by.values()), requests[0].given


@needs_docker
def test_a_folder_is_built_first_and_brings_its_inputs(tmp_path: Path) -> None:
    folder = tmp_path / "my-model"
    subprocess.run([sys.executable, "-m", "smscaffold", "new", folder, "-y", "--no-git", "--quiet"], check=True)
    done = run(folder, "--select", "T1,T25,H14")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "application/jsonlines" in done.stdout
    assert done.stdout.startswith("train: smscaffold-check/my-model:latest\nserve: smscaffold-check/my-model:latest\n")
    kept = json.loads((folder / ".smscaffold" / "check.json").read_text())
    assert (kept["exit_code"], kept["language"]) == (0, "Python")
    assert re.findall(r"^smscaffold: (\d) of 3 clauses: (?:T1|T25|H14) holds", done.stderr, re.M) == ["1", "2", "3"]


@needs_docker
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_whatever_ends_it_leaves_nothing(stand_ins: StandIns, number: signal.Signals, tmp_path: Path) -> None:
    def mine() -> set[str]:
        listed = subprocess.run(
            ["docker", "ps", "--all", "--quiet", "--filter", f"label={LABEL}", "--filter", f"ancestor={image}"],
            check=True,
            capture_output=True,
            text=True,
        )
        return set(listed.stdout.split())

    # an image of its own: the engine counts containers of an equal image, which a test beside this one may check
    image = stand_ins.build(f"ENV TEST={tmp_path}")
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    for enough in (1, 2):
        with subprocess.Popen(
            command(image, *DATA), env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as check:
            deadline = time.monotonic() + 30
            while len(mine()) < enough and time.monotonic() < deadline and check.poll() is None:
                time.sleep(0.02)
            assert list(tmp_path.iterdir())
            check.send_signal(number)
            said, _ = check.communicate()
            assert check.returncode == 128 + number
            assert re.search(r"stopped after \d+ of \d+ clauses", " ".join(said.split())), said
        assert mine() == set()
        assert list(tmp_path.iterdir()) == []
