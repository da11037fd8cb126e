"""A template's git repository: cloned, and one of its versions checked out, as copier would choose it."""

from __future__ import annotations

import os
import posixpath
import re
import shlex
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from smscaffold import git
from smscaffold.errors import SmscaffoldError
from smscaffold.history import git_remote
from smscaffold.render import environment

HELPER = "git-remote-smscaffold"
_HOSTS = {"gh:": "https://github.com/", "gl:": "https://gitlab.com/"}
_ORIGIN = "origin"  # the remote, whatever the user calls remotes
# what copier itself takes for an address of git
_KNOWN_TO_COPIER = ("git+", "git@", "git://", "https://github.com/", "https://gitlab.com/", *_HOSTS)


@dataclass(frozen=True)
class Clone:
    """A template's repository with its whole history, in a temporary folder."""

    folder: Path
    source: str

    def releases(self) -> list[str]:
        """The tags that are versions, oldest first; none of those before a release, such as ``v2.0.0rc1``."""
        from packaging.version import InvalidVersion, Version

        found = {}
        for tag in git.ask(self.folder, "tag", "--list").split():
            try:
                found[tag] = Version(tag)
            except InvalidVersion:
                continue
        return sorted((tag for tag in found if not found[tag].is_prerelease), key=found.__getitem__)

    def has(self, commit: str) -> bool:
        """Whether there is such a tag, branch or commit."""
        return bool(self._commit_id(commit))

    def check_out(self, ref: str = "") -> str:
        """Checks out a tag, branch or commit, the newest release without one; returns its tag, else its commit.

        Raises SmscaffoldError when there is no such thing.
        """
        wanted = ref or next(reversed(self.releases()), "HEAD")
        commit = self._commit_id(wanted)
        if not commit:
            raise SmscaffoldError(f"{self.source} has no version, branch or commit {wanted!r}")
        git.ask(self.folder, "checkout", "--quiet", "--detach", commit)
        if (self.folder / ".gitmodules").is_file():
            git.ask(self.folder, "submodule", "--quiet", "update", "--init", "--recursive")
        return git.ask(self.folder, "describe", "--tags", "--always").strip()

    def remove_history(self) -> None:
        """Leaves only the files that are checked out: copier would take a repository for a template with versions."""
        for repository in list(self.folder.rglob(".git")):  # those of submodules are files
            shutil.rmtree(repository) if repository.is_dir() else repository.unlink()

    def _commit_id(self, ref: str) -> str:
        for name in (ref, f"{_ORIGIN}/{ref}"):
            done = git.run(self.folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
            if done.returncode == 0:
                return done.stdout.strip()
        return ""


def is_address(source: str) -> bool:
    """Whether this names a git repository elsewhere, rather than a folder here or a template by its name."""
    return bool(re.match(r"(git\+)?[a-z][a-z0-9+.-]*://|[\w.-]+@[\w.-]+:|gh:|gl:", source))


def lasting(address: str) -> str:
    """The address as a container folder has to remember it, so that copier takes it for one of git."""
    plain = address.endswith(".git") or address.startswith(_KNOWN_TO_COPIER)
    return address if plain else f"git+{address}"


def plain_address(source: str) -> str:
    """The address without what may be left out or abbreviated, and without dots that lead elsewhere: to compare it."""
    address = _expanded(source.removeprefix("git+")).rstrip("/").removesuffix(".git")
    scheme, separator, rest = address.rpartition("://")
    return f"{scheme}{separator}{posixpath.normpath(rest)}" if separator else address


def _expanded(address: str) -> str:
    for short, host in _HOSTS.items():
        if address.startswith(short):
            return f"{host}{address.removeprefix(short).lstrip('/').removesuffix('.git')}.git"
    return address


def clone(source: str, folder: Path) -> Clone:
    """Clones the repository that a container folder remembers as its source, without checking anything out.

    Raises SmscaffoldError with the reason when git cannot or must not.
    """
    address = _expanded(source.removeprefix("git+"))
    with helper_on_path(folder.with_name(folder.name + "-bin")):
        options = ("--quiet", "--no-checkout", "--origin", _ORIGIN)
        done = git.run(folder.parent, "clone", *options, "--", address, str(folder))
    if done.returncode:
        raise SmscaffoldError(_why(source, done.stderr.strip()))
    return Clone(folder, source)


@contextmanager
def helper_on_path(folder: Path) -> Iterator[None]:
    """Lets git find the helper that belongs to this very package, whatever environment is activated or none.

    `folder` is made for it.
    """
    folder.mkdir(exist_ok=True)
    helper = folder / HELPER
    helper.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {shlex.quote(git_remote.__file__)} "$@"\n')
    helper.chmod(0o755)
    place = str(folder)
    if not os.access(helper, os.X_OK):  # temporary files are barred from running
        import sysconfig

        place = sysconfig.get_path("scripts")
    with environment({"PATH": os.pathsep.join([place, os.environ.get("PATH", os.defpath)])}):
        yield


def _why(source: str, said: str) -> str:
    if refused := re.search(r"transport '(.+?)' not allowed", said):
        policy = os.environ.get("GIT_ALLOW_PROTOCOL")
        where = f"GIT_ALLOW_PROTOCOL={policy}" if policy is not None else "protocol.allow in git's configuration"
        return (
            f"git's policy on this machine ({where}) forbids {refused[1]} addresses such as {source}: allow "
            f"{refused[1]} there, or have your organisation's git server stand in for it by insteadOf (docs/updates.md)"
        )
    ours = [line.removeprefix("smscaffold: ") for line in said.splitlines() if line.startswith("smscaffold: ")]
    lines = (
        ours or [line for line in said.splitlines() if line.startswith("fatal:")] or said.splitlines() or ["no reason"]
    )
    return f"cannot get the template {source}: {lines[0]}"
