"""A template's ``copier.yml``, read without copier: its settings and its questions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from smscaffold.errors import SmscaffoldError
from smscaffold.small_file import LIMIT, SafeLoader, read_small
from smscaffold.visible import shown

#: the folder of what several templates share, and the end of the names of the files that copier renders
SHARED, SUFFIX = "_shared", ".jinja"
UNSAFE_SETTINGS = ("tasks", "migrations", "jinja_extensions")
TYPES = ("bool", "float", "int", "json", "str", "yaml", "path")

# a template's folder, and so its bundle: one part of a path, and one word of the record
_NAME = re.compile(r"(?!\.)[\w.+-]{1,100}", re.ASCII)
_MOST_INCLUDED, _DEEPEST = 100, 10  # files, and how many of them one below the other


@dataclass(frozen=True)
class Question:
    """One question of a template, as its ``copier.yml`` states it."""

    name: str
    details: dict[str, Any]

    @property
    def type(self) -> str:
        """The declared type, else the type of the default; ``yaml`` when neither tells."""
        declared = self.details.get("type") or type(self.details.get("default")).__name__
        return declared if declared in TYPES else "yaml"

    @property
    def computed(self) -> bool:
        """Never asked: its value follows from other answers, or from what makes the folder."""
        return self.details.get("when") is False or self.details.get("ask") is False

    @property
    def choices(self) -> list[Any] | None:
        """The values to choose from; None when any value goes, or when other answers decide on the list."""
        choices = self.details.get("choices")
        if not choices or isinstance(choices, str):
            return None
        items = choices.items() if isinstance(choices, dict) else (_pair(choice) for choice in choices)
        values = [value.get("value") if isinstance(value, dict) else value for _, value in items]
        return None if any("{" in str(value) for value in values) else values


@dataclass(frozen=True)
class TemplateConfig:
    """Settings (without their leading underscore) and questions, in the order in which they are asked."""

    settings: dict[str, Any] = field(default_factory=dict)
    questions: dict[str, Question] = field(default_factory=dict)

    @property
    def unsafe_features(self) -> list[str]:
        """What would run a template author's code on this machine."""
        return [name for name in UNSAFE_SETTINGS if self.settings.get(name)]


def config_file(root: Path) -> Path | None:
    """The ``copier.yml`` (or ``copier.yaml``) of a template folder, None if it has none."""
    return next((path for name in ("copier.yml", "copier.yaml") if (path := root / name).is_file()), None)


def load_config(root: Path, *, includes: bool = True) -> TemplateConfig:
    """Reads the ``copier.yml`` in `root`; without `includes`, what it includes from other files stays out.

    Raises SmscaffoldError when the folder is no template or the file is not a copier configuration.
    """
    path = config_file(root)
    if path is None:
        raise SmscaffoldError(f"{root} is not a template: it has no copier.yml")
    if not path.resolve().is_relative_to(root.resolve()):
        raise SmscaffoldError(f"{path} is a link to a file outside the template")
    merged: dict[str, Any] = {}
    try:
        for section in _sections(path, includes):
            merged.update(section)
    except OSError as error:
        raise SmscaffoldError(f"cannot read {error.filename or path}: {error.strerror}") from error
    except (yaml.YAMLError, ValueError, TypeError, NotImplementedError, RecursionError) as error:
        raise SmscaffoldError(f"{path} is not a copier configuration: {' '.join(str(error).split())}") from error
    settings = {name[1:]: value for name, value in merged.items() if name.startswith("_")}
    questions = {
        name: Question(name, value if isinstance(value, dict) else {"default": value})
        for name, value in merged.items()
        if not name.startswith("_")
    }
    return TemplateConfig(settings, questions)


def former_names(root: Path) -> list[str] | None:
    """Returns the former names of the template in `root`: ``_smscaffold: {formerly: [...]}`` in its copier.yml.

    None when copier.yml has no `formerly`; an empty list when it says that the template had no other name.
    Raises SmscaffoldError when `formerly` is no list of names.
    """
    declared = load_config(root, includes=False).settings.get("smscaffold")
    names = declared.get("formerly") if isinstance(declared, dict) else None
    if names is None:
        return None
    if not isinstance(names, list) or not all(isinstance(name, str) and _NAME.fullmatch(name) for name in names):
        raise SmscaffoldError(
            f"{config_file(root)}: formerly in _smscaffold is {shown(names)}, and has to be a list of the names that "
            "the template had, such as [old-name]"
        )
    return list(dict.fromkeys(names))


def _sections(path: Path, includes: bool) -> Iterator[dict[str, Any]]:
    """The mappings that the file's YAML documents hold, includes followed, each when its turn comes."""
    root = path.parent.resolve()
    included, depth, size = 0, 0, 0

    class Loader(SafeLoader):
        """Own class, because a constructor is registered on the class."""

    def include(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> list[dict[str, Any]]:
        nonlocal included, depth
        if not includes:
            return []
        sections: list[dict[str, Any]] = []
        depth += 1
        if depth > _DEEPEST:
            raise ValueError(f"more than {_DEEPEST} files include each other")
        for file in _matching(root, loader.construct_scalar(node)):
            included += 1
            if included > _MOST_INCLUDED:
                raise ValueError(
                    f"more than {_MOST_INCLUDED} files are included, counting a file each time: "
                    "include fewer, and none by itself or twice"
                )
            sections += read(file)
        depth -= 1
        return sections

    def read(file: Path) -> Iterator[dict[str, Any]]:
        nonlocal size
        content = read_small(file)
        size += len(content)
        if size > LIMIT:
            raise ValueError("it and the files that it includes are larger than 1 MiB together")
        for document in yaml.load_all(content, Loader):
            for section in document if isinstance(document, list) else [document or {}]:
                if not isinstance(section, dict):
                    raise ValueError(f"expected a mapping, found {shown(section)}")
                yield {str(name): value for name, value in section.items()}

    Loader.add_constructor("!include", include)
    yield from read(path)


def _matching(root: Path, pattern: str) -> list[Path]:
    """The files that an ``!include`` means. Raises ValueError for a pattern that would search folders, or leave `root`.

    Links that lead in circles make a search of folders endless, and copier would search again.
    """
    *folders, _ = Path(pattern).parts or ("",)
    if "**" in pattern or any(re.search("[*?[]", folder) for folder in folders):
        raise ValueError(f"it includes {shown(pattern)}: only the last part of a path may have a *, and one at a time")
    found = sorted(root.glob(pattern))
    if ".." in folders or not all(file.resolve().is_relative_to(root) for file in found):
        raise ValueError(f"it includes {pattern}, which lies outside the template")
    return found


def _pair(choice: Any) -> tuple[Any, Any]:
    """A choice as (label, value): copier takes a bare value for both."""
    return (choice[0], choice[1]) if isinstance(choice, list) and len(choice) == 2 else (choice, choice)
