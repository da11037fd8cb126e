"""Makes the text of strangers harmless for a terminal: characters that act, hide or reorder are shown as escapes.

A template, an image, a configuration or another program may send a terminal commands (``ESC ] 52`` writes to the
clipboard), turn the order of letters round, or hide some. All that is printed goes through this module.
"""

from __future__ import annotations

import re
import reprlib
import unicodedata
from collections.abc import Callable

#: how many characters are shown of one text, and how many lines, before it is cut
LIMIT, LINES = 1000, 50
#: how many characters are shown of a text in a column
COLUMN = 120
# Unicode's general categories: control (C0, C1, Delete), format (bidirectional, zero-width, tags), half a surrogate
# pair, and what separates lines and paragraphs
_ACTIVE = ("Cc", "Cf", "Cs", "Zl", "Zp")
# these shape the character before them: emoji and several scripts need them, one at a time and not after ASCII
_JOINERS = re.compile("[\u200c\u200d\ufe00-\ufe0f\U000e0100-\U000e01ef]")
# letters that show nothing: fillers of Hangul and Khmer, and the mark that joins without a trace
_EMPTY = "\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0"
_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = _SHORT.maxlong = 200
_SHORT.maxlist = _SHORT.maxdict = 20
_SHORT.maxlevel = 3
_NOT_PLAIN = re.compile("[^ -~]")


def visible(text: object, limit: int = LIMIT) -> str:
    """The text in one line, with escapes such as ``\\x1b`` or ``\\n`` for what would act, and cut after `limit`."""
    return escaped(cut(str(text), limit))


def visible_lines(text: str, most: int = LINES) -> list[str]:
    """The lines of a text, each `visible`; where there are more than `most`, the first ones and how many there are."""
    lines = text.replace("\r\n", "\n").split("\n", most)
    more = [f"... ({text.count(chr(10)) + 1} lines)"] if len(lines) > most else []
    return [*(visible(cut(line).expandtabs(), 8 * LIMIT) for line in lines[:most]), *more]


def cut(text: str, limit: int = LIMIT) -> str:
    """The beginning of the text, and in words how long it is, where it is longer than `limit`."""
    return text if len(text) <= limit else f"{text[:limit]}... ({len(text)} characters)"


def shown(value: object) -> str:
    """A value from a file as Python writes it, cut before it is written out: it may be without measure."""
    try:
        return _SHORT.repr(value)
    except ValueError:  # a number of more digits than Python writes
        return "a very long number"


def escaped(text: str, *, keep: str = "") -> str:
    """The text, whole, with escapes for every character that would act, hide or reorder, but for those in `keep`.

    Letters of all scripts and emoji stay as they are.
    """
    return _replaced(text, keep, lambda char: char.encode("unicode_escape").decode())


def without_active(text: str, *, keep: str = "") -> str:
    """The text without these characters, where there is no room for escapes."""
    return _replaced(text, keep, lambda char: "")


def _replaced(text: str, keep: str, replacement: Callable[[str], str]) -> str:
    def show(found: re.Match[str]) -> str:
        char, at = found[0], found.start()
        shown = char in keep or _is_shown(char, before=text[at - 1 : at], after=text[at + 1 : at + 2])
        return char if shown else replacement(char)

    return _NOT_PLAIN.sub(show, text)


def _is_shown(char: str, before: str, after: str) -> bool:
    """Whether a terminal shows this character as a character, next to these ones."""
    return _shapes(char, before, after) if _JOINERS.match(char) else not _acts(char)


def _shapes(joiner: str, before: str, after: str) -> bool:
    """Whether a joiner has a character to shape before it, as in emoji, keycaps and words of Persian."""
    if joiner == "\u200d" and before == "\ufe0f":
        return True
    if after == "\u20e3":
        return before in tuple("#*0123456789")
    return not (before.isascii() or _JOINERS.match(before) or _acts(before))


def _acts(char: str) -> bool:
    return char in _EMPTY or unicodedata.category(char) in _ACTIVE
