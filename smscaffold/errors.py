"""What a command says when it cannot do what was asked."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class SmscaffoldError(Exception):
    """One sentence for the user: what is wrong, where, and what to do about it."""

    exit_code = 1


class CannotCheckError(SmscaffoldError):
    """Why `smscaffold check` could not find out whether a container keeps the contract."""

    exit_code = 2


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The known name closest to `word` as `` (did you mean 'x'?)``, or an empty string."""
    close = difflib.get_close_matches(word, list(known), n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""
