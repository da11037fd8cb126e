"""``smscaffold doctor``: whether this machine has what smscaffold and the scripts of container folders need.

Each probe is a function that yields findings; a new one goes into `PROBES`. No probe prints a secret, asks the network,
or waits for longer than 20 seconds.
"""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from smscaffold import git
from smscaffold.address import without_secrets
from smscaffold.config.standard import load
from smscaffold.console import Console, Line
from smscaffold.errors import SmscaffoldError
from smscaffold.visible import visible

OK, WARNING, FAULT = "ok", "warning", "fault"
_STYLES = {OK: "done", WARNING: "warning", FAULT: "error", "": ""}
_STATE = 9  # columns before the text
_NARROW, _WIDTH = 30, 100  # columns of text that are read with ease
_LIMIT = 20  # seconds for a program to answer
_PORT = 8080  # on which local_test/serve_local.sh serves
_DISK = 10  # GiB that the images of a few container folders take
_GIB = 2**30


@dataclass(frozen=True)
class Finding:
    """The result of a probe: `says` describes what `name` is like, and `mend` how to mend it, if there is a need.

    `state` is ``ok``, ``warning`` where only some commands or scripts will fail, or ``fault``.
    """

    name: str
    state: str
    says: str
    mend: str = ""


def examine(config: Path | None, console: Console) -> list[Finding]:
    """The findings of all probes; `config` is the organisation's file that `--config` names."""
    found: list[Finding] = []
    for name, probe in PROBES.items():
        with console.moment(f"Looking at {name} ..."):
            found += probe(config)
    return found


def report(findings: list[Finding], console: Console, *, as_json: bool) -> int:
    """Prints each finding and its mend, and returns the exit code: 1 where there is a fault."""
    if as_json:
        console.say_text(json.dumps([asdict(finding) for finding in findings], indent=2))
    else:
        for finding in findings:
            for line in _lines(finding, min(shutil.get_terminal_size().columns, _WIDTH)):
                console.say(line)
    return 1 if any(finding.state == FAULT for finding in findings) else 0


def _lines(finding: Finding, width: int) -> Iterator[Line]:
    state = finding.state
    for text in _wrapped(f"{finding.name}: {finding.says}", width):
        yield [(_STYLES[state], f"{state:<{_STATE}}"), ("", text)]
        state = ""
    for text in _wrapped(finding.mend and f"-> {finding.mend}", width):
        yield [("more", f"{'':{_STATE}}{text}")]


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(visible(text), max(width - _STATE, _NARROW), break_long_words=False, break_on_hyphens=False)


# --- probes -----------------------------------------------------------------------------------------------------------


def _docker(config: Path | None) -> Iterator[Finding]:
    program = shutil.which("docker") or shutil.which("podman")
    if not program:
        yield Finding(
            "docker",
            FAULT,
            "there is no docker, and no podman, on the PATH",
            "install Docker (https://docs.docker.com/engine/install/): training, serving and `check` need it",
        )
        return
    version = _answer(program, "version", "--format", "{{.Server.Version}}")
    if not version.out:
        yield Finding(
            "docker",
            FAULT,
            f"{program} reaches no engine: {version.reason}",
            "start it (Docker Desktop, or `sudo systemctl start docker`); 'permission denied': add yourself to the "
            "group docker, and log in again",
        )
        return
    info = _answer(program, "info", "--format", "{{.Driver}} {{.DockerRootDir}}").out
    driver, _, root = info.partition(" ")
    yield Finding("docker", OK, f"{Path(program).name} {version.out}, storage driver {driver or 'unknown'}")
    yield _buildkit(program)
    yield from _library(program)
    if root and Path(root).is_dir():  # an engine in a virtual machine has its own disk
        yield _space("disk of images", Path(root), "`docker system prune` frees what no container uses")


