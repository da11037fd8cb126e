"""``smscaffold config``: every value of the organisation's standard, and where it came from."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from smscaffold import catalog
from smscaffold.answers import askable
from smscaffold.config.entry import Entry
from smscaffold.config.places import ENTRY_POINTS, NAME, VARIABLE, usual_files
from smscaffold.config.read import ANSWERS
from smscaffold.config.standard import Standard
from smscaffold.errors import SmscaffoldError, did_you_mean
from smscaffold.obtain import obtain
from smscaffold.staging import temporary_folder
from smscaffold.template_config import load_config
from smscaffold.visible import COLUMN, visible


def as_json(standard: Standard) -> str:
    """A JSON array with one object a value."""
    return json.dumps([_told(entry) for entry in _ordered(standard)], indent=2)


def as_table(standard: Standard) -> str:
    """The files that were read, those that win first, then a line a value."""
    if not standard.places:
        looked = [str(file) for file in usual_files()]
        lines = [
            f"--config and ${VARIABLE}: neither is given",
            *looked,
            f"packages: entry point {ENTRY_POINTS}",
        ]
        return "\n".join([f"There is no {NAME}. Looked for in:", *(f"  {visible(line)}" for line in lines)])
    lines = [visible(f"{place.file}  ({place.package})" if place.package else place.file) for place in standard.places]
    rows = [
        (visible(_name(entry), COLUMN), visible(_shown(entry.value)), visible(f"{entry.place}, line {entry.line}"))
        for entry in _ordered(standard)
    ]
    width = max((len(name) for name, _, _ in rows), default=0)
    lines += [""] * bool(rows)
    lines += [f"{name:<{width}} = {value}  # {where}" for name, value, where in rows]
    return "\n".join(lines)


def doubts(standard: Standard) -> Iterator[str]:
    """Answers to questions that no template here asks: most likely they are misspelt."""
    entries = [entry for entry in _ordered(standard) if entry.key[0] in ANSWERS]
    questions = {name for template in _templates(standard) for name in template} if entries else set[str]()
    for entry in entries:
        if entry.key[-1] not in questions:
            yield f"{entry}: no template here asks {entry.key[-1]!r}{did_you_mean(entry.key[-1], sorted(questions))}"


def _templates(standard: Standard) -> Iterator[list[str]]:
    """The questions of each template that is on this machine."""
    for template in catalog.templates(standard=standard):
        if not (template.folder or template.bundle):
            continue
        with temporary_folder() as work:
            try:
                obtain(template, work / "template")
                yield askable(load_config(work / "template").questions)
            except SmscaffoldError:
                continue


def _ordered(standard: Standard) -> list[Entry]:
    tables = [*dict.fromkeys(key[0] for key in standard.entries)]
    return sorted(standard.entries.values(), key=lambda entry: tables.index(entry.key[0]))


def _told(entry: Entry) -> dict[str, Any]:
    where = {"file": str(entry.place.file), "line": entry.line, "package": entry.place.package}
    return {"key": list(entry.key), "value": entry.value, **where}


def _name(entry: Entry) -> str:
    return ".".join(part if part.replace("-", "").replace("_", "").isalnum() else f'"{part}"' for part in entry.key)


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name} = {_shown(each)}" for name, each in value.items()) + "}"
    return json.dumps(value, ensure_ascii=False)  # which is TOML for everything but tables
