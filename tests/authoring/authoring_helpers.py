"""What the tests of authoring share: a machine with this checkout installed, and packages of templates on it."""

from __future__ import annotations

import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
sys.path.append(str(CHECKOUT / "tests" / "update"))
sys.path.append(str(CHECKOUT / "tests" / "ask"))  # for a terminal

from shared_helpers import write  # noqa: E402
from update_helpers import Machine, Result, append, build_wheel, copy_checkout, machine, release  # noqa: E402

__all__ = ["Machine", "Result", "append", "build_wheel", "copy_checkout", "install", "machine", "release", "write"]

# pip takes what it needs from this machine: the tests' environment has everything
OFFLINE = {"PIP_NO_INDEX": "1", "PIP_NO_BUILD_ISOLATION": "false", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
NO_ENGINE = {"DOCKER_HOST": "unix:///nowhere/docker.sock"}


def with_pip(machine: Machine) -> Machine:
    """The machine, with pip and pytest in its environment."""
    bin = machine.root / "venv" / "bin"
    for name in ("pip", "pytest"):
        write(bin / name, f'#!/bin/sh\nexec {bin}/python -m {name} "$@"\n').chmod(0o755)
    return machine


def install(machine: Machine, package: Path) -> None:
    """Builds and installs a package of templates."""
    dist = package.parent / "dist"
    for words in (["wheel", "--no-deps", "--wheel-dir", dist, "."], ["install", "--find-links", dist, "--upgrade"]):
        more = [*sorted(dist.glob("*.whl"))[-1:]] if words[0] == "install" else []
        machine.run("pip", "--quiet", *words, *more, cwd=package, check=True, **OFFLINE)


def refused(result: Result, *words: str) -> None:
    """The command failed with one clear line that holds these words; what it did before may stand in stdout."""
    assert result.returncode == 1, result
    assert result.stderr.startswith("smscaffold: error: "), result.stderr
    assert result.stderr.count("\n") == 1, result.stderr
    for word in words:
        assert word in result.stderr
