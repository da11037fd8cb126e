"""The first start: a server that ends, is slow, or listens elsewhere; the claims and strengths of an image."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from check_helpers import LOCAL, StandIns, check, fault
from shared_helpers import write

pytestmark = pytest.mark.docker


def serve(*lines: str) -> str:
    """The line of a Dockerfile that makes `serve` a program of these lines."""
    return f"RUN printf '%s\\n' {' '.join(map(shlex.quote, lines))} >/opt/program/serve"


def test_a_server_that_ends_is_told_of_by_its_end_and_its_error(stand_ins: StandIns, model: Path) -> None:
    lines = serve("#!/usr/bin/env python3", 'print("GET /ping HTTP/1.1 502")', "import flask")
    found = check(stand_ins.build(lines), "H1", "H10", "H12", "H14", model=model)
    assert {name: (each.outcome, each.proven) for name, each in found.items()} == {
        "H1": ("fail", True),
        "H10": ("skip", False),
        "H12": ("skip", False),
        "H14": ("skip", False),
    }
    evidence = found["H1"].evidence
    assert evidence is not None
    assert evidence.came.startswith("the container ended with exit code 1 after ")
    assert evidence.came.endswith(": ModuleNotFoundError: No module named 'flask'")
    assert "/ping" not in evidence.logs
    assert found["H14"].blocked_by == "H1"


def test_an_end_with_0_is_no_success(stand_ins: StandIns, model: Path) -> None:
    found = check(stand_ins.build(serve("#!/bin/sh", "exit 0")), "H1", "H10", model=model)
    evidence = found["H1"].evidence
    assert evidence is not None
    assert evidence.came.startswith("the container ended with exit code 0 after ")


def test_a_slow_start_breaks_nothing_but_the_limit(stand_ins: StandIns, model: Path) -> None:
    slow = stand_ins.build(fault("starts_late"))
    found = check(slow, "H1", "H10", "H12", "H3", model=model, start_timeout=120)
    assert {name: each.outcome for name, each in found.items()} == dict.fromkeys(found, "pass")
    found = check(slow, "H1", "H10", "H12", model=model, start_timeout=3)
    assert {name: (each.outcome, each.proven) for name, each in found.items()} == {
        "H1": ("fail", True),
        "H10": ("skip", False),
        "H12": ("fail", True),
    }
    for name in ("H1", "H12"):
        evidence = found[name].evidence
        assert evidence is not None
        assert evidence.came.startswith("no 200 within ")


def test_a_listener_elsewhere_is_h10s_and_blocks_what_needs_it(stand_ins: StandIns, model: Path) -> None:
    elsewhere = stand_ins.build("ENV SAGEMAKER_BIND_TO_PORT=9090")
    found = check(elsewhere, "H1", "H10", "H14", model=model, start_timeout=3)
    evidence = found["H10"].evidence
    assert evidence is not None
    assert evidence.came.startswith("listens on 0.0.0.0:9090 after ")
    assert {found[name].blocked_by for name in ("H1", "H14")} == {"H10"}
    found = check(stand_ins.build(fault("loopback")), "H1", "H10", model=model)
    assert found["H10"].outcome == "fail"
    assert found["H1"].blocked_by == "H10"


def test_findings_of_one_clause_are_all_told_the_worst_first(stand_ins: StandIns, model: Path) -> None:
    waits = "RUN sed -i 's/FAULT == \"ping_waits\"/True/' /opt/program/serve"
    found = check(stand_ins.build(f"{fault('get_only')}\n{waits}"), "H11", model=model)
    sent = [each.sent for each in found["H11"].findings]
    assert sent[0].startswith("GET /ping from inside, 50 times during ")
    assert sent[1:] == ["POST /ping"]


def run(*words: object, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "smscaffold", "check", *map(str, words)]
    return subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True)


@pytest.mark.parametrize(
    ("lines", "options", "code"),
    [
        ("RUN mkdir -p /opt/ml/code && touch /opt/ml/code/a", [], 0),
        ("RUN mkdir -p /opt/ml/code && touch /opt/ml/code/a", ["--strict"], 1),
        ("RUN mkdir -p /opt/ml/code && touch /opt/ml/code/a", ["--profile", "static"], 1),
        ('ENTRYPOINT ["tini"]', [], 0),
        ('ENTRYPOINT ["tini"]', ["--strict"], 1),
    ],
)
def test_the_strength_of_a_clause_is_the_containers(
    stand_ins: StandIns, lines: str, options: list[str], code: int
) -> None:
    assert run(stand_ins.build(lines), "--select", "T4,T5", *options).returncode == code


def test_claims_of_labels_and_settings_are_checked(stand_ins: StandIns, model: Path, tmp_path: Path) -> None:
    label = "LABEL com.amazonaws.sagemaker.capabilities."
    given = ["--serve-image", stand_ins.build(f"{label}multi-models=true\n{fault('one_model')}"), "--model", model]
    given += ["--payload", LOCAL / "payloads" / "iris.csv", "--format", "json", "--ignore", "H"]
    found = json.loads(run(*given).stdout)
    clauses = {each["id"]: each for each in found["clauses"]}
    assert (clauses["M2"]["strength"], clauses["M2"]["outcome"]) == ("MUST", "fail")
    assert (clauses["R20"]["outcome"], clauses["R20"]["proven"]) == ("skip", False)
    assert found["exit_code"] == 1
    given[1] = stand_ins.build(f"{label}accept-bind-to-port=")
    assert "H40" not in {each["id"] for each in json.loads(run(*given[:-2], "--select", "R20").stdout)["clauses"]}
    settings = write(tmp_path / "a.toml", "profiles = ['batch']\n")
    found = json.loads(run(*given[:-2], "--ignore", "H,R", "--settings", settings).stdout)
    assert {each["id"]: each["strength"] for each in found["clauses"]}["B2"] == "MUST"


def test_an_old_container_enters_ci_and_gets_better(stand_ins: StandIns, tmp_path: Path) -> None:
    old, better = stand_ins.build("USER 1000"), stand_ins.build()
    settings = tmp_path / "smscaffold-check.toml"
    only = ("--profile", "static", "--settings", settings)
    assert run(old, "--profile", "static").returncode == 1
    done = run(old, *only, "--accept-all")
    assert done.returncode == 0
    assert "1 findings were added to " in done.stderr
    assert run(old, *only).returncode == 0
    done = run(better, *only)
    assert done.returncode == 0
    assert "T8 is accepted and holds again: remove it from smscaffold-check.toml" in done.stdout
    settings.write_text(settings.read_text().replace("expires = 20", "expires = 19"))
    done = run(old, *only)
    assert done.returncode == 1
    assert "and that is over" in " ".join(done.stdout.split())
    done = run(old, "--accept-all", "--profile", "static")
    assert done.returncode == 2
    assert "for an image name it with --settings FILE" in done.stderr


def test_quick_is_static_and_what_is_cheap_of_serving(stand_ins: StandIns, model: Path) -> None:
    given = ["--serve-image", stand_ins.build(), "--model", model, "--payload", LOCAL / "payloads" / "iris.csv"]
    found = json.loads(run(*given, "--quick", "--format", "json").stdout)
    assert found["exit_code"] == 0
    assert {"T2", "R14", "H1", "H4", "H11", "H12", "H14", "H20"} <= {each["id"] for each in found["clauses"]}
    assert found["seconds"] < 60
