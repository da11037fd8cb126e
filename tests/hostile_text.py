"""Text that means harm to a terminal, for the tests of all that prints."""

from __future__ import annotations

import json
import unicodedata

#: a write to the clipboard, a colour by a C1 character, reordered text, a line's end, hidden letters, Delete
HOSTILE = "\x1b]52;c;ZWNobw==\x07\x9b31m\u202egnp\u2066\u2028\u200b\U000e0041\x7f"
#: how the beginning of it is shown
SHOWN = r"\x1b]52;c;ZWNobw==\x07\x9b31m\u202egnp"


def quoted(text: str) -> str:
    """The text between double quotes, as YAML and TOML take it."""
    escaped = "".join(char if char.isprintable() and char not in '"\\' else f"\\U{ord(char):08x}" for char in text)
    return f'"{escaped}"'


def harmful(output: str, own: str = "") -> list[str]:
    """The characters of an output that can harm a terminal; those in `own` are smscaffold's."""
    found = {char for char in output if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp")}
    return sorted(json.dumps(char) for char in found - set(f"\n\t{own}"))
