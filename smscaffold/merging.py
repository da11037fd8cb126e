"""Looks at each file that copier has merged, so that no edit of the user's and no change of the template's is lost.

Copier carries the user's edits over as one patch of text, and goes on without a word where a part of it does not fit:
for binary files, and for those that git's attributes or ignore files keep out of a patch.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from smscaffold import git

Entry = tuple[str, str]  # git's mode and the id of the content
_FILES = ("100644", "100755")
_LABELS = ("-L", "before updating", "-L", "last update", "-L", "after updating")  # copier's own


def keep_edits(second: Path, renders: Path, left_alone: Callable[[str], bool], *, strict: bool) -> str:
    """Mends the index of the second work tree, where all that copier made is staged.

    `renders` holds what the template renders without the user, its old version in ``0`` and the new one in ``1``, laid
    out as the repository. Files for which `left_alone` is true, by their path there, are not looked at. Unless
    `strict`, the template's own code has run and may have changed files that it does not render.
    Returns the conflicts for git's index; in these files the user's version is staged, or one with conflict markers.
    """
    top = Path(git.ask(second, "rev-parse", "--show-toplevel").rstrip("\n"))
    old, new = (_rendered(top, renders / version) for version in ("0", "1"))
    made = _entries(git.ask(second, "ls-files", "--stage", "--full-name", "-z"))
    mended, conflicts = "", ""
    for name, mine in _entries(git.ask(second, "ls-tree", "-r", "--full-name", "-z", "HEAD")).items():
        sides = (old.get(name), mine, new.get(name))
        if left_alone(name) or not _lost(*sides, made.get(name), strict=strict):
            continue
        entry, clean = _merge(top, *sides)
        if entry != made.get(name):
            mended += f"{entry[0]} {entry[1]} 0\t{name}\0"
        if not clean:
            stages = ((side, stage) for stage, side in enumerate(sides, 1) if side)
            conflicts += "".join(f"{mode} {blob} {stage}\t{name}\0" for (mode, blob), stage in stages)
    if mended:
        git.ask(top, "update-index", "-z", "--index-info", text=mended)
    return conflicts


def _rendered(top: Path, tree: Path) -> dict[str, Entry]:
    """What is in a folder, as git would commit it to the repository whose work tree `top` is."""
    index = tree.with_name(f"{tree.name}-index")
    options = (f"--work-tree={tree}", "-c", "core.safecrlf=false")
    git.ask(top, *options, "add", "--all", "--force", "--", ".", index=index)
    return _entries(git.ask(top, *options, "ls-files", "--stage", "-z", index=index))


def _entries(listed: str) -> dict[str, Entry]:
    """The answer of ``ls-files --stage`` or ``ls-tree``, by path."""
    entries = {}
    for line in listed.split("\0")[:-1]:
        about, _, name = line.partition("\t")
        mode, *_, blob = about.removesuffix(" 0").split(" ")
        entries[name] = (mode, blob)
    return entries


def _lost(old: Entry | None, mine: Entry, new: Entry | None, made: Entry | None, *, strict: bool) -> bool:
    """Whether what copier made of a file may lack a change of the user's or of the template's."""
    if mine == old:
        return new is not None and new != mine and made == mine
    if new in (old, mine):
        return made != mine and (strict or made == new)
    links = any(side and side[0] not in _FILES for side in (old, mine, new))
    return links or made in (mine, new, None)


def _merge(top: Path, old: Entry | None, mine: Entry, new: Entry | None) -> tuple[Entry, bool]:
    """The file with the changes of both sides, and whether they went together."""
    if new == old:
        return mine, True
    if new is None:
        return mine, False
    if mine == old:
        return new, True
    if any(side and side[0] not in _FILES for side in (old, mine, new)):
        return mine, mine == new
    mode = new[0] if old and old[0] == mine[0] else mine[0]
    if mine[1] == new[1] or (old and new[1] == old[1]):
        return (mode, mine[1]), True
    if old and mine[1] == old[1]:
        return (mode, new[1]), True
    ours, base, theirs = (_unpacked(top, side[1] if side else _empty(top)) for side in (mine, old, new))
    done = git.run(top, "merge-file", "--quiet", *_LABELS, "--", ours, base, theirs)
    if not 0 <= done.returncode < 128:  # not text: the user's version stays
        return mine, False
    blob = git.ask(top, "hash-object", "-w", "--no-filters", "--", ours).strip()
    return (mode, blob), done.returncode == 0


def _unpacked(top: Path, blob: str) -> str:
    """The name of a temporary file in `top` with that content."""
    return git.ask(top, "unpack-file", blob).rstrip("\n")


def _empty(top: Path) -> str:
    return git.ask(top, "hash-object", "-w", "--stdin").strip()
