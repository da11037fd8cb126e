"""Git, as this package runs it, and the first commit of a container folder: later updates merge with that."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from pathlib import Path

from smscaffold.address import without_secrets
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
_NOT_MADE_UP = ("-c", "user.useConfigOnly=true")


def first_commit(folder: Path, inside: Path, message: str, *, hooks: bool) -> list[str]:
    """Makes `folder` a git repository with everything in its first commit, unless it will lie in one already.

    `inside` is where the folder will lie. Hooks of the user's often do what files in the folder say, so `hooks` is for
    a template that the user trusts. Returns what the user has to do by hand.
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
    done = run(folder, *_NOT_MADE_UP, "commit", "-q", "-m", message, hooks=hooks)
    if done.returncode == 0:
        return []
    by_hand = f"git commit -m {shlex.quote(message)}"
    if not identity(folder):
        return [f"git knows no name and email for you, so everything is staged: set them, then run\n  {by_hand}"]
    return [f"git commit failed, so everything is staged: {last_line(done)}; when that is mended, run\n  {by_hand}"]


def identity(folder: Path) -> str:
    """Returns the name and address that git has for commits there, as ``NAME <ADDRESS>``; an empty string for none.

    An identity that git would make up from the machine's name is nobody's.
    """
    done = run(folder, *_NOT_MADE_UP, "var", "GIT_AUTHOR_IDENT")
    return "" if done.returncode else done.stdout.partition(">")[0] + ">"


def _in_repository(folder: Path) -> bool:
    done = run(folder, "rev-parse", "--show-toplevel")
    return done.returncode == 0 or "dubious ownership" in done.stderr


def settings(*more: str, hooks: bool = False) -> dict[str, str]:
    """The variables by which git, and what it starts, puts our settings before those of any folder.

    No folder has git run a program to look for changes or, without `hooks`, any hook; git looks at each file that it
    takes over; and it takes no folder for a repository by its content alone. `more` are settings beside these,
    ``key=value``.
    """
    ours = ["core.fsmonitor=false", "core.ignoreStat=false", "safe.bareRepository=explicit"]
    return with_settings(*ours, *more, *([] if hooks else [f"core.hooksPath={os.devnull}"]))


def with_settings(*pairs: str) -> dict[str, str]:
    """The variables with which git takes these settings, ``key=value``, beside those that it has."""
    # the way of `git -c`, which all versions know, to tell it to whatever git runs
    given = os.environ.get("GIT_CONFIG_PARAMETERS", "")
    quoted = ("'" + pair.replace("'", "'\\''") + "'" for pair in pairs)
    return {"GIT_CONFIG_PARAMETERS": " ".join([given, *quoted]).lstrip()}


def run(
    folder: Path, *arguments: str, text: str = "", hooks: bool = False, index: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Runs git in a folder, with `text` as its input; the caller looks at its exit code. What it says is in English.

    The user's `hooks` are meant for what the user commits, not for what is made on the way. With `index`, git uses that
    file in place of the folder's own index.
    """
    environment = {name: value for name, value in os.environ.items() if name not in LOCAL_VARIABLES}
    environment |= settings(hooks=hooks)
    if index:
        environment["GIT_INDEX_FILE"] = str(index)
    if not hooks:  # paths are names, and no patterns
        environment = {name: value for name, value in environment.items() if not name.endswith("_PATHSPECS")}
        environment["GIT_LITERAL_PATHSPECS"] = "1"
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments],
            env={**environment, "LC_ALL": "C"},
            input=text.encode(errors="surrogateescape"),
            capture_output=True,
            check=False,
        )
    except FileNotFoundError as error:
        raise SmscaffoldError("git is not installed, or not on the PATH (`smscaffold doctor` looks closer)") from error
    # not in subprocess's text mode, which takes a carriage return in a file or in a name for the end of a line
    out, err = (output.decode(errors="replace") for output in (done.stdout, done.stderr))
    return subprocess.CompletedProcess(done.args, done.returncode, out, err)


def ask(folder: Path, *arguments: str, text: str = "", index: Path | None = None) -> str:
    """What git answers; SmscaffoldError with its reason when it fails."""
    done = run(folder, *arguments, text=text, index=index)
    if done.returncode:
        raise SmscaffoldError(f"git {arguments[0]} failed in {folder}: {last_line(done)}")
    return done.stdout


def last_line(done: subprocess.CompletedProcess[str]) -> str:
    """What git gave as its reason, in one line."""
    lines = without_secrets(done.stderr or done.stdout).strip().splitlines()
    return lines[-1].strip() if lines else f"exit code {done.returncode}"
