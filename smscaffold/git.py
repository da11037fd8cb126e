"""Git, as this package runs it, and the first commit of a container folder: later updates merge with that."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from pathlib import Path

from smscaffold.errors import SmscaffoldError

#: git sets these for the hooks it runs; they would point it at the wrong repository
LOCAL_VARIABLES = (
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_COMMON_DIR",
    "GIT_PREFIX",
)


def first_commit(folder: Path, inside: Path, message: str) -> list[str]:
    """Makes `folder` a git repository with everything in its first commit, unless it will lie in one already.

    `inside` is where the folder will lie. Returns what the user has to do by hand.
    Raises SmscaffoldError when git cannot make the repository.
    """
    if shutil.which("git") is None:
        return ["git is not installed: commit the folder before you update it"]
    if _in_repository(inside):
        return ["the folder lies in a git repository: commit it there before you update it"]
    for command in (["init", "-q"], ["add", "--all"]):
        done = run(folder, *command)
        if done.returncode:
            raise SmscaffoldError(f"git {command[0]} failed: {last_line(done)}; --no-git leaves git out")
    # an identity that git would make up from the machine's name is nobody's
    done = run(folder, "-c", "user.useConfigOnly=true", "commit", "-q", "-m", message)
    if done.returncode == 0:
        return []
    by_hand = f"git commit -m {shlex.quote(message)}"
    if run(folder, "-c", "user.useConfigOnly=true", "var", "GIT_AUTHOR_IDENT").returncode:
        return [f"git knows no name and email for you, so everything is staged: set them, then run\n  {by_hand}"]
    return [f"git commit failed, so everything is staged: {last_line(done)}; when that is mended, run\n  {by_hand}"]


def _in_repository(folder: Path) -> bool:
    done = run(folder, "rev-parse", "--show-toplevel")
    return done.returncode == 0 or "dubious ownership" in done.stderr


def without_hooks() -> dict[str, str]:
    """The variables with which git runs no hooks: the user's are not meant for what is only made on the way."""
    given = os.environ.get("GIT_CONFIG_PARAMETERS", "")  # as `git -c` tells it to whatever git runs
    return {"GIT_CONFIG_PARAMETERS": f"{given} 'core.hooksPath={os.devnull}'".lstrip()}


def run(folder: Path, *arguments: str, text: str = "", hooks: bool = True) -> subprocess.CompletedProcess[str]:
    """Runs git in a folder, with `text` as its input; the caller looks at its exit code. What it says is in English."""
    environment = {name: value for name, value in os.environ.items() if name not in LOCAL_VARIABLES}
    environment |= {} if hooks else without_hooks()
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments],
            env={**environment, "LC_ALL": "C"},
            input=text.encode(errors="surrogateescape"),
            capture_output=True,
            check=False,
        )
    except FileNotFoundError as error:
        raise SmscaffoldError("git is not installed, or not on PATH: this cannot be done without it") from error
    # not in subprocess's text mode, which takes a carriage return in a file or in a name for the end of a line
    out, err = (output.decode(errors="replace") for output in (done.stdout, done.stderr))
    return subprocess.CompletedProcess(done.args, done.returncode, out, err)


def ask(folder: Path, *arguments: str, text: str = "", hooks: bool = True) -> str:
    """What git answers; SmscaffoldError with its reason when it fails."""
    done = run(folder, *arguments, text=text, hooks=hooks)
    if done.returncode:
        raise SmscaffoldError(f"git {arguments[0]} failed in {folder}: {last_line(done)}")
    return done.stdout


def last_line(done: subprocess.CompletedProcess[str]) -> str:
    """What git gave as its reason, in one line."""
    lines = (done.stderr or done.stdout).strip().splitlines()
    return lines[-1].strip() if lines else f"exit code {done.returncode}"
