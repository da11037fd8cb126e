"""A template's git repository: cloned, and one of its versions checked out, as copier would choose it."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from smscaffold import git
from smscaffold.address import expanded, login, without_login, without_secrets
from smscaffold.errors import SmscaffoldError
from smscaffold.history import git_remote
from smscaffold.render import environment

HELPER = "git-remote-smscaffold"
_ORIGIN = "origin"  # the remote, whatever the user calls remotes
# the login of one clone reaches git by variables and a credential helper: no file and no list of processes shows it
_LOGIN = ("SMSCAFFOLD_LOGIN_NAME", "SMSCAFFOLD_LOGIN_PASSWORD")
_LOGIN_HELPER = (
    f'!tell() {{ test "$1" = get && printf "username=%s\\npassword=%s\\n" "${_LOGIN[0]}" "${_LOGIN[1]}"; }}; tell'
)

#: why a source is not allowed; empty for one that is
Refusal = Callable[[str], str]


@dataclass(frozen=True)
class Clone:
    """A template's repository with its whole history, in a temporary folder."""

    folder: Path
    source: str  # without secrets
    _address: str = field(default="", repr=False)  # with them

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

    def check_out(self, ref: str = "", refusal: Refusal = lambda source: "") -> str:
        """Checks out a tag, branch or commit, the newest release without one; returns its tag, else its commit.

        Raises SmscaffoldError when there is no such thing, or when `refusal` says why the source of a submodule is not
        allowed.
        """
        wanted = ref or next(reversed(self.releases()), "HEAD")
        commit = self._commit_id(wanted)
        if not commit:
            raise SmscaffoldError(f"{self.source} has no version, branch or commit {wanted!r}")
        git.ask(self.folder, "checkout", "--quiet", "--detach", commit)
        with _logged_in(self._address):
            self._fetch_submodules(self.folder, refusal)
        return git.ask(self.folder, "describe", "--tags", "--always").strip()

    def remove_history(self) -> None:
        """Leaves only the files that are checked out: copier would take a repository for a template with versions."""
        for repository in list(self.folder.rglob(".git")):  # those of submodules are files
            shutil.rmtree(repository) if repository.is_dir() else repository.unlink()

    def _fetch_submodules(self, folder: Path, refusal: Refusal) -> None:
        if not (folder / ".gitmodules").is_file():
            return
        for command in ("init", "sync"):  # git works out where each of them is; nothing is fetched yet
            git.ask(folder, "submodule", "--quiet", command)
        sources = git.run(folder, "config", "--local", "-z", "--get-regexp", r"^submodule\..*\.url$").stdout
        for entry in sources.split("\0")[:-1]:
            if refused := refusal(entry.partition("\n")[2]):
                raise SmscaffoldError(f"a submodule of the template {self.source} {refused}")
        git.ask(folder, "submodule", "--quiet", "update")
        for entry in git.ask(folder, "ls-files", "--stage", "-z").split("\0"):
            if entry.startswith("160000 "):
                self._fetch_submodules(folder / entry.partition("\t")[2], refusal)

    def _commit_id(self, ref: str) -> str:
        for name in (ref, f"{_ORIGIN}/{ref}"):
            done = git.run(self.folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
            if done.returncode == 0:
                return done.stdout.strip()
        return ""


def clone(source: str, folder: Path) -> Clone:
    """Clones the repository at a template's address, without checking anything out.

    A login in the address is used, and kept out of the clone's files and of what is said.
    Raises SmscaffoldError with the reason when git cannot or must not.
    """
    address = without_login(expanded(source))
    _refuse_history_elsewhere(without_secrets(source), Path(address.removeprefix("file://")))
    with helper_on_path(folder.with_name(folder.name + "-bin")), _logged_in(source):
        options = ("--quiet", "--no-checkout", "--origin", _ORIGIN)
        done = git.run(folder.parent, "clone", *options, "--", address, str(folder))
    if done.returncode:
        raise SmscaffoldError(_why(without_secrets(source), without_secrets(done.stderr).strip()))
    return Clone(folder, without_secrets(source), source)


def _refuse_history_elsewhere(source: str, folder: Path) -> None:
    """Raises SmscaffoldError when git would take a folder's history from another place: nobody has allowed that one."""
    own = folder / ".git"
    if own.is_symlink() or own.is_file() or (own / "commondir").exists():
        raise SmscaffoldError(
            f"the history of the template {source} lies in another folder (its .git is no folder of its own): name the "
            "main repository in its place"
        )


@contextmanager
def _logged_in(source: str) -> Iterator[None]:
    """Has git take the login in an address, if there is one, for that address's host."""
    found = login(source)
    if not found:
        yield
        return
    setting = f"credential.{found.server}"
    if found.password is None:
        variables = git.with_settings(f"{setting}.username={found.name}")
    else:  # no other helper may answer first
        variables = git.with_settings(f"{setting}.helper=", f"{setting}.helper={_LOGIN_HELPER}")
        variables |= dict(zip(_LOGIN, (found.name, found.password), strict=True))
    with environment(variables):
        yield


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