def _buildkit(program: str) -> Finding:
    buildx = _answer(program, "buildx", "version").out
    if buildx and os.environ.get("DOCKER_BUILDKIT") != "0":
        return Finding("buildkit", OK, " ".join(buildx.split()[:2]))
    why = "DOCKER_BUILDKIT=0 turns it off" if buildx else "there is no buildx"
    return Finding(
        "buildkit",
        WARNING,
        f"{why}: images are built by the older builder, which works, but builds stages one after the other",
        "unset DOCKER_BUILDKIT" if buildx else "install the package docker-buildx (docker-buildx-plugin)",
    )


def _library(program: str) -> Iterator[Finding]:
    """`smscaffold check` and the tests of folders use a library, which knows nothing of the contexts of `docker`."""
    import docker

    try:
        docker.from_env(timeout=_LIMIT).ping()
    except docker.errors.DockerException as error:
        host = _answer(program, "context", "inspect", "--format", "{{.Endpoints.docker.Host}}").out
        yield Finding(
            "docker for python",
            FAULT,
            f"{Path(program).name} reaches an engine, and `smscaffold check` does not: {' '.join(str(error).split())}",
            f"export DOCKER_HOST={without_secrets(host)}" if host else "set DOCKER_HOST to the engine's socket",
        )


def _git(config: Path | None) -> Iterator[Finding]:
    found = _answer("git", "--version")
    if not found.out:
        mend = "install git 2.27 or newer: `new` makes a repository, `update` merges with it"
        yield Finding("git", FAULT, f"git: {found.reason}", mend)
        return
    version = tuple(map(int, re.findall(r"\d+", found.out)[:2]))
    if version < (2, 27):
        yield Finding("git", FAULT, f"{found.out} is too old for copier", "install git 2.27 or newer")
    else:
        yield Finding("git", OK, found.out)
    if identity := git.identity(Path()):
        yield Finding("git identity", OK, identity)
    else:
        yield Finding(
            "git identity",
            WARNING,
            "git knows no name and email for you: `new` stages the files, and leaves the first commit to you",
            'git config --global user.name "..." && git config --global user.email ...',
        )


def _helper(config: Path | None) -> Iterator[Finding]:
    """Git looks for the helper of smscaffold:// on its PATH, and so does the copier that runs git."""
    name = "git-remote-smscaffold"
    places = [*os.get_exec_path(), _answer("git", "--exec-path").out]
    found = next((program for place in places if place and (program := shutil.which(name, path=place))), None)
    if not found:
        mend = f"add {Path(sys.executable).parent} to the PATH"
        yield Finding(name, FAULT, "is not on the PATH: `copier update` cannot fetch the built-in templates", mend)
        return
    done = _answer("git", "ls-remote", "smscaffold://python-flask")
    if not done.out:
        mend = "put the folder of the smscaffold in use first on the PATH"
        yield Finding(name, FAULT, f"{found} finds no built-in template: {done.reason}", mend)
    else:
        yield Finding(name, OK, found)


def _aws(config: Path | None) -> Iterator[Finding]:
    found = _answer("aws", "--version")
    mend = "https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html: build_and_push.sh needs it"
    if not found.out:
        yield Finding("aws", WARNING, f"AWS's command line: {found.reason}", mend)
    else:
        yield Finding("aws", OK, found.out.split()[0].replace("/", " "))
    if kind := next((says for name, says in _CREDENTIALS.items() if os.environ.get(name)), ""):
        yield Finding("aws credentials", OK, kind)
        return
    aws = Path.home() / ".aws"
    shared = Path(os.environ.get("AWS_SHARED_CREDENTIALS_FILE") or aws / "credentials")
    files = [file for file in (shared, *(aws / "sso" / "cache").glob("*.json")) if file.is_file()]
    if not files:
        mend = "`aws configure sso` or `aws configure`; on an EC2 instance its role serves"
        yield Finding("aws credentials", WARNING, "none in the environment, and none in ~/.aws", mend)
        return
    newest = max(files, key=lambda file: file.stat().st_mtime)
    age = max(0, time.time() - newest.stat().st_mtime)
    old = f"{age / 86400:.0f} days" if age > 2 * 86400 else f"{age / 3600:.0f} hours"
    yield Finding("aws credentials", OK, f"{newest}, {old} old; {_profile()}")


