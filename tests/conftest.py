"""Tests marked ``docker`` need an engine: without one they are skipped, or fail if SMSCAFFOLD_REQUIRE_DOCKER=1."""

from __future__ import annotations

import functools
import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

pytest.register_assert_rewrite("shared_helpers")

# a run in the background may have been told to ignore these, and what it starts would ignore them too
for number in (signal.SIGINT, signal.SIGHUP):
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, lambda number, frame: None)


@functools.cache
def no_engine() -> str:
    """Why containers cannot run here; empty when they can."""
    try:
        done = subprocess.run(
            ["docker", "version", "--format", "{{.Server.Version}}"], capture_output=True, text=True, timeout=30
        )
    except FileNotFoundError:
        return "docker is not installed"
    except subprocess.TimeoutExpired:
        return "the Docker engine does not answer"
    if done.returncode == 0:
        return ""
    lines = done.stderr.strip().splitlines()
    return f"no Docker engine: {lines[-1] if lines else 'docker version failed'}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long ones first."""
    items.sort(key=lambda item: "templates" not in item.path.parts)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Side by side: the tests of one file share fixtures and run one after the other; each variant is by itself.

    Those of push are one after the other as well: they remove images, and the classic builder fails when an image
    goes while it looks for one with the same parent ("unable to find image").
    """
    from xdist.scheduler import LoadScopeScheduling

    class ByFile(LoadScopeScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            file, _, test = nodeid.partition("::")
            if file.endswith("templates/test_folders.py"):
                return test.partition("[")[2]
            return "push" if "/push/" in file else file

    return ByFile(config, log)


# first, so that no fixture of a skipped test builds an image
@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("docker") and (reason := no_engine()):
        if os.environ.get("SMSCAFFOLD_REQUIRE_DOCKER") == "1":
            pytest.fail(f"{reason} (and SMSCAFFOLD_REQUIRE_DOCKER=1 says that there must be one)", pytrace=False)
        pytest.skip(reason)


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """The empty folder in which the user stands."""
    folder = tmp_path / "work"
    folder.mkdir()
    return folder
