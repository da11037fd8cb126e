"""A package of templates as its author has it: where it is, and what it calls its templates."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from smscaffold.catalog import template_folders
from smscaffold.errors import SmscaffoldError
from smscaffold.history import git_remote
from smscaffold.history.git_remote import ENTRY_POINTS
from smscaffold.small_file import read_small
from smscaffold.template_config import config_file

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PROJECT = "pyproject.toml"
# the line of the table [project] that says the version
_VERSION = re.compile(r'(^\[project\]\r?\n(?:(?!\[).*\n)*?version *= *)"[^"\n]*"', re.MULTILINE)


@dataclass(frozen=True)
class Package:
    """The package in `folder`: it registers itself as `name`, and its templates and their history lie in `place`."""

    folder: Path
    name: str
    place: Path

    @property
    def templates(self) -> list[Path]:
        """The folders of its templates. Raises SmscaffoldError when there is none."""
        found = template_folders(self.place)
        if not found:
            raise SmscaffoldError(f"{self.place} holds no template: a template is a folder there with a copier.yml")
        return found

    def set_version(self, version: str) -> bool:
        """Writes the version into pyproject.toml; False where that does not say it, but something else."""
        path = self.folder / PROJECT
        # as bytes: the line ends stay as they are
        text, changed = _VERSION.subn(rf'\g<1>"{version}"', path.read_bytes().decode("utf-8"), count=1)
        if changed:
            path.write_bytes(text.encode("utf-8"))
        return bool(changed)


def package_in(folder: Path) -> Package:
    """The package of templates in a folder.

    Raises SmscaffoldError when there is none, or more than one, or when its name belongs to another that is installed.
    """
    path = folder / PROJECT
    try:
        project = tomllib.loads(read_small(path).decode("utf-8"))
    except FileNotFoundError:
        raise SmscaffoldError(
            f"{_shown(folder)} is no package of templates: it has no {PROJECT}; `smscaffold template new` makes one"
        ) from None
    except (OSError, ValueError) as error:
        raise SmscaffoldError(f"{path} cannot be read: {error}") from error
    registered = _table(_table(_table(project, "project"), "entry-points"), ENTRY_POINTS)
    if len(registered) != 1:
        count = "no" if not registered else "more than one"
        raise SmscaffoldError(
            f'{path} has {count} entry point of {ENTRY_POINTS}: below [project.entry-points."{ENTRY_POINTS}"] '
            'belongs one line, such as acme = "acme_templates"'
        )
    ((name, module),) = registered.items()
    _check_name(name, str(_table(project, "project").get("name", "")), path)
    below = Path(*str(module).partition(":")[0].split("."))
    for place in (folder / below, folder / "src" / below):
        if place.is_dir():
            return Package(folder, name, place)
    raise SmscaffoldError(f"{path} registers {module} as {name}, but there is no folder {_shown(folder / below)}")


def templates_at(path: Path) -> list[Path]:
    """The template in a folder, or all of the package there. Raises SmscaffoldError when it is neither."""
    return [path] if config_file(path) else package_in(path).templates


def _check_name(name: str, project: str, path: Path) -> None:
    """Container folders remember the name: another package's templates must not be found by it."""
    for entry, _ in git_remote.registered():
        owner = entry.dist.name if entry.dist else project
        if entry.name == name and _normal(owner) != _normal(project):
            raise SmscaffoldError(f"{path} registers the name {name}, which the installed package {owner} has taken")


def _normal(project: str) -> str:
    """The name of a project as installers compare it."""
    return re.sub("[-_.]+", "-", project).lower()


def _table(parent: dict[str, Any], name: str) -> dict[str, Any]:
    found = parent.get(name)
    return found if isinstance(found, dict) else {}


def _shown(folder: Path) -> str:
    return str(folder if folder != Path() else folder.resolve())
