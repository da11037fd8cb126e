"""Every clause of the contract that is cited anywhere in the project exists in docs/contract.md."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[1]
CONTRACT = CHECKOUT / "docs" / "contract.md"

# **T1. Title**, or the first cell of a row of the table of disagreements
DEFINED = re.compile(r"^(?:\*\*|\| )([TSHMBPRLNGD][1-9]\d?)(?:\.| \|)", re.MULTILINE)
# an id stands alone: not in a path, a colour, a hash, a version or another word
CITED = re.compile(r"(?<![\w./#&$%+\\-])([TSHMBPRLNGD][1-9]\d?)(?![\w/%+-]|\.\w)")
# drawings are full of such words: <path d="M4 20 H10">
DRAWING = re.compile(r"\bd=([\"']).*?\1", re.DOTALL)
PROSE_AND_CODE = {
    *(".py", ".R", ".java", ".sh", ".jinja", ".md", ".yml", ".yaml", ".toml", ".xml"),
    *(".html", ".conf", ".txt", ".json", ".cfg", ""),
}


def defined(text: str) -> set[str]:
    """The ids of the clauses that a contract states."""
    return set(DEFINED.findall(text))


def cited(text: str) -> Iterator[tuple[int, str]]:
    """Line number and id of every citation in a text."""
    text = DRAWING.sub(lambda drawing: "\n" * drawing[0].count("\n"), text)
    for number, line in enumerate(text.splitlines(), start=1):
        for match in CITED.finditer(line):
            yield number, match[1]


def unknown(text: str, clauses: set[str]) -> list[str]:
    """What a text cites that is no clause, as ``line: id``."""
    return [f"{number}: {clause}" for number, clause in cited(text) if clause not in clauses]


def project_files() -> list[Path]:
    """Whatever git tracks, or would track, that people read."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=True,
    )
    paths = (CHECKOUT / name for name in listed.stdout.split("\0") if name)
    return [path for path in paths if path.suffix in PROSE_AND_CODE and path.name != "LICENSE" and path.is_file()]


CLAUSES = defined(CONTRACT.read_text(encoding="utf-8"))


def test_the_contract_states_its_clauses() -> None:
    assert len(CLAUSES) > 150
    assert {"T1", "H11", "H40", "R1", "S10", "D23", "N1"} <= CLAUSES


def test_every_citation_exists() -> None:
    wrong = []
    for path in project_files():
        if path != Path(__file__):
            found = unknown(path.read_text(encoding="utf-8", errors="replace"), CLAUSES)
            wrong += [f"{path.relative_to(CHECKOUT)}:{each}" for each in found]
    assert wrong == []


def test_clauses_are_cited_at_all() -> None:
    templates = [path for path in project_files() if "templates" in path.parts]
    everything = " ".join(path.read_text(encoding="utf-8", errors="replace") for path in templates)
    assert len({clause for _, clause in cited(everything)}) > 10


@pytest.mark.parametrize(
    "text",
    [
        "# PID 1 (H99)",
        '"""Stops within 30 s (H4, H99)."""',
        "H99: never",
        "T1 to H99",
        "see H99.",
        "`H99`",
        "{# H99 #}",
        "<!-- H99; T1 -->",
    ],
)
def test_a_made_up_clause_is_found(text: str) -> None:
    assert unknown(text, CLAUSES) == ["1: H99"]


@pytest.mark.parametrize(
    "text",
    [
        "sha256:H99a3f",
        "a/H99/b",
        "#H99",
        "H99.5",
        "x-H99-y",
        "iH99",
        "H990",
        "$H99",
        '<path d="M99 1\nH99"/>',
        "ml.p4d.24xlarge",
        "100 GB",
    ],
)
def test_other_words_are_left_alone(text: str) -> None:
    assert unknown(text, CLAUSES) == []
