"""Small judgements that several clauses share."""

from __future__ import annotations

import re
from pathlib import Path

_TRACE = re.compile(r"(Traceback|Exception in thread|\s*at [\w.$]+\(|Error in |[\w.]+Exception\b)")


def files(directory: Path) -> list[Path]:
    """All files below a directory."""
    return [path for path in directory.rglob("*") if path.is_file()]


def first_sentence_problem(text: str) -> str:
    """Why a failure file does not begin with a sentence for people (T24); empty if it does."""
    if not text.strip():
        return "it is empty"
    return "it begins with a stack trace" if _TRACE.match(text) else ""
