"""Makes docs/session.svg, a session of ``smscaffold new`` in a terminal: `python docs/make_session.py [FILE]`.

Needs tmux and the packages of `pip install -e .`; runs the checkout, and draws what its terminal shows.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Iterator
from html import escape
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(CHECKOUT / "tests" / "ask"))

from ask_helpers import Terminal  # noqa: E402

COLUMNS, LINES = 80, 24
CHARACTER, LINE, MARGIN = 8.43, 19, 16  # pixels, at a font size of 14
COLOURS = {"31": "#ff8589", "32": "#7ee787", "36": "#79c0ff", "2": "#a0a8b3"}
ENDS = {"39": {"31", "32", "36"}, "22": {"1", "2"}}  # which codes end which others
ENDS["0"] = ENDS["m"] = {code for codes in ENDS.values() for code in codes}
LABEL = "A session of smscaffold new, from the first question to the next commands"
BACKGROUND, INK, RULE = "#0d1117", "#e6edf3", "#484f58"


def main() -> None:
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else CHECKOUT / "docs" / "session.svg"
    with tempfile.TemporaryDirectory() as work:
        target.write_text(picture(list(session(Path(work)))), encoding="utf-8")


def session(work: Path) -> Iterator[str]:
    """The screens worth showing, from the first question to the commands that come next."""
    (work / "home").mkdir()
    (work / "here").mkdir()
    identity = ("[user]", "name = A User", "email = user@example.com")
    (work / "home" / ".gitconfig").write_text("\n".join(identity))
    variables = {"PATH": os.environ["PATH"], "PYTHONPATH": str(CHECKOUT), "HOME": str(work / "home")}
    variables |= {"LANG": "C.UTF-8", "TERM": "screen-256color"}
    command = [sys.executable, "-m", "smscaffold", "new"]
    terminal = Terminal(work, command, work / "here", variables, (COLUMNS, LINES))
    try:
        if "Which language" in terminal.wait("Enter: next"):
            terminal.type("P")
            terminal.wait("> Python")
            yield terminal.escapes()
            terminal.press("Enter")
            terminal.wait("> Flask")
            terminal.press("Enter")
        terminal.wait("> my-model")
        terminal.type("Churn")
        terminal.wait("(R1)")
        yield terminal.escapes()
        terminal.press("C-u")
        terminal.type("churn")
        terminal.wait("> churn")
        terminal.press("Enter")
        terminal.wait("One image or two?")
        terminal.press("Down")
        terminal.wait("> split")
        yield terminal.escapes()
        terminal.press("Enter")
        for question in ("AWS region", "GPU?", "Base image of the serve image", "Base image of the train image"):
            terminal.answer(question)
        terminal.wait("Write it, or change an answer?")
        yield terminal.escapes()
        terminal.press("Enter")
        terminal.wait("exit=0")
        yield terminal.escapes().partition("algorithm.py")[0] + "algorithm.py"
    finally:
        terminal.close()


def picture(screens: list[str], label: str = LABEL) -> str:
    """An SVG of screens, one below the other."""
    elements, top = [], MARGIN
    for number, screen in enumerate(screens):
        if number:
            elements.append(f'<line x1="0" x2="100%" y1="{top}" y2="{top}" stroke="{RULE}" stroke-dasharray="4"/>')
            top += MARGIN
        styles: set[str] = set()
        for line in screen.rstrip().splitlines():
            elements.append(f'<text x="{MARGIN}" y="{top + 14}">{"".join(spans(line, styles))}</text>')
            top += LINE
        top += MARGIN
    width = round(COLUMNS * CHARACTER + 2 * MARGIN)
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{top}" viewBox="0 0 {width} {top}" '
            f'role="img" aria-label="{label}">',
            f"<style>text {{ font: 14px ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace; fill: {INK}; "
            "white-space: pre }</style>",
            f'<rect width="100%" height="100%" rx="8" fill="{BACKGROUND}"/>',
            *elements,
            "</svg>\n",
        ]
    )


def spans(line: str, styles: set[str]) -> Iterator[str]:
    """The pieces of a line, each at its column whatever the font; `styles` are the codes that hold where it begins."""
    column = 0
    for codes, text in re.findall(r"((?:\x1b\[[\d;]*m)*)([^\x1b]*)", line):
        for code in re.findall(r"\d+|(?<=\[)m", codes):
            styles -= ENDS.get(code, set())
            styles.add(code)
        if text:
            colour = next((COLOURS[style] for style in ("31", "32", "36", "2") if style in styles), "")
            attributes = f' fill="{colour}"' if colour else ""
            attributes += ' font-weight="bold"' if "1" in styles else ""
            yield f'<tspan x="{MARGIN + column * CHARACTER:.1f}"{attributes}>{escape(text)}</tspan>'
        column += len(text)


if __name__ == "__main__":
    main()
