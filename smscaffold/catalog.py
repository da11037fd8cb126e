"""Which templates there are, and where each of them comes from."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from smscaffold import __version__
from smscaffold.errors import SmscaffoldError, did_you_mean
from smscaffold.history import git_remote, record
from smscaffold.repository import clone, is_address, lasting
from smscaffold.staging import temporary_folder
from smscaffold.template_config import config_file, load_config

DEFAULT = "python-flask"
BUILT_IN = "built-in"
FOLDER = "folder"
GIT = "git"
PACKAGE = Path(__file__).resolve().parent
#: the templates of an installed package; a checkout has none, its working tree is what an author edits and renders
SHIPPED = PACKAGE / "_templates"


@dataclass(frozen=True)
class Template:
    """What renders one kind of container folder.

    `source` is what a container folder remembers of where it came from. `folder` holds the template's files as their
    author edits them, `bundle` its history; one of them may be missing, and both when it lies elsewhere.
    """

    name: str
    origin: str
    source: str
    folder: Path | None = None
    bundle: Path | None = None
    version: str = ""

    @cached_property
    def about(self) -> dict[str, str]:
        """Language, framework and title, as the template's copier.yml gives them."""
        declared = self._settings().get("smscaffold")
        declared = declared if isinstance(declared, dict) else {}
        return {key: str(declared.get(key, "")) for key in ("language", "framework", "title")}

    def _settings(self) -> dict[str, object]:
        if self.folder:
            return load_config(self.folder, includes=False).settings
        with temporary_folder() as work:
            clone(str(self.bundle), work / "template").check_out()
            return load_config(work / "template", includes=False).settings


def find(name: str) -> Template:
    """The template of that name, in that folder (``./my-template``), or in the git repository of that address.

    Raises SmscaffoldError when there is none.
    """
    name = name.removeprefix("git+").removeprefix(git_remote.SCHEME) if git_remote.SCHEME in name else name
    if is_address(name):
        return Template(re.split("[/:]", name.rstrip("/"))[-1].removesuffix(".git"), GIT, lasting(name))
    for template in _built_in():
        if template.name == name:
            return template
    if not name.startswith((".", "/", "~")):
        for template in _installed():
            if template.name == name:
                return template
    folder = Path(name).expanduser()
    if folder.is_dir():
        return _from_folder(folder.resolve())
    known = [template.name for template in templates()]
    raise SmscaffoldError(
        f"there is no template {name!r}{did_you_mean(name, known)}: "
        "give a name from `smscaffold list`, or the folder of a template"
    )


def templates(on_error: Callable[[SmscaffoldError], None] | None = None) -> Iterator[Template]:
    """Every template that has a name: built-in ones first, then those of installed packages.

    One that cannot be read is left out and handed to `on_error`.
    """
    for template in [*_built_in(), *_installed()]:
        try:
            _ = template.about
        except SmscaffoldError as error:
            if on_error:
                on_error(error)
        else:
            yield template


def _built_in() -> Iterator[Template]:
    for folder in _template_folders(SHIPPED if SHIPPED.is_dir() else PACKAGE.parent / "templates"):
        name = folder.name
        bundle = record.HISTORY / f"{name}{git_remote.SUFFIX}"
        released = record.releases(name)
        version = released[-1].tag.removeprefix("v") if released else __version__
        yield Template(
            name, BUILT_IN, f"git+smscaffold://{name}", folder, bundle if bundle.is_file() else None, version
        )


def _installed() -> Iterator[Template]:
    """Templates of other packages, found without importing any of their code."""
    for entry, place in git_remote.registered():
        root = Path(place)
        version = entry.dist.version if entry.dist else ""
        origin = f"{entry.dist.name} {version}" if entry.dist else entry.name
        found: dict[str, Path | None] = {entry.name: root} if config_file(root) else {}
        found |= {f"{entry.name}/{folder.name}": folder for folder in _template_folders(root)}
        for bundle in sorted(root.glob(f"*{git_remote.SUFFIX}")):
            if bundle.stem not in found:
                found.setdefault(f"{entry.name}/{bundle.stem}", None)
        for name, folder in found.items():
            history = root / f"{name.rpartition('/')[2]}{git_remote.SUFFIX}"
            source = f"git+{git_remote.SCHEME}{name}"
            yield Template(name, origin, source, folder, history if history.is_file() else None, version)


def _template_folders(root: Path) -> list[Path]:
    return sorted(folder for folder in root.glob("*") if config_file(folder))


def _from_folder(folder: Path) -> Template:
    if config_file(folder) is None:
        raise SmscaffoldError(f"{folder} is not a template: it has no copier.yml")
    return Template(folder.name, FOLDER, str(folder), folder)
