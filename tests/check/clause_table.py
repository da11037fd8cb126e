"""Writes the table of clauses in docs/check.md: what the tests saw each of them hold and fail on.

python tests/check/clause_table.py
"""

from __future__ import annotations

import importlib
from pathlib import Path

from check_helpers import CHECKOUT, Fault

from smscaffold.contract import catalogue

DOCUMENT = CHECKOUT / "docs" / "check.md"
BEGIN, END = "<!-- tests/check/clause_table.py writes from here -->\n", "<!-- to here -->\n"
_LONGEST = 60


def document() -> str:
    """docs/check.md as it has to be."""
    before, _, rest = DOCUMENT.read_text("utf-8").partition(BEGIN)
    return f"{before}{BEGIN}{_table()}{END}{rest.partition(END)[2]}"


def _table() -> str:
    faults = _faults()
    rules = [rule for rule in catalogue.rules().values() if rule.checked]
    order = {name: place for place, name in enumerate(catalogue.PROFILES)}
    rows = [
        f"| {rule.id} | {_cell(rule.title)} | {rule.strength} | {_kept(rule.id, faults)} | {_broken(rule.id, faults)} |"
        for rule in sorted(rules, key=lambda rule: order.get(rule.profile, len(order)))
    ]
    count = sum(map(len, faults.values()))
    head = f"{len(rows)} clauses, seen failing on {count} faulty containers:\n\n"
    return head + "\n".join(
        ["| clause | | strength | seen passing on | seen failing on |", "|---|---|---|---|---|", *rows, ""]
    )


def _kept(clause: str, faults: dict[str, list[str]]) -> str:
    return "stand-in" if clause in faults else ""


def _broken(clause: str, faults: dict[str, list[str]]) -> str:
    return ", ".join(faults.get(clause, []))


def _faults() -> dict[str, list[str]]:
    """What breaks each clause, from the FAULTS of the families' tests."""
    found: dict[str, list[str]] = {}
    for path in sorted(Path(__file__).parent.glob("test_*_clauses.py")):
        for clause, fault in importlib.import_module(path.stem).FAULTS:
            found.setdefault(clause, []).append(_named(fault))
    return found


def _named(fault: Fault) -> str:
    """A switch of the stand-in by its name, lines of a Dockerfile as they are."""
    text = fault.removeprefix("ENV FAULT=").replace("\n", "; ")
    short = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
    return f"`{_cell(short)}`"


def _cell(text: str) -> str:
    return text.replace("|", r"\|")


if __name__ == "__main__":
    DOCUMENT.write_text(document(), "utf-8")
