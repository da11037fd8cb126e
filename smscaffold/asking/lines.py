"""Asks line by line, in plain text, for screen readers and terminals that can do no more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from smscaffold.asking.prompt import Prompt, Settled, Went
from smscaffold.console import Console, read_line
from smscaffold.visible import visible

_KEYS = "Enter takes the answer in [brackets], < goes back, ? explains, Ctrl-C stops."


class Lines:
    """A Prompter that numbers what there is to choose from, and reads whole lines."""

    def __init__(self) -> None:
        self._said: set[str] = set()
        self._console = Console()
        self._say = self._console.say

    def ask(self, prompt: Prompt, settled: Sequence[Settled], *, back: bool) -> Any:
        """See Prompter."""
        if not self._said:
            self._say(_KEYS)
        self._say_settled(settled)
        self._say()
        for line in (*prompt.above, prompt.title):
            self._say(line)
        self._said.add(prompt.name)
        for number, choice in enumerate(prompt.choices, 1):
            self._say(f"  {number}. {choice.title}" + (f": {choice.hint}" if choice.hint else ""))
        if prompt.note:
            self._say(prompt.note)
        while True:
            line = _typed(_question(prompt))
            if line == "<" and back:
                return Went.BACK
            if line == "<":
                self._say("This is the first question.")
            elif line == "?":
                self._console.say_text(prompt.help or prompt.title)
            elif (answer := _answer(prompt, line)) is None:
                wanted = f"give a number from 1 to {len(prompt.choices)}" if prompt.choices else "answer"
                self._say(f"Please {wanted}.")
            elif refusal := prompt.refuse(answer):
                self._say(f"No: {refusal}.")
            else:
                if told := prompt.tell(answer):
                    self._say(told)
                return answer

    def _say_settled(self, settled: Sequence[Settled]) -> None:
        """Says what was settled without asking."""
        for each in settled:
            if each.why and each.name not in self._said:
                self._said.add(each.name)
                self._say(f"{each.label}: {each.value} ({each.why})")


def _typed(question: str) -> str:
    try:
        return read_line(question).strip()
    except EOFError:
        raise KeyboardInterrupt from None


def _question(prompt: Prompt) -> str:
    if not prompt.choices:
        return f"{prompt.label} [{visible(prompt.default)}]: " if prompt.default is not None else f"{prompt.label}: "
    values = [choice.value for choice in prompt.choices]
    default = f" [{values.index(prompt.default) + 1}]" if prompt.default in values else ""
    return f"{prompt.label or 'Number'}{default}: "


def _answer(prompt: Prompt, line: str) -> Any:
    """The answer that a line gives; None if it gives none."""
    if not line:
        return prompt.default
    if not prompt.choices:
        return line
    if line.isdecimal() and 0 < int(line) <= len(prompt.choices):
        return prompt.choices[int(line) - 1].value
    word = line.lower()
    exact = [choice for choice in prompt.choices if word in (choice.title.lower(), str(choice.value).lower())]
    begun = [choice for choice in prompt.choices if choice.title.lower().startswith(word)]
    fitting = exact or begun
    return fitting[0].value if len(fitting) == 1 else _read(prompt, line)


def _read(prompt: Prompt, line: str) -> Any:
    """The choice that the question itself reads in a line, such as ``off`` for no."""
    try:
        value = prompt.read(line)
    except ValueError:
        return None
    return value if value in [choice.value for choice in prompt.choices] else None
