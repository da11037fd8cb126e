"""What one question looks like on a screen: lines of styled text, for whoever puts them there."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from smscaffold.asking.prompt import Prompt, Settled
from smscaffold.console import Line, speaks_unicode
from smscaffold.visible import LIMIT, visible

POINTER = "> "


@dataclass
class View:
    """One question with everything around it, as far as it is answered: a choice by its number, a text by `text`.

    `untouched` is a text that still shows its default.
    """

    prompt: Prompt
    settled: Sequence[Settled]
    back: bool
    text: str = ""
    untouched: bool = True
    index: int = 0
    help: bool = False

    def __post_init__(self) -> None:
        values = [choice.value for choice in self.prompt.choices]
        self.index = values.index(self.prompt.default) if self.prompt.default in values else 0
        self.check, self.dots = ("✓", "…") if speaks_unicode() else ("*", "...")

    @property
    def proposed(self) -> str:
        """The default, as it is shown; empty if there is none."""
        return "" if self.prompt.default is None else visible(self.prompt.default)

    @property
    def editable(self) -> str:
        """The default for a line in which the user edits it; empty if there is none, or it is too long for that."""
        return self.proposed if len(str(self.prompt.default)) <= LIMIT else ""

    @property
    def answer(self) -> object:
        """What Enter answers now."""
        if self.prompt.choices:
            return self.prompt.choices[self.index].value
        if self.untouched:
            return "" if self.prompt.default is None else str(self.prompt.default)
        return self.text

    def head(self, width: int, height: int) -> list[Line]:
        """The lines above the answer, at most `height`: what is settled, then the question."""
        labels = max((len(each.label) for each in self.settled), default=0)
        lines: list[Line] = [
            [("done", f"{self.check} "), ("", f"{each.label:<{labels}}  {each.value}"), ("more", f"  {each.why}")]
            for each in self.settled
        ]
        lines += [[("", line)] for line in self.prompt.above]
        lines += [[]] if lines else []
        title: list[Line] = [[("ask", line)] for line in textwrap.wrap(self.prompt.title, width)]
        kept = max(height - len(title), 0)
        lines = lines if len(lines) <= kept else [[("more", self.dots)], *lines[len(lines) - kept + 1 :]][:kept]
        return [_clip(line, width, self.dots) for line in lines + title]

    def choices(self, width: int) -> list[list[Line]]:
        """The lines of each choice."""
        column = max(len(choice.title) for choice in self.prompt.choices)
        return [self._choice(number, column, width) for number in range(len(self.prompt.choices))]

    def foot(self, width: int, *, checked: bool = True) -> list[Line]:
        """The lines below the answer: what is wrong with it or comes of it, help, and the keys.

        Not `checked`: without a look at the answer, which can take long the first time.
        """
        lines = [*self._verdict(width)] if checked else []
        lines += [[("more", line)] for line in textwrap.wrap(self.prompt.note, width)]
        if self.help:
            for text in self.prompt.help.splitlines():
                lines += [[("", f"  {line}")] for line in textwrap.wrap(text, width - 2)]
        return [*(lines or [[]]), _clip([("more", self._keys())], width, self.dots)]

    def _verdict(self, width: int) -> list[Line]:
        refusal = self.prompt.refuse(self.answer) if self.answer != "" or not self.untouched else ""
        told = "" if refusal else self.prompt.tell(self.answer)
        style = "error" if refusal else "more"
        return [[(style, line)] for line in textwrap.wrap(refusal or told, width)]

    def _choice(self, number: int, column: int, width: int) -> list[Line]:
        choice = self.prompt.choices[number]
        chosen = number == self.index
        mark, style = (POINTER, "chosen") if chosen else ("  ", "")
        hints = textwrap.wrap(choice.hint, max(width - column - 4, 20)) or [""]
        first: Line = [(style, f"{mark}{choice.title:<{column}}"), ("more", f"  {hints[0]}")]
        rest: list[Line] = [[("more", " " * (column + 4) + hint)] for hint in hints[1:]]
        return [_clip(line, width, self.dots) for line in (first, *rest)]

    def _keys(self) -> str:
        keys = ["Enter: next"]
        if self.prompt.choices:
            keys = ["arrows: choose", *keys]
        elif self.untouched and self.editable:
            keys = [*keys, "Tab: edit it"]
        keys += ["Esc: back"] if self.back else []
        keys += ["?: help"] if self.prompt.help else []
        return "   ".join([*keys, "Ctrl-C: stop"])


def _clip(line: Line, width: int, dots: str) -> Line:
    if sum(len(text) for _, text in line) <= width:
        return line
    clipped: Line = []
    left = width - len(dots)
    for style, text in line:
        clipped.append((style, text[:left]))
        left -= min(len(text), left)
    return [*clipped, ("more", dots)]
