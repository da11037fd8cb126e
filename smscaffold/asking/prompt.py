"""One question as it is put to the user, and what the ways of asking have in common."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any, Protocol

from smscaffold.visible import COLUMN, visible, visible_lines

_ABBREVIATIONS = ("aws", "cpu", "ecr", "gpu", "id", "s3", "url")


class Went(Enum):
    """Where the user goes instead of answering."""

    BACK = "back"


@dataclass(frozen=True)
class Choice:
    """One thing to choose, and what it means in a few words."""

    value: Any
    title: str
    hint: str = ""


@dataclass(frozen=True)
class Settled:
    """A question that needs no asking any more; `why` says what answered it, if it was not the user."""

    name: str
    label: str
    value: str
    why: str = ""
    changeable: bool = True


@dataclass(frozen=True)
class Prompt:
    """One question: with `choices` one of them is the answer, otherwise it is a text.

    `refuse` gives the reason why an answer is none, `tell` what will come of it; both may be empty. `default` is what
    Enter answers, None if nothing is proposed. `read` is what a typed word means; ValueError says that it is nothing.
    """

    name: str
    title: str
    label: str = ""
    help: str = ""
    default: Any = None
    choices: Sequence[Choice] = ()
    read: Callable[[str], Any] = str
    refuse: Callable[[Any], str] = lambda answer: ""
    tell: Callable[[Any], str] = lambda answer: ""
    note: str = ""
    above: Sequence[str] = ()


def label(name: str) -> str:
    """An answer's name as people write it: ``aws_region`` is AWS region."""
    words = [word.upper() if word in _ABBREVIATIONS else word for word in name.replace("_", " ").split()]
    text = " ".join(words)
    return text[:1].upper() + text[1:]


def harmless(prompt: Prompt) -> Prompt:
    """A copy of the question in which each shown text is `visible`; the values that it answers stay as they are."""
    return replace(
        prompt,
        title=visible(prompt.title),
        label=visible(prompt.label, COLUMN),
        help="\n".join(visible_lines(prompt.help)),
        choices=[
            replace(choice, title=visible(choice.title, COLUMN), hint=visible(choice.hint)) for choice in prompt.choices
        ],
        refuse=lambda answer: visible(prompt.refuse(answer)),
        tell=lambda answer: visible(prompt.tell(answer)),
        note=visible(prompt.note),
        above=[visible(line) for line in prompt.above],
    )


def harmless_settled(settled: Settled) -> Settled:
    """A copy of the settled question in which each text is `visible`."""
    label, value, why = visible(settled.label, COLUMN), visible(settled.value), visible(settled.why)
    return replace(settled, label=label, value=value, why=why)


class Prompter(Protocol):
    """A way of asking; it is given texts that are `harmless`."""

    def ask(self, prompt: Prompt, settled: Sequence[Settled], *, back: bool) -> Any:
        """The answer, as text or as a choice's value; Went.BACK if the user goes back, which `back` allows.

        Raises KeyboardInterrupt when the user stops (Ctrl-C, Ctrl-D).
        """
