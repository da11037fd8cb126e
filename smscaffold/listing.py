"""``smscaffold list``: the templates, for people and for programs."""

from __future__ import annotations

import json

from smscaffold import catalog
from smscaffold.config.standard import Standard
from smscaffold.console import Console
from smscaffold.errors import SmscaffoldError
from smscaffold.visible import COLUMN, visible

_COLUMNS = ("name", "language", "framework", "title", "version", "origin")


def as_json(standard: Standard) -> str:
    """A JSON array with one object a template."""
    return json.dumps([dict(zip(_COLUMNS, row, strict=True)) for row in _rows(standard)], indent=2)


def as_table(standard: Standard) -> str:
    """One line a template, in aligned columns."""
    rows = [tuple(name.upper() for name in _COLUMNS)]
    rows += [tuple(visible(cell, COLUMN) for cell in row) for row in _rows(standard)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_COLUMNS))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def _rows(standard: Standard) -> list[tuple[str, ...]]:
    return [
        (each.name, each.about["language"], each.about["framework"], each.about["title"], each.version, each.origin)
        for each in catalog.templates(on_error=_warn, standard=standard)
    ]


def _warn(error: SmscaffoldError) -> None:
    Console().note(str(error))
