"""``smscaffold list``: the templates, for people and for programs."""

from __future__ import annotations

import itertools
import json
import shutil
import sys
import textwrap
from collections.abc import Iterator, Sequence

from smscaffold import catalog
from smscaffold.catalog import Template
from smscaffold.config.standard import Standard
from smscaffold.console import Console
from smscaffold.visible import COLUMN, visible

_GAP = "  "


def as_json(standard: Standard) -> str:
    """A JSON array with one object a template."""
    return json.dumps([_told(template) for template in _templates(standard)], indent=2)


def as_table(standard: Standard) -> str:
    """One row a template, in aligned columns; a terminal that is too narrow gets long cells in several lines."""
    rows = [["NAME", "TITLE", "FROM"]]
    for each in _templates(standard):
        rows.append([visible(cell, COLUMN) for cell in (each.name, each.about["title"], _bringer(each))])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    if sys.stdout.isatty():
        widths = _fitting(widths, shutil.get_terminal_size().columns)
    return "\n".join(line for row in rows for line in _lines(row, widths))


def _templates(standard: Standard) -> Iterator[Template]:
    return catalog.templates(on_error=lambda error: Console().note(str(error)), standard=standard)


def _told(template: Template) -> dict[str, str]:
    about = {key: template.about[key] for key in ("language", "framework", "title")}
    return {"name": template.name, **about, "version": template.version, "origin": template.origin}


def _bringer(template: Template) -> str:
    """Where the template comes from, with its version; the name of an installed package has that already."""
    given = template.origin.endswith(f" {template.version}")
    return template.origin if given else f"{template.origin} {template.version}".rstrip()


def _fitting(widths: list[int], room: int) -> list[int]:
    """The widths with the widest made narrower, a character at a time, until the row fits; no column gets lost."""
    widths = list(widths)
    while sum(widths) + len(_GAP) * (len(widths) - 1) > room and max(widths) > len("TITLE"):
        widths[widths.index(max(widths))] -= 1
    return widths


def _lines(row: Sequence[str], widths: Sequence[int]) -> Iterator[str]:
    cells = [textwrap.wrap(cell, width) or [""] for cell, width in zip(row, widths, strict=True)]
    for parts in itertools.zip_longest(*cells, fillvalue=""):
        yield _GAP.join(part.ljust(width) for part, width in zip(parts, widths, strict=True)).rstrip()
