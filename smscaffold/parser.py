"""A parser for the command line that suggests what the user meant, and ends each help with examples."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any, NoReturn

from smscaffold.errors import did_you_mean
from smscaffold.local_scripts import SCRIPTS
from smscaffold.visible import visible

Commands = Any  # argparse gives what it makes no public name

_DOCUMENTATION = "documentation: README.md and docs/ in smscaffold's repository"


class Parser(argparse.ArgumentParser):
    """Names the first wrong word of a command line, and the right one that is closest to it.

    Quoted words are escaped, because another program may have put control characters into them.
    """

    def __init__(self, *, examples: Sequence[str] = (), **options: Any) -> None:
        lines = ["examples:", *(f"  {example}" for example in examples), "", _DOCUMENTATION]
        super().__init__(
            epilog="\n".join(lines) if examples else None, formatter_class=_Formatter, allow_abbrev=False, **options
        )

    def error(self, message: str) -> NoReturn:
        super().error(visible(message))

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        known, unknown = super().parse_known_args(args, namespace)
        if unknown:
            option = unknown[0].partition("=")[0]
            options = [name for action in self._actions for name in action.option_strings]
            if not option.startswith("-"):
                self.error(f"{unknown[0]!r} is one argument too many")
            self.error(f"there is no option {option}{did_you_mean(option, options)}")
        return known, unknown

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if isinstance(action, argparse._SubParsersAction) and value not in action.choices:
            self.error(_no_command(value, [each.dest for each in action._choices_actions]))
        super()._check_value(action, value)


class _Formatter(argparse.HelpFormatter):
    """Keeps the lines of examples as they are."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return text if text.startswith("examples:") else super()._fill_text(text, width, indent)


def _no_command(word: str, commands: list[str]) -> str:
    if script := SCRIPTS.get(word.lower()):
        return f"there is no command {word!r}: a container folder has a script for that, {script}"
    return f"there is no command {word!r}{did_you_mean(word, commands)}: there is {', '.join(commands)}"
