"""Which templates there are, and where each of them comes from."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from smscaffold import __version__
from smscaffold.errors import SmscaffoldError, did_you_mean
from smscaffold.template_config import config_file, load_config

DEFAULT = "python-flask"
ENTRY_POINTS = "smscaffold.templates"
BUILT_IN = "built-in"
FOLDER = "folder"


@dataclass(frozen=True)
class Template:
    """What renders one kind of container folder.

    `source` and `commit` are what a container folder remembers of where it came from; `commit` is empty when there is
    none to return to, and then the container folder cannot be updated.
    """

    name: str
    folder: Path
    origin: str
    source: str
    commit: str

    @property
    def version(self) -> str:
        """The version for people: `commit` without the ``v`` of its tag."""
        return self.commit.removeprefix("v")

    @cached_property
    def about(self) -> dict[str, str]:
        """Language, framework and title, as the template's copier.yml gives them."""
        declared = load_config(self.folder, includes=False).settings.get("smscaffold")
        declared = declared if isinstance(declared, dict) else {}
        return {key: str(declared.get(key, "")) for key in ("language", "framework", "title")}


def find(name: str) -> Template:
    """The template of that name, or the one in that folder (``./my-template``).

    Raises SmscaffoldError when there is neither.
    """
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
    package = Path(__file__).resolve().parent
    shipped = package / "_templates"
    # a checkout has no shipped copy: its working tree is what an author edits and renders
    for folder in _template_folders(shipped if shipped.is_dir() else package.parent / "templates"):
        source = f"git+smscaffold://{folder.name}"
        yield Template(folder.name, folder, BUILT_IN, source, f"v{__version__}")


def _installed() -> Iterator[Template]:
    """Templates of other packages, found without importing any of their code."""
    from importlib.metadata import entry_points
    from importlib.util import find_spec

    for entry in entry_points(group=ENTRY_POINTS):
        top, *below = entry.value.partition(":")[0].split(".")
        spec = find_spec(top)
        version = entry.dist.version if entry.dist else ""
        origin = f"{entry.dist.name} {version}" if entry.dist else entry.name
        for location in (spec.submodule_search_locations or []) if spec else []:
            root = Path(location, *below)
            found = [(entry.name, root)] if config_file(root) else []
            found += [(f"{entry.name}/{folder.name}", folder) for folder in _template_folders(root)]
            for name, folder in found:
                yield Template(name, folder, origin, f"git+smscaffold://{name}", f"v{version}")


def _template_folders(root: Path) -> list[Path]:
    return sorted(folder for folder in root.glob("*") if config_file(folder))


def _from_folder(folder: Path) -> Template:
    if config_file(folder) is None:
        raise SmscaffoldError(f"{folder} is not a template: it has no copier.yml")
    return Template(folder.name, folder, FOLDER, str(folder), _git_version(folder))


def _git_version(folder: Path) -> str:
    """The commit that a folder's files are, by its tag if it has one.

    Empty when the folder is not the root of a git repository, or holds changes that no commit has.
    """
    if not (folder / ".git").exists():
        return ""
    try:
        describe = ["git", "-C", str(folder), "describe", "--tags", "--always", "--dirty"]
        version = subprocess.run(describe, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""
    return "" if version.endswith("-dirty") else version
