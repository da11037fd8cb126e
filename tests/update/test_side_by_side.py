"""Many at once, and one that is killed."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest
from shared_helpers import write
from update_helpers import Machine, append

COUNT = 12


def all_at_once(machine: Machine, commands: list[list[str | Path]], cwd: Path) -> None:
    running = [
        subprocess.Popen(
            [*map(str, command)],
            cwd=cwd,
            env={**machine.environment, "XDG_CACHE_HOME": str(cwd / "cache")},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        for command in commands
    ]
    for process in running:
        _, said = process.communicate(timeout=150)
        assert process.returncode == 0, said


def test_many_renders_and_many_updates(machine_b: Machine, tmp_path: Path) -> None:
    folders = [tmp_path / f"x{number}" for number in range(COUNT)]
    new = ["smscaffold", "new", "--defaults", "--quiet", "--ref", "v1.0.0", "-d", "project_name=model"]
    all_at_once(machine_b, [[*new, folder] for folder in folders], tmp_path)
    all_at_once(machine_b, [["smscaffold", "update", "--quiet", folder] for folder in folders], tmp_path)
    assert len({machine_b.git(folder, "write-tree") for folder in folders}) == 1
    assert all((folder / "added.md").exists() for folder in folders)
    assert not (tmp_path / "cache").exists()  # the mirrors that all runs of copier share by default


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_kill_in_the_middle_loses_nothing(
    machine_b: Machine, folder: Path, tmp_path: Path, number: signal.Signals
) -> None:
    append(folder / "README.md", "mine\n")
    machine_b.commit(folder)
    code, said = stopped(machine_b, folder, tmp_path, "apply", number)
    assert code == (-number if number == signal.SIGKILL else 128 + number)
    assert "Traceback" not in said
    assert machine_b.status(folder) == ""
    assert (folder / "README.md").read_text().endswith("mine\n")
    if number != signal.SIGKILL:
        nothing_else_is_left(machine_b, folder, tmp_path)
    machine_b.update(folder, "--quiet")
    assert (folder / "README.md").read_text().endswith("mine\n")
    assert (folder / "added.md").exists()


@pytest.mark.parametrize("step", ["read-tree -m -u", "worktree remove"])
def test_a_stop_at_the_end_says_what_was_done(machine_b: Machine, folder: Path, tmp_path: Path, step: str) -> None:
    code, said = stopped(machine_b, folder, tmp_path, step, signal.SIGINT)
    assert (code, said) == (130, "\nsmscaffold: stopped after model was updated\n")
    assert "A  added.md\n" in machine_b.status(folder)
    nothing_else_is_left(machine_b, folder, tmp_path)


def nothing_else_is_left(machine: Machine, folder: Path, tmp_path: Path) -> None:
    """Neither a second work tree nor temporary files."""
    assert machine.git(folder, "worktree", "list").count("\n") == 1
    assert not list((tmp_path / "tmp").glob(".smscaffold-*"))


def stopped(machine: Machine, folder: Path, tmp_path: Path, step: str, number: signal.Signals) -> tuple[int, str]:
    """An update that gets a signal while git does this: its exit code, and what it complained about."""
    reached, temporary = tmp_path / "reached", tmp_path / "tmp"
    temporary.mkdir()
    git = write(tmp_path / "bin" / "git", slow_git(reached, step))
    git.chmod(0o755)
    environment = {**machine.environment, "TMPDIR": str(temporary)}
    environment["PATH"] = f"{git.parent}{os.pathsep}{environment['PATH']}"
    process = subprocess.Popen(
        ["smscaffold", "update"],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        deadline = time.monotonic() + 60
        while not reached.exists():
            assert time.monotonic() < deadline
            assert process.poll() is None, process.communicate()
            time.sleep(0.01)
        os.killpg(process.pid, number) if number == signal.SIGINT else process.send_signal(number)
        reached.unlink()
        process.wait(timeout=60)
    finally:
        reached.unlink(missing_ok=True)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    return process.returncode, process.communicate(timeout=60)[1]


def slow_git(reached: Path, step: str) -> str:
    """A git that waits when it is to do this (`apply`: copier applies the differences), as long as a file is there.

    In bash: other shells let in the signals that wait.
    """
    return f"""#!/bin/bash
case " $* " in *" {step} "*) touch {reached}; while [ -e {reached} ]; do sleep 0.02; done ;; esac
exec {shutil.which("git")} "$@"
"""
