"""What a command says when it cannot do what was asked."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

_FEW = 3  # names that a beginning may stand for


class SmscaffoldError(Exception):
    """One sentence for the user: what is wrong, where, and what to do about it."""

    exit_code = 1


class CannotCheckError(SmscaffoldError):
    """Why `smscaffold check` could not find out whether a container keeps the contract."""

    exit_code = 2


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The known names that `word` begins, or else the closest one, as `` (did you mean 'x'?)``, or an empty string.

    Upper and lower case are alike.
    """
    names = list(dict.fromkeys(known))
    low = {name.lower(): name for name in names}
    begun = [name for name in low if any(part.startswith(word.lower()) for part in (name, *re.split("[-_/]", name)))]
    if not word or len(begun) > _FEW:
        return ""
    close = sorted(begun, key=lambda name: (len(name), name)) or difflib.get_close_matches(word.lower(), low, n=1)
    *first, last = (repr(low[name]) for name in close) if close else ("",)
    return f" (did you mean {', '.join(first)}{' or ' if first else ''}{last}?)" if last else ""
