"""Gets a template ready for copier: complete in one folder, and with the version that a container folder remembers."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from smscaffold import git
from smscaffold.catalog import BUILT_IN, CONFIGURED, Template
from smscaffold.compile import SHIPPED, compile_template
from smscaffold.errors import SmscaffoldError
from smscaffold.history.record import version_of
from smscaffold.repository import Refusal, clone
from smscaffold.staging import temporary_folder

LOGIN_NOTE = (
    "the login in the template's address was used this once and is not recorded: "
    "let git's credential helper log you in when you update (`git help credentials`)"
)


@dataclass(frozen=True)
class Obtained:
    """The version of a template that was written to a folder.

    `commit` is empty when there is none to return to; then a container folder cannot be updated, and `note` says why.
    A `note` may also say something else that the user should know.
    """

    commit: str
    version: str  # for people
    note: str = ""


def obtain(template: Template, root: Path, ref: str = "", refusal: Refusal = lambda source: "") -> Obtained:
    """Writes the template to the new folder `root`, complete in itself: the version `ref` of it, or the usual one.

    That is the newest release, and of a folder, or of a built-in template in a checkout, what lies there now.
    Raises SmscaffoldError when the template has no such version or cannot be reached, or when `refusal` says why the
    source of one of its submodules is not allowed.
    """
    ref = ref or template.ref
    if ref or template.folder is None or (template.bundle and template.origin != BUILT_IN):
        return _cloned(template, root, ref, refusal)
    compile_template(template.folder, root)
    if template.origin == BUILT_IN:
        return _built_in(template, root)
    if template.owner in ("", CONFIGURED):
        commit = _git_version(template.folder)
        why = f"{template.folder} is not a git repository with everything committed"
    else:
        commit, why = "", f"{template.origin} brings no history of {template.name}"
    return Obtained(commit, commit.removeprefix("v"), "" if commit else f"{why}: no later updates from it")


def _built_in(template: Template, root: Path) -> Obtained:
    """The working tree of a checkout, or what an installed package ships: a release, or the way to one."""
    commit, released = version_of(template.short_name, root)
    if released:
        return Obtained(commit, commit.removeprefix("v"))
    if SHIPPED.is_dir() and template.bundle:
        shutil.rmtree(root)
        return _cloned(template, root)
    note = f"{template.name} is not released as it is here: copier can update this folder once exactly this is released"
    return Obtained(commit, "(unreleased)", note)


def _cloned(template: Template, root: Path, ref: str = "", refusal: Refusal = lambda source: "") -> Obtained:
    if template.bundle:
        place = str(template.bundle)
    elif template.folder is None:
        place = template.address or template.source
    elif (template.folder / ".git").exists():
        place = str(template.folder)
    else:
        raise SmscaffoldError(f"the template {template.name} has no history here, so there is no version {ref!r} of it")
    repository = clone(place, root)
    commit = repository.check_out(ref, refusal)
    repository.remove_history()
    return Obtained(commit, commit.removeprefix("v"), LOGIN_NOTE if template.address else "")


def _git_version(folder: Path) -> str:
    """The commit that a folder's files are, by its tag if it has one.

    Empty when the folder is not the root of a git repository, or holds changes that no commit has. The folder may be a
    stranger's, and its configuration may name programs for git to run: git compares the files with a clone instead.
    """
    if not (folder / ".git").exists() or shutil.which("git") is None:
        return ""
    with temporary_folder() as work:
        try:
            own = clone(str(folder), work / "clone").folder
        except SmscaffoldError:
            return ""
        exclude = Path(".git", "info", "exclude")
        if (folder / exclude).is_file():
            shutil.copyfile(folder / exclude, own / exclude)
        git.run(own, "read-tree", "HEAD")
        compare = ("--porcelain", "--untracked-files=normal", "--ignore-submodules=dirty")
        done = git.run(own, f"--git-dir={own / '.git'}", f"--work-tree={folder}", "status", *compare)
        return "" if done.returncode or done.stdout else git.run(own, "describe", "--tags", "--always").stdout.strip()
