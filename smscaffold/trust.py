"""What a template by others must not do unless the user trusts it, and what it must never do."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from smscaffold.errors import SmscaffoldError
from smscaffold.staging import check_destination
from smscaffold.template_config import TemplateConfig

#: filters of Jinja that read this machine: its files, its variables, or where the user stands
HOST_FILTERS = frozenset(("expanduser", "expandvars", "fileglob", "realpath", "relpath"))
# what a shell or a terminal would take for more than a part of a name
_ACTIVE = re.compile(r"[\x00-\x1f\x7f`;|&<>\"\\]|\$[({]|^-")
# git's own folder, as NTFS reads a name: with its short form, dots and spaces at the end, and streams after a colon
_GIT = re.compile(r"(\.git|git~1)[ .]*(:.*)?", re.IGNORECASE | re.DOTALL)
# HFS+ compares names without these
_HFS_IGNORES = dict.fromkeys([*range(0x200C, 0x2010), *range(0x202A, 0x202F), *range(0x206A, 0x2070), 0xFEFF])
# what git takes for a pattern in a command, and what copier makes and removes in an update, whatever it is
_PATTERN = re.compile(r"^:|[*?]|\.rej$", re.IGNORECASE)
# the files by which git takes a folder for a repository, whatever the folder is called
_REPOSITORIES = ({"head", "objects", "refs"}, {"head", "commondir"})


@dataclass(frozen=True)
class Trust:
    """How far the user trusts the author of a template, by the sources in copier's settings.yml.

    `name` is the template's name for people, and `source` the address that a container folder remembers, which copier
    itself compares in an update. `runs_code` is true when the template runs code of its author's and the user lets it.
    """

    name: str
    source: str
    runs_code: bool = False

    def reads_machine(self) -> bool:
        """Whether the template may read files and variables of this machine."""
        return self.runs_code or _trusted(self.source)

    def refusal(self, deed: str) -> SmscaffoldError:
        """The error for a template that does something which only a trusted one may do."""
        return SmscaffoldError(
            f"the template {self.name} {deed}: nothing was written; "
            f"if you trust its author, add {self.source} to `trust` in copier's settings.yml"
        )


def check_safe(name: str, source: str, config: TemplateConfig) -> Trust:
    """How far the user trusts a template.

    Raises SmscaffoldError when the template wants to run code of its author's and the user does not trust it.
    """
    features = config.unsafe_features
    if features and not _trusted(source):
        raise SmscaffoldError(
            f"the template {name} wants to run its own code on this machine ({', '.join(features)}): nothing was run; "
            f"if you trust its author, add {source} to `trust` in copier's settings.yml"
        )
    return Trust(name, source, runs_code=bool(features))


def refuse_tree(template: str, folder: Path) -> None:
    """Checks everything that a template has made in `folder`, before git or anybody else looks at it.

    Raises SmscaffoldError when one of the paths is fit to do harm there.
    """
    refuse_repositories(template, folder)
    refuse_hostile(template, folder, (str(path.relative_to(folder)) for path in _walk(folder)))


def refuse_repositories(template: str, folder: Path) -> None:
    """Raises SmscaffoldError when git would find a repository below `folder`, or there is more than files and links."""
    refuse_shape(template, folder)
    for path in _walk(folder):
        where = path.relative_to(folder)
        refuse_path(template, where)
        mode = path.lstat().st_mode
        if stat.S_ISDIR(mode):
            refuse_shape(template, path)
        elif not (stat.S_ISREG(mode) or stat.S_ISLNK(mode)):
            raise refusal(template, f"makes {str(where)!r}, which is no file, folder or link")


def refuse_shape(template: str, folder: Path) -> None:
    """Raises SmscaffoldError when git would take the folder for a repository by what lies in it."""
    names = {path.name.casefold() for path in folder.iterdir()}
    if any(shape <= names for shape in _REPOSITORIES):
        raise refusal(template, f"has the folder {folder.name!r}, which git would take for a repository")


def refuse_path(template: str, path: Path) -> None:
    """Raises SmscaffoldError when git would take a part of the path for its own folder, on any file system."""
    if any(_is_gits(part) for part in path.parts):
        raise refusal(template, f"makes {str(path)!r}, which git would take for its own folder")


def refuse_pattern(template: str, path: Path) -> None:
    """Raises SmscaffoldError when an update would take a part of the path for a pattern, or for a file of copier's."""
    if any(_PATTERN.search(part) for part in path.parts):
        raise refusal(
            template,
            f"makes a file of the name {str(path)!r}, which no later update could handle (no part may begin with a "
            "colon, contain * or ?, or end in .rej)",
        )


def refuse_hostile(template: str, folder: Path, paths: Iterable[str]) -> None:
    """Raises SmscaffoldError when one of the paths that a template made in `folder` is fit to do harm there.

    That is a name that a shell would take for a command, a name that git would take for its own folder, or a link that
    leads to such a folder or out of the container folder.
    """
    top = Path(os.path.realpath(folder))
    for path in paths:
        refuse_path(template, Path(path))
        refuse_pattern(template, Path(path))
        if any(_ACTIVE.search(part) for part in path.split("/")):
            raise refusal(template, f"makes a file of the name {path!r}, which a shell could take for a command")
        link = folder / path
        if not link.is_symlink():
            continue
        target = link.readlink()
        makes = f"makes the link {path} to {target}"
        if any(_is_gits(part) for part in target.parts):
            raise refusal(template, f"{makes}, which git would take for its own folder")
        if link.name.casefold().startswith(".git"):
            raise refusal(template, f"{makes}, and git does not follow a link of that name")
        if target.is_absolute() or not Path(os.path.realpath(link)).is_relative_to(top):
            raise refusal(template, f"{makes}, outside the folder")


def computed_destination(name: str) -> Path:
    """The folder that the answer `project_name` names, where the user gives no DEST.

    Raises SmscaffoldError unless the name is one plain name that is not hidden, and a folder can be made there.
    """
    if not name:
        raise SmscaffoldError("this template has no project_name to name the folder after: give DEST")
    wrong = ""
    if _ACTIVE.search(name):
        wrong = "a shell could take it for a command"
    elif Path(name).name != name or name in (".", ".."):
        wrong = "it is not one plain name"
    elif _is_gits(name):
        wrong = "git would take it for its own folder"
    elif name.startswith("."):
        wrong = "it would be hidden"
    elif Path(name).is_symlink():
        wrong = "a link is in its place"
    if wrong:
        raise SmscaffoldError(f"project_name {name!r} is no name for a folder ({wrong}): give DEST")
    check_destination(Path(name))
    return Path(name)


def _is_gits(name: str) -> bool:
    return bool(_GIT.fullmatch(name.translate(_HFS_IGNORES)))


def _walk(folder: Path) -> Iterator[Path]:
    """Everything below a folder; no link is followed."""
    for place, folders, names in os.walk(folder):
        yield from (Path(place, name) for name in [*folders, *names])


def refusal(template: str, deed: str) -> SmscaffoldError:
    """The error for a template that does something which no template may do."""
    return SmscaffoldError(f"the template {template} {deed}: nothing was written")


def _trusted(source: str) -> bool:
    import copier
    from copier._settings import is_trusted_repository  # copier's own rules are not among what it exports

    try:
        settings = copier.load_settings()
    except copier.errors.SettingsError as error:
        raise SmscaffoldError(f"copier's settings.yml cannot be read: {' '.join(str(error).split())}") from error
    return is_trusted_repository(settings.trust, source)
