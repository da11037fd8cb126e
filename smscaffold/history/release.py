"""Releases templates: each one whose compiled tree has changed gets one more commit and tag in its git bundle.

    python -m smscaffold.history.release 0.2.0        (make release VERSION=0.2.0) the built-in ones
    smscaffold template release 0.2.0                 those of another package

The same templates make the same bundles, to the byte, whoever makes them and whenever. A released commit never changes:
container folders remember it.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from smscaffold import git
from smscaffold.catalog import TEMPLATE_PACKAGE, template_folders
from smscaffold.compile import LOCAL_PLATFORM, compile_template
from smscaffold.console import Console
from smscaffold.errors import SmscaffoldError
from smscaffold.history.git_remote import BRANCH, RECORD, SUFFIX
from smscaffold.history.lineage import Lineage, lineages
from smscaffold.history.record import HISTORY, Release, commit_text, read_record, tree_id
from smscaffold.staging import temporary_folder, uninterrupted

PACKAGE = HISTORY.parent
_HEADER = "# template, tag, commit, tree: appended by each release; a line that stands here never changes\n"
# everything that could make another machine's bundle another one
_SETTINGS = ("pack.threads=1", "core.compression=9", "core.autocrlf=false", "core.fileMode=true", "core.quotePath=true")


def release(version: str, templates: Iterable[Path], history: Path) -> list[Release]:
    """Releases those of these templates that have changed as `version`, and returns what was made; none may have.

    Bundles and record lie in the folder `history`.
    Raises SmscaffoldError when the version is no X.Y.Z, is not higher than a changed template's last one, or when a
    renamed template would lose its history; then none is released.
    """
    _check_version(version, history)
    made: dict[Release, bytes] = {}
    outdated: list[str] = []
    for folder, past in lineages(templates, history, f"v{version}").items():
        with tempfile.TemporaryDirectory() as work:
            root = Path(work) / "template"
            compile_template(folder, root)
            tree = tree_id(root)
            if past.known and past.known[-1].tree == tree:
                continue
            each, bundle = _append(past, f"v{version}", tree, root, history)
            made[each] = bundle
            outdated += past.outdated
    if made:
        _write(made, outdated, history)
    return list(made)


def _check_version(version: str, history: Path) -> None:
    if not re.fullmatch(r"(0|[1-9]\d*)(\.(0|[1-9]\d*)){2}", version):
        raise SmscaffoldError(f"a version is three numbers, such as 0.2.0, not {version!r}")
    newest = max((_numbers(release.tag) for release in read_record(history)), default=())
    if _numbers(version) < newest:
        raise SmscaffoldError(f"{version} is lower than {'.'.join(map(str, newest))}, which is released already")


def _append(past: Lineage, tag: str, tree: str, root: Path, history: Path) -> tuple[Release, bytes]:
    """One more commit and tag in a template's bundle: what it then holds; nothing is written."""
    name, known, bundle = past.name, past.known, past.whole_bundle(history)
    if any(release.tag == tag for release in known):
        raise SmscaffoldError(f"{name} {tag} is released already, and {name} has changed since: take a higher version")
    with tempfile.TemporaryDirectory() as work:
        repository = Path(work) / "repository"
        _git(repository, "init", "--quiet", "--bare", "--object-format=sha1", str(repository))
        if bundle:
            _git(repository, "bundle", "unbundle", str(bundle))
        _git(repository, "--work-tree", str(root), "add", "--all", "--force", ".", cwd=root)
        if (written := _git(repository, "write-tree")) != tree:
            raise SmscaffoldError(f"git made the tree {written} of {name}, not {tree}: nothing was released")
        text = commit_text(name, tree, known[-1].commit if known else "")
        commit = _git(repository, "hash-object", "-t", "commit", "-w", "--stdin", text=text)
        made = Release(name, tag, commit, tree)
        return made, _bundle(repository, [*known, made])


