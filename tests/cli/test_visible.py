"""What is done to every text before it is printed."""

from __future__ import annotations

import ast
import sys
import unicodedata

import pytest
from cli_helpers import CHECKOUT
from hostile_text import HOSTILE, SHOWN, harmful

from smscaffold.visible import LIMIT, LINES, cut, escaped, visible, visible_lines


def test_every_character_that_acts_is_shown_as_an_escape() -> None:
    acting = [chr(code) for code in range(sys.maxunicode + 1) if harmful(chr(code))]
    assert {"\x1b", "\x9b", "\x7f", "\u061c", "\u200b", "\u200e", "\u202e", "\u2028", "\u2069", "\ud800"} <= {*acting}
    assert harmful("".join(map(escaped, acting))) == []
    assert visible("".join(acting), limit=sys.maxunicode).isascii()
    assert visible(HOSTILE).startswith(SHOWN)
    assert visible("\n\t\r") == r"\n\t\r"
    assert escaped("a\n\tb\r", keep="\n\t") == "a\n\tb\\r"


@pytest.mark.parametrize(
    "text",
    [
        "plain text with \\ and ~",
        "Größe, naïve, żółć, ελληνικά, кириллица",
        "模型 モデル 모델",
        "שלום מודל",
        "نموذج",
        "می\u200cخواهم",  # noqa: RUF001
        "क्\u200dष",
        "🙂 👩\u200d🔬 🧑🏽\u200d🚀 ❤\ufe0f\u200d🔥 🏳\ufe0f\u200d🌈 1\ufe0f\u20e3 🇫🇷",
        "葛\U000e0100城",
        "e\u0301",
    ],
)
def test_letters_of_all_scripts_and_emoji_stay(text: str) -> None:
    assert visible(text) == text


@pytest.mark.parametrize(
    "text", ["admin\u200d", "a\u200db", "\u200d", "é\u200d\u200c\u200d", "🙂\ufe0f\ufe01\ufe02", "x\u3164", "x\u034fy"]
)
def test_what_hides_between_letters_is_seen(text: str) -> None:
    assert "\\u" in visible(text)
    assert visible(visible(text)) == visible(text)


def test_what_is_long_is_cut_with_a_word() -> None:
    assert cut("x" * LIMIT) == "x" * LIMIT
    assert visible("x" * 10_000_000) == "x" * LIMIT + "... (10000000 characters)"
    assert len(visible("\x1b" * 10_000_000)) < 5 * LIMIT
    lines = visible_lines("a\r\n" * 1_000_000)
    assert lines == ["a"] * LINES + ["... (1000001 lines)"]
    assert visible_lines(f"a\n{HOSTILE}\u2028b") == ["a", visible(f"{HOSTILE}\u2028b")]


#: the modules that print, and why they may
PRINTING = {
    "console.py": "it prints for all others, and escapes",
    "history/git_remote.py": "a program of its own, whose stdout git reads",
    "sagemaker_local.py": "a file of the container folders",
}


def test_nothing_else_prints() -> None:
    """Text by strangers passes `escaped`, as no other module writes to the streams."""
    package = CHECKOUT / "smscaffold"
    found = set()
    for path in package.rglob("*.py"):
        name = path.relative_to(package).as_posix()
        if not name.startswith(("_templates/", "authoring/template-package/")) and name not in PRINTING:
            found |= {f"{name}: {use}" for use in _prints(ast.parse(path.read_text(encoding="utf-8")))}
    assert found == set()


def _prints(tree: ast.Module) -> set[str]:
    """The calls in a module that print, and the streams that it writes to."""
    calls = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    written = {f"{stream}.{method}" for stream in _STREAMS for method in ("write", "writelines", "buffer.write")}
    printed = {"print", "input", "pprint", "os.write", "warnings.warn", "traceback.print_exc", "logging.warning"}
    return calls & (written | printed)


_STREAMS = [f"{owner}.{name}" for owner in ("sys", "sys.__stdout__", "sys.__stderr__") for name in ("stdout", "stderr")]


def test_the_categories_are_those_of_this_pythons_unicode() -> None:
    assert unicodedata.category("\u061c") == "Cf"
    assert [unicodedata.category(char) for char in "\x85\u2029\U000e0020"] == ["Cc", "Zp", "Cf"]
