"""A container folder as ``smscaffold update`` finds it: what it remembers of its template, committed in git."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from smscaffold import answers, git
from smscaffold.address import without_secrets
from smscaffold.errors import SmscaffoldError
from smscaffold.small_file import load_yaml, read_small

ANSWERS_FILE = ".copier-answers.yml"
_SHOWN = 5  # names in a sentence


@dataclass(frozen=True)
class Folder:
    """A container folder, and what it remembers of its template."""

    path: Path
    top: Path  # of the git repository that it lies in, or is
    answers: dict[str, Any]

    @property
    def inside(self) -> Path:
        """Where the folder lies in its repository."""
        return self.path.relative_to(self.top)

    @property
    def source(self) -> str:
        """The address of its template, without secrets."""
        return without_secrets(self.address)

    @property
    def address(self) -> str:
        """The address of its template as it is recorded, which may hold a login."""
        return str(self.answers["_src_path"])

    @property
    def commit(self) -> str:
        return str(self.answers["_commit"])

    @property
    def fixed(self) -> list[str]:
        """The names of the answers that the organisation had fixed."""
        recorded = self.answers.get(answers.FIXED_ANSWERS)
        return list(map(str, recorded)) if isinstance(recorded, list) else []


def find_folder(path: Path) -> Folder:
    """The container folder at a path, after a check that it can be updated: SmscaffoldError says why it cannot."""
    folder = path.resolve()
    path = folder if path == Path() else path  # `.` makes poor sentences
    file = folder / ANSWERS_FILE
    if file.is_symlink():
        raise SmscaffoldError(f"{path / ANSWERS_FILE} is a link: put there the file that it leads to, and commit that")
    if not file.is_file():
        above = next((parent for parent in folder.parents if (parent / ANSWERS_FILE).is_file()), None)
        hint = f"; its folder is {above}" if above else ""
        raise SmscaffoldError(f"{path} is not a container folder: it has no {ANSWERS_FILE}{hint}")
    try:
        recorded = load_yaml(read_small(file))
    except OSError as error:
        raise SmscaffoldError(f"cannot read {file}: {error.strerror}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise SmscaffoldError(f"{file} is not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(recorded, dict) or not recorded.get("_src_path"):
        raise SmscaffoldError(f"{file} does not say which template {path} was made from (_src_path)")
    if not recorded.get("_commit"):
        source = without_secrets(str(recorded["_src_path"]))
        raise SmscaffoldError(
            f"{path} was made from {source}, which had no version then (no git repository, or changes that were not "
            "committed): copier cannot tell what has changed since"
        )
    done = git.run(folder, "rev-parse", "--show-toplevel")
    if done.returncode:
        raise SmscaffoldError(f"{path} is not in a git repository: `git init`, add and commit it first")
    _check_committed(path, folder)
    return Folder(folder, Path(done.stdout.rstrip("\n")).resolve(), recorded)


def _check_committed(path: Path, folder: Path) -> None:
    changed = git.ask(folder, "status", "--porcelain", "--", ".").splitlines()
    if changed:
        raise SmscaffoldError(
            f"{path} has changes that are not committed ({_some(changed, 3)}): commit or stash them first, so that "
            "they cannot get mixed up with the update's"
        )
    if git.run(folder, "ls-files", "--error-unmatch", "--", ANSWERS_FILE).returncode:
        raise SmscaffoldError(f"git ignores {path / ANSWERS_FILE}: have it track that file, and commit it")
    left_out = [line for line in git.ask(folder, "ls-files", "-t", "--", ".").splitlines() if line.startswith("S ")]
    if left_out:
        raise SmscaffoldError(
            f"the checkout leaves out files of {path} ({_some(left_out, 2)}), and an update would miss them: "
            "`git sparse-checkout disable` first"
        )


def _some(lines: list[str], start: int) -> str:
    """The names that begin there in some of the lines."""
    return ", ".join([line[start:] for line in lines[:_SHOWN]] + ["..."] * (len(lines) > _SHOWN))