def _bundle(repository: Path, known: list[Release]) -> bytes:
    """The bundle file (gitformat-bundle(5)) of these releases; it depends on nothing but them.

    ``git bundle create`` would keep what the last bundle's packing happened to be.
    """
    newest = known[-1].commit
    names = {"HEAD": newest, BRANCH: newest, **{f"refs/tags/{each.tag}": each.commit for each in known}}
    head = "".join(f"{commit} {name}\n" for name, commit in names.items())
    pack = [
        "pack-objects",
        "--quiet",
        "--revs",
        "--stdout",
        "--no-reuse-delta",
        "--no-reuse-object",
        "--delta-base-offset",
    ]
    return f"# v2 git bundle\n{head}\n".encode() + _git_bytes(repository, *pack, text=newest)


def _write(made: dict[Release, bytes], outdated: list[str], history: Path) -> None:
    """The bundles, and the record of them last: a release that was cut short is done again.

    Bundles that are `outdated` go then: others have what they held.
    """
    history.mkdir(parents=True, exist_ok=True)
    record = history / RECORD
    text = record.read_text(encoding="ascii") if record.is_file() else _HEADER
    lines = [f"{release.template} {release.tag} {release.commit} {release.tree}\n" for release in made]
    files = {f"{release.template}{SUFFIX}": content for release, content in made.items()}
    files[RECORD] = (text + "".join(lines)).encode("ascii")
    with temporary_folder(history) as stage:
        for name, content in files.items():
            (stage / name).write_bytes(content)
        with uninterrupted(" and ".join(f"{release.template} {release.tag} was released" for release in made)):
            for name in files:
                (stage / name).replace(history / name)
            for name in outdated:
                (history / name).unlink(missing_ok=True)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in version.removeprefix("v").split("."))


def _git(repository: Path, *words: str, cwd: Path | None = None, text: str = "") -> str:
    return _git_bytes(repository, *words, cwd=cwd, text=text).decode().strip()


def _git_bytes(repository: Path, *words: str, cwd: Path | None = None, text: str = "") -> bytes:
    """Runs git without anybody's configuration; SmscaffoldError when it fails."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment = {**own, "GIT_DIR": str(repository), "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    settings = [word for setting in _SETTINGS for word in ("-c", setting)]
    command = ["git", *settings, *words]
    done = subprocess.run(command, cwd=cwd, env=environment, input=text.encode(), capture_output=True, check=False)
    if done.returncode:
        raise SmscaffoldError(f"git {words[0]} failed: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout


def check_committed(checkout: Path, sources: Iterable[Path]) -> None:
    """What is released has to be what is committed: anybody can make the same release of the same commit then.

    Raises SmscaffoldError when a file in `sources` is not; where there is no repository, nothing is checked.
    """
    done = git.run(checkout, "status", "--porcelain", "--", *(str(path.resolve()) for path in sources))
    if done.returncode == 0 and done.stdout:
        raise SmscaffoldError(f"commit these before you release them:\n{done.stdout.rstrip()}")


def _set_version(version: str) -> None:
    module = PACKAGE / "__init__.py"
    text = module.read_text(encoding="utf-8")
    module.write_text(re.sub(r'^__version__ = ".*"$', f'__version__ = "{version}"', text, flags=re.M), encoding="utf-8")


def main(arguments: Sequence[str]) -> int:
    """Releases the templates of this checkout; returns the exit code."""
    console = Console()
    if len(arguments) != 1:
        console.error("name one version: python -m smscaffold.history.release X.Y.Z", "release")
        return 2
    try:
        templates = PACKAGE.parent / "templates"
        check_committed(PACKAGE.parent, [templates, LOCAL_PLATFORM, TEMPLATE_PACKAGE])
        made = release(arguments[0], [*template_folders(templates), TEMPLATE_PACKAGE], HISTORY)
    except SmscaffoldError as error:
        console.error(str(error), "release")
        return 1
    for each in made:
        size = (HISTORY / f"{each.template}{SUFFIX}").stat().st_size
        console.say(f"{each.template} {each.tag} {each.commit} ({size / 1000:.1f} KB with all its history)")
    if not made:
        console.say("No template has changed since its last release.")
    _set_version(arguments[0])
    console.say("Commit smscaffold/history and smscaffold/__init__.py now.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
