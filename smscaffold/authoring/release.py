"""``smscaffold template release``: the history of a package's templates, by which container folders are updated."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from smscaffold.authoring.lint import read
from smscaffold.authoring.package import PROJECT, package_in
from smscaffold.compile import compile_template
from smscaffold.console import Console
from smscaffold.errors import SmscaffoldError
from smscaffold.history.git_remote import RECORD, SUFFIX
from smscaffold.history.release import check_committed, release
from smscaffold.staging import temporary_folder


@dataclass(frozen=True)
class Request:
    """What the user asked for: the package in `folder`, released as `version`."""

    version: str
    folder: Path = Path()


def release_package(request: Request, console: Console) -> None:
    """Appends what has changed in the package's templates to their history, and sets the package's version.

    Raises SmscaffoldError, with nothing changed, for a broken template, for changes that are not committed, a version
    that is not higher than the last one, and when nothing has changed since then.
    """
    package = package_in(request.folder)
    for folder in package.templates:
        with temporary_folder() as work:
            compile_template(folder, work / "template")
            read(folder, work / "template")
    check_committed(package.folder, package.templates)
    made = release(request.version, package.templates, package.place)
    if not made:
        raise SmscaffoldError("no template has changed since its last release: there is nothing to release")
    for each in made:
        size = (package.place / f"{each.template}{SUFFIX}").stat().st_size
        console.say(f"Released {package.name}/{each.template} {each.tag} {each.commit} ({size / 1000:.1f} KB)")
    if not package.set_version(request.version):
        console.note(f"{package.folder / PROJECT} says no version: give the package {request.version} where it does")
    place = package.place.relative_to(package.folder)
    console.say(f"Commit {place}/*{SUFFIX}, {place / RECORD} and {PROJECT} now.")
