"""A second work tree of the repository that a container folder lies in: there an update is made, and can go wrong.

It holds the container folder alone, however much lies around it, and what tells git how to treat the folder's files.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from smscaffold import git
from smscaffold.folder import Folder
from smscaffold.history.record import AUTHOR, DATE
from smscaffold.staging import TEMPORARY, uninterrupted

#: the files in the folders above by which git decides about those below
_RULES = (".gitattributes", ".gitignore", ".gitmodules")


@contextmanager
def second_work_tree(folder: Folder, place: Path, *, whole: bool) -> Iterator[Path]:
    """The container folder as it is committed, in the new folder `place`; hooks are not run.

    With `whole`, everything else in the repository is there as well: a template's own code may look around.
    """
    _forget_killed(folder)
    commit = "HEAD" if whole or folder.path == folder.top else _commit_of_it_alone(folder, place.with_name("index"))
    record = None
    try:
        with uninterrupted():
            git.ask(folder.top, "worktree", "add", "--quiet", "--detach", "--no-checkout", str(place), commit)
            record = Path(git.ask(place, "rev-parse", "--absolute-git-dir").rstrip("\n"))
        git.ask(place, "reset", "--quiet", "--hard", "--no-recurse-submodules")
        yield place / folder.inside
    finally:
        with uninterrupted():
            if git.run(folder.top, "worktree", "remove", "--force", str(place)).returncode and record:
                _forget(record)


def in_whole_tree(folder: Folder, tree: str, index: Path, *, whole: bool) -> str:
    """The tree of the whole repository that `tree`, of a second work tree, brings about; `index` is a new file."""
    if whole or folder.path == folder.top:
        return tree
    inside = folder.inside.as_posix()
    git.ask(folder.top, "read-tree", "HEAD", index=index)
    git.ask(folder.top, "rm", "-r", "--cached", "--force", "--quiet", "--", inside, index=index)
    git.ask(folder.top, "read-tree", f"--prefix={inside}/", f"{tree}:{inside}", index=index)
    return git.ask(folder.top, "write-tree", index=index).strip()


def _commit_of_it_alone(folder: Folder, index: Path) -> str:
    """A commit after HEAD that holds nothing but the container folder and git's rules for it; `index` is a new file.

    It belongs to no branch, and git drops it some day.
    """
    inside = folder.inside.as_posix()
    rules = [str(parent / name) for parent in folder.inside.parents for name in _RULES]
    git.ask(folder.top, "read-tree", f"--prefix={inside}/", f"HEAD:{inside}", index=index)
    entries = git.ask(folder.top, "ls-tree", "-z", "HEAD", "--", *rules)
    git.ask(folder.top, "update-index", "-z", "--index-info", text=entries, index=index)
    tree = git.ask(folder.top, "write-tree", index=index).strip()
    head = git.ask(folder.top, "rev-parse", "HEAD").strip()
    people = f"author {AUTHOR} {DATE}\ncommitter {AUTHOR} {DATE}\n"
    text = f"tree {tree}\nparent {head}\n{people}\nThe container folder alone\n"
    return git.ask(folder.top, "hash-object", "-t", "commit", "-w", "--stdin", text=text).strip()


def _forget_killed(folder: Folder) -> None:
    """Removes the records that killed updates left: their work trees lay in temporary folders of ours that are gone."""
    common = folder.path / git.ask(folder.path, "rev-parse", "--git-common-dir").rstrip("\n")
    for file in common.glob("worktrees/*/gitdir"):
        tree = file.parent / os.fsdecode(file.read_bytes()).rstrip("\n")  # git may have it relative to the record
        ours = tree.parent.parent
        if ours.name.startswith(TEMPORARY) and not os.path.lexists(ours):
            _forget(file.parent)


def _forget(record: Path) -> None:
    """Removes the record of a work tree that git itself cannot remove, because the tree lost its way back to it."""
    shutil.rmtree(record, ignore_errors=True)
    with suppress(OSError):  # git has the folder of these records only while there are any
        record.parent.rmdir()
