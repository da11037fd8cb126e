"""A template's history when it was renamed: it goes on under the new name, and folders of the old one follow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from smscaffold.errors import SmscaffoldError
from smscaffold.history.git_remote import RECORD, SUFFIX, BundleError, refs
from smscaffold.history.record import Release, read_record, releases
from smscaffold.template_config import config_file, former_names

_TAGS = "refs/tags/"


@dataclass(frozen=True)
class Lineage:
    """The releases of a template so far, under all its names, and the bundle that holds all of them."""

    name: str
    formerly: tuple[str, ...]
    known: list[Release]
    bundle: Path | None

    def whole_bundle(self, history: Path) -> Path | None:
        """The bundle that the next release goes on with; SmscaffoldError when there should be one and is none."""
        if self.known and not self.bundle:
            names = " and ".join([self.name, *self.formerly])
            raise SmscaffoldError(
                f"no bundle in {history} holds all releases of {names} that its {RECORD} names: bring back "
                f"{self.known[-1].template}{SUFFIX} as it was released, and name only what this template was called"
            )
        return self.bundle

    @property
    def outdated(self) -> list[str]:
        """The bundles that the next release leaves without a use."""
        return [f"{name}{SUFFIX}" for name in self.formerly]


def lineages(templates: Iterable[Path], history: Path, making: str) -> dict[Path, Lineage]:
    """The lineage of each template whose folder is given; bundles and record lie in the folder `history`.

    `making` is the tag of the release that is made now: bundles have it already if that was cut short before.
    Raises SmscaffoldError when a history would be lost, or when it is not clear whose it is.
    """
    said = {folder: former_names(folder) for folder in templates}
    _check_claims(said)
    _check_forgotten(said, history)
    return {folder: _lineage(folder, formerly or [], history, making) for folder, formerly in said.items()}


def _check_claims(said: Mapping[Path, list[str] | None]) -> None:
    now = {folder.name for folder in said}
    owners: dict[str, Path] = {}
    for folder, formerly in said.items():
        for name in formerly or []:
            if name in now:
                raise SmscaffoldError(f"{config_file(folder)} says formerly: {name}, and a template has that name now")
            if owners.setdefault(name, folder) != folder:
                raise SmscaffoldError(
                    f"{config_file(owners[name])} and {config_file(folder)} both say formerly: {name}, and only one of "
                    "them can have its history"
                )


def _check_forgotten(said: Mapping[Path, list[str] | None], history: Path) -> None:
    """Whether a template that says nothing of its past may be one of those whose history nobody goes on with."""
    released = dict.fromkeys(release.template for release in read_record(history))
    taken = {folder.name for folder in said} | {name for formerly in said.values() for name in formerly or []}
    left = [name for name in released if name not in taken and (history / f"{name}{SUFFIX}").is_file()]
    for folder, formerly in said.items():
        if left and formerly is None and folder.name not in released:
            raise SmscaffoldError(
                f"{folder.name} was never released, and {left[0]} was and is gone: write `formerly: [{left[0]}]` into "
                f"_smscaffold in {config_file(folder)} if that is what it was called, and `formerly: []` if it is new"
            )


def _lineage(folder: Path, formerly: list[str], history: Path, making: str) -> Lineage:
    recorded = {release.commit for release in read_record(history)}
    known = releases(folder.name, history, formerly)
    commits = {release.tag: release.commit for release in known}
    bundle = None
    for name in (folder.name, *formerly):
        path = history / f"{name}{SUFFIX}"
        if path.is_file():
            tags = {tag: commit for tag, commit in _tags(path).items() if tag != making or commit in recorded}
            if unknown := [tag for tag, commit in tags.items() if commits.get(tag) != commit]:
                raise _unknown(folder, path, unknown[0], tags[unknown[0]], history)
            bundle = path if tags == commits and bundle is None else bundle
    if len(commits) != len(known):
        bundle = None
    return Lineage(folder.name, tuple(formerly), known, bundle)


def _unknown(folder: Path, bundle: Path, tag: str, commit: str, history: Path) -> SmscaffoldError:
    """The error for a bundle that the next release would write without this tag."""
    name = next((release.template for release in read_record(history) if release.commit == commit), "")
    advice = (
        f"write `formerly: [{name}]` into _smscaffold in {config_file(folder)}, beside the names that stand there"
        if name
        else "bring back the bundle or the record as it was released, or take the bundle away if that history is to end"
    )
    return SmscaffoldError(f"{bundle} holds {tag}, which {RECORD} does not know of {folder.name}: {advice}")


def _tags(bundle: Path) -> dict[str, str]:
    """The tags in a bundle with their commits."""
    try:
        found = refs(str(bundle))
    except (BundleError, ValueError) as error:
        raise SmscaffoldError(f"{bundle} is not a git bundle: bring it back as it was released") from error
    return {name.removeprefix(_TAGS): commit for name, commit in found.items() if name.startswith(_TAGS)}