def _profile() -> str:
    name = os.environ.get("AWS_PROFILE") or os.environ.get("AWS_DEFAULT_PROFILE")
    return f"profile {name}" if name else "the default profile"


_CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "in the environment (AWS_ACCESS_KEY_ID), of unknown age",
    "AWS_WEB_IDENTITY_TOKEN_FILE": "of a web identity (AWS_WEB_IDENTITY_TOKEN_FILE)",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "of a container's role",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI": "of a container's role",
}


def _port(config: Path | None) -> Iterator[Finding]:
    try:
        with socket.create_server(("127.0.0.1", _PORT)):
            yield Finding(f"port {_PORT}", OK, "free on 127.0.0.1")
    except OSError as error:
        why = "another program listens there" if error.errno == errno.EADDRINUSE else str(error.strerror)
        mend = "local_test/serve_local.sh --port 8081 takes another port"
        yield Finding(f"port {_PORT}", WARNING, f"{why} (127.0.0.1)", mend)


def _disk(config: Path | None) -> Iterator[Finding]:
    yield _space("disk here", Path(), "make room: folders and their models are written here")


def _space(name: str, place: Path, mend: str) -> Finding:
    free = shutil.disk_usage(place).free / _GIB
    says = f"{free:.1f} GiB free at {place.resolve()}"
    return Finding(name, OK, says) if free >= _DISK else Finding(name, WARNING, says, mend)


def _proxies(config: Path | None) -> Iterator[Finding]:
    named = {name: os.environ.get(name) or os.environ.get(name.upper(), "") for name in ("http_proxy", "https_proxy")}
    used = {name: without_secrets(value) for name, value in named.items() if value}
    if not used:
        yield Finding("proxies", OK, "none")
        return
    says = ", ".join(f"{name}={value}" for name, value in used.items())
    without = (os.environ.get("no_proxy") or os.environ.get("NO_PROXY", "")).split(",")
    if "http_proxy" in used and not {"*", "127.0.0.1"} & {each.strip() for each in without}:
        mend = "export NO_PROXY=127.0.0.1,localhost: requests to a container on this machine would go to the proxy"
        yield Finding("proxies", WARNING, f"{says}, for 127.0.0.1 too", mend)
    else:
        yield Finding("proxies", OK, f"{says}, and not for 127.0.0.1")


def _standard(config: Path | None) -> Iterator[Finding]:
    try:
        places = load(config).places
    except SmscaffoldError as error:
        yield Finding("organisation", FAULT, str(error), "mend that file: every command reads it")
        return
    none = "no smscaffold.toml; `smscaffold config` says where it has looked"
    yield Finding("organisation", OK, ", ".join(map(str, places)) or none)


@dataclass(frozen=True)
class _Answer:
    """The output of a program, and the reason where there is none."""

    out: str
    reason: str


def _answer(program: str, *arguments: str) -> _Answer:
    try:
        done = subprocess.run(
            [program, *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_LIMIT,
            check=False,
        )
    except FileNotFoundError:
        return _Answer("", "is not on the PATH")
    except subprocess.TimeoutExpired:
        return _Answer("", f"has not answered for {_LIMIT} s")
    except OSError as error:
        return _Answer("", f"cannot be run: {error.strerror}")
    lines = without_secrets(done.stderr).strip().splitlines()
    out = without_secrets(done.stdout).strip() if done.returncode == 0 else ""
    return _Answer(out, lines[-1] if lines else f"it ended with exit code {done.returncode}")


PROBES: dict[str, Callable[[Path | None], Iterator[Finding]]] = {
    "Docker": _docker,
    "git": _git,
    "git's helper": _helper,
    "AWS": _aws,
    "the port": _port,
    "the disk": _disk,
    "proxies": _proxies,
    "the organisation's files": _standard,
}
