"""``smscaffold doctor`` on machines that lack this and that: programs on the PATH are stand-ins."""

from __future__ import annotations

import json
import os
import shutil
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_helpers import Run
from shared_helpers import write

#: as docker answers when an engine runs; it knows contexts, which the library for Python does not
DOCKER = """
case "$*" in
version*) echo 28.1.1 ;;
"info --format {{.Driver}} {{.DockerRootDir}}") echo overlay2 /nowhere ;;
buildx*) echo github.com/docker/buildx v0.23.0 0 ;;
context*) echo unix:///home/user/.colima/docker.sock ;;
esac
"""

Found = dict[str, dict[str, str]]
Doctor = Callable[..., tuple[int, Found]]


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """The only folder of the PATH, with git, and whatever else a test puts there."""
    folder = tmp_path / "programs"
    folder.mkdir()
    for name in ("git", "sh"):
        (folder / name).symlink_to(shutil.which(name) or name)
    program(folder / "git-remote-smscaffold", f'exec {sys.executable} -m smscaffold.history.git_remote "$@"')
    return folder


def program(path: Path, script: str) -> None:
    write(path, f"#!/bin/sh\n{script}\n").chmod(0o755)


@pytest.fixture
def doctor(run: Run, programs: Path) -> Doctor:
    """Runs the command; returns its exit code and its findings by name."""

    def examined(*words: str | Path, **variables: str) -> tuple[int, Found]:
        env = {"PATH": str(programs), "DOCKER_HOST": "unix:///nowhere.sock", **variables}
        done = run("doctor", "--json", *words, env=env)
        assert done.stderr == ""
        return done.returncode, {found["name"]: found for found in json.loads(done.stdout)}

    return examined


def test_without_docker(doctor: Doctor) -> None:
    code, found = doctor()
    assert code == 1
    assert found["docker"]["state"] == "fault"
    assert "install Docker" in found["docker"]["mend"]


def test_without_an_engine(doctor: Doctor, programs: Path) -> None:
    program(programs / "docker", "echo 'permission denied while trying to connect' >&2; exit 1")
    code, found = doctor()
    assert (code, found["docker"]["state"]) == (1, "fault")
    assert found["docker"]["says"].endswith("reaches no engine: permission denied while trying to connect")
    assert "add yourself to the group docker" in found["docker"]["mend"]


def test_an_engine_that_only_the_command_reaches(doctor: Doctor, programs: Path) -> None:
    program(programs / "docker", DOCKER)
    code, found = doctor()
    assert code == 1
    assert found["docker"]["says"] == "docker 28.1.1, storage driver overlay2"
    assert (found["buildkit"]["state"], found["buildkit"]["says"]) == ("ok", "github.com/docker/buildx v0.23.0")
    assert found["docker for python"]["state"] == "fault"
    assert found["docker for python"]["mend"] == "export DOCKER_HOST=unix:///home/user/.colima/docker.sock"
    assert doctor(DOCKER_BUILDKIT="0")[1]["buildkit"]["mend"] == "unset DOCKER_BUILDKIT"


def test_git(doctor: Doctor, programs: Path, environment: dict[str, str]) -> None:
    _, found = doctor()
    assert found["git"]["state"] == found["git identity"]["state"] == found["git-remote-smscaffold"]["state"] == "ok"
    assert found["git identity"]["says"] == "A User <user@example.com>"
    Path(environment["HOME"], ".gitconfig").unlink()
    (programs / "git-remote-smscaffold").unlink()
    code, found = doctor()
    assert code == 1
    assert found["git identity"]["state"] == "warning"
    assert found["git-remote-smscaffold"]["mend"] == f"add {Path(sys.executable).parent} to the PATH"
    (programs / "git").unlink()
    program(programs / "git", "echo git version 2.20.1")
    assert "too old" in doctor()[1]["git"]["says"]
    (programs / "git").unlink()
    assert doctor()[1]["git"]["says"] == "git: is not on the PATH"


def test_a_helper_of_another_smscaffold(doctor: Doctor, programs: Path) -> None:
    program(programs / "git-remote-smscaffold", "echo gone >&2; exit 1")
    _, found = doctor()
    assert "finds no built-in template" in found["git-remote-smscaffold"]["says"]


def test_credentials_are_dated_and_not_printed(run: Run, doctor: Doctor, environment: dict[str, str]) -> None:
    assert doctor()[1]["aws credentials"]["state"] == "warning"
    file = write(Path(environment["HOME"], ".aws", "credentials"), "[default]\naws_secret_access_key = SECRET\n")
    os.utime(file, (time.time() - 10 * 86400,) * 2)
    _, found = doctor(AWS_PROFILE="work")
    assert found["aws credentials"]["says"] == f"{file}, 10 days old; profile work"
    _, found = doctor(AWS_ACCESS_KEY_ID="SECRET")
    assert (found["aws credentials"]["state"], "SECRET" in str(found)) == ("ok", False)


def test_the_port(doctor: Doctor) -> None:
    try:
        taken = socket.create_server(("127.0.0.1", 8080))
    except OSError:
        taken = socket.socket()  # somebody else has it
    with taken:
        _, found = doctor()
    assert (found["port 8080"]["state"], found["port 8080"]["mend"]) == (
        "warning",
        "local_test/serve_local.sh --port 8081 takes another port",
    )


@pytest.mark.parametrize(
    ("no_proxy", "state"), [("", "warning"), ("internal,127.0.0.1", "ok"), ("*", "ok"), ("localhost", "warning")]
)
def test_proxies(doctor: Doctor, no_proxy: str, state: str) -> None:
    _, found = doctor(http_proxy="http://user:SECRET@proxy:3128", no_proxy=no_proxy)
    assert found["proxies"]["state"] == state
    assert found["proxies"]["says"].startswith("http_proxy=http://proxy:3128, ")


def test_the_organisations_files(doctor: Doctor, work: Path) -> None:
    standard = write(work / "smscaffold.toml", "[defaults]\nworkers = 3\n")
    assert doctor("--config", standard)[1]["organisation"]["says"] == str(standard)
    write(standard, "[fixd]\n")
    code, found = doctor("--config", standard)
    assert (code, found["organisation"]["state"]) == (1, "fault")
    assert "fixd is not known (did you mean 'fixed'?)" in found["organisation"]["says"]


def test_for_people(run: Run, programs: Path) -> None:
    program(programs / "docker", "printf '\\033]52;c;Y2F0\\007' >&2; exit 1")
    done = run("doctor", env={"PATH": str(programs), "COLUMNS": "80"})
    assert done.returncode == 1
    assert max(len(line) for line in done.stdout.splitlines() if "/" not in line) <= 80
    assert "fault    docker:" in done.stdout
    assert "\n         -> " in done.stdout
    assert r"\x1b]52;c;Y2F0\x07" in done.stdout.replace("\n         ", " ")


@pytest.mark.docker
def test_a_machine_that_runs_containers(run: Run) -> None:
    done = run("doctor", "--json")
    found = {each["name"]: each for each in json.loads(done.stdout)}
    assert found["docker"]["state"] == "ok"
    assert "docker for python" not in found
