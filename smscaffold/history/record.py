"""Which release of a built-in template a compiled template is: by its content, whatever made it, without git."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from smscaffold.history.git_remote import RECORD
from smscaffold.template_config import former_names

HISTORY = Path(__file__).resolve().parent
AUTHOR = "smscaffold <templates@smscaffold.invalid>"
DATE = "946684800 +0000"  # the first second of 2000: a release is the same whenever it is made
FIRST = "v0"  # what a template comes after that was never released


@dataclass(frozen=True)
class Release:
    """One line of the record: the tag of a template's release, its commit in the bundle, and that commit's tree."""

    template: str
    tag: str
    commit: str
    tree: str


def releases(template: str, history: Path = HISTORY, formerly: Sequence[str] = ()) -> list[Release]:
    """The releases of a template, oldest first, those under its former names too."""
    return [release for release in read_record(history) if release.template in (template, *formerly)]


def read_record(history: Path = HISTORY) -> list[Release]:
    """All releases, in the order in which they were made."""
    record = history / RECORD
    lines = record.read_text(encoding="ascii").splitlines() if record.is_file() else []
    return [Release(*line.split()) for line in lines if line and not line.startswith("#")]


def version_of(template: str, root: Path, history: Path = HISTORY) -> tuple[str, bool]:
    """What a container folder remembers as the commit of the compiled template in `root`, and whether it is released.

    A released one has its tag. Any other has a name after the pattern of ``git describe``, such as ``v0.1.0-1-g`` and
    the commit that releasing exactly this next would make: git cannot find that commit until then, and can afterwards.
    """
    tree = tree_id(root)
    known = releases(template, history, former_names(root) or ())
    for release in reversed(known):
        if release.tree == tree:
            return release.tag, True
    parent = known[-1] if known else None
    commit = commit_id(template, tree, parent.commit if parent else "")
    return f"{parent.tag if parent else FIRST}-1-g{commit[:16]}", False


def tree_id(root: Path) -> str:
    """The id that git gives the files below `root`, with their run bits; no folder there may be empty."""
    return _tree(root).hex()


def commit_id(template: str, tree: str, parent: str) -> str:
    """The id that git gives the commit of a release; everything in it follows from what is released."""
    return _object("commit", commit_text(template, tree, parent).encode()).hex()


def commit_text(template: str, tree: str, parent: str) -> str:
    """The commit of a release, as git stores it."""
    after = f"parent {parent}\n" if parent else ""
    return f"tree {tree}\n{after}author {AUTHOR} {DATE}\ncommitter {AUTHOR} {DATE}\n\nTemplate {template}\n"


def _tree(folder: Path) -> bytes:
    entries = []
    for entry in os.scandir(folder):
        name, path = os.fsencode(entry.name), Path(entry.path)
        if entry.is_symlink():
            entries.append((name, b"120000", _object("blob", os.fsencode(path.readlink()))))
        elif entry.is_dir():
            entries.append((name + b"/", b"40000", _tree(path)))
        else:
            mode = b"100755" if entry.stat().st_mode & 0o100 else b"100644"
            entries.append((name, mode, _object("blob", path.read_bytes())))
    # git sorts a folder as if its name ended with a slash
    return _object("tree", b"".join(mode + b" " + name.rstrip(b"/") + b"\0" + id for name, mode, id in sorted(entries)))


def _object(kind: str, content: bytes) -> bytes:
    return hashlib.sha1(f"{kind} {len(content)}\0".encode() + content, usedforsecurity=False).digest()
