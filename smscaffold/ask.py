"""Asks for what the command line left open, shows what will be written, and changes answers until that is right."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from smscaffold import catalog
from smscaffold.answers import Gathered
from smscaffold.asking import background
from smscaffold.asking.expressions import UnsupportedError
from smscaffold.asking.interview import Interview
from smscaffold.asking.prompt import Choice, Prompt, Prompter, Settled, Went, harmless, harmless_settled, label
from smscaffold.config.standard import Standard
from smscaffold.console import Console, compact_tree, tree
from smscaffold.errors import SmscaffoldError
from smscaffold.trust import computed_destination
from smscaffold.visible import visible

PLAIN = "SMSCAFFOLD_PLAIN"
_WRITE = "_write"
#: the domain of a region's registry, by how the region's name begins; other partitions have their own (R3)
_DOMAINS = {"cn-": "amazonaws.com.cn", "us-iso": "", "eu-iso": "", "eusc-": "", "": "amazonaws.com"}


@dataclass(frozen=True)
class Trial:
    """What some answers come to: the folder, where it would go, and the answers of all questions that applied."""

    folder: Path
    dest: Path
    answers: Mapping[str, Any]


def possible(console: Console) -> bool:
    """Whether there is somebody to ask."""
    return sys.stdin.isatty() and sys.stdout.isatty() and not console.quiet


def interview(
    template: catalog.Template | None,
    chosen: str,
    dest: Path | None,
    standard: Standard,
    load: Callable[[catalog.Template], Gathered],
) -> Interview[catalog.Template]:
    """The interview for `new`: of the templates there are, or of one that is settled, which an option has `chosen`.

    `load` makes a template ready. The organisation's default template stands first, or ours.
    Raises SmscaffoldError when there is no template that is allowed.
    """
    if template:
        known = [template]
    else:
        known = list(catalog.templates(standard=standard))
        usual = next((each for each in known if catalog.DEFAULT in each.known_as), None)
        first = catalog.find(standard.default, standard) if standard.default else usual
        known.sort(key=lambda each: bool(first and each != first))
        if not known:
            raise SmscaffoldError(f"the organisation allows no template that is installed: {standard.allowing}")

    def refuse(name: str, value: Any) -> str:
        return _no_destination(str(value)) if name == "project_name" and dest is None else ""

    return Interview(
        templates=known,
        load=load,
        chosen=chosen,
        shown=bool(chosen or not template),
        refuse=refuse,
        tell=_image,
    )


class Session:
    """Asks an interview's questions in this terminal; what the terminal was like comes back at the end."""

    def __init__(self, interview: Interview[catalog.Template], dest: Path | None, console: Console) -> None:
        self._interview = interview
        self._dest = dest
        self._console = console
        self._plain = os.environ.get("TERM", "dumb") in ("dumb", "unknown", "") or bool(os.environ.get(PLAIN))
        self._stack = ExitStack()
        self._asks: Prompter | None = None
        self._reopened = ""

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *raised: object) -> None:
        self._stack.close()

    def questions(self) -> bool:
        """Asks until nothing is open; False when copier has to ask this template's questions.

        Raises SmscaffoldError when an answer of the command line does not fit, KeyboardInterrupt on Ctrl-C and Ctrl-D.
        """
        try:
            while prompt := self._interview.next():
                self._put(prompt)
        except UnsupportedError as error:
            self._interview.asked_any = True
            self._console.note(f"copier asks the questions of {self._interview.template.name} itself ({error})")
            return False
        return True

    def confirmed(self, trial: Trial) -> bool:
        """Shows what would be written; False when the user changes an answer first, which is asked for by then."""
        settled = self._settled(trial)
        if not self._interview.asked_any:
            return True
        files = sum(path.is_file() for path in trial.folder.rglob("*"))
        choices = [Choice(_WRITE, f"write {trial.dest}/", f"{files} files")]
        choices += [
            Choice(each.name, each.label, f"{each.value}  {each.why}".rstrip()) for each in settled if each.changeable
        ]
        prompt = Prompt(
            _WRITE,
            "Write it, or change an answer?",
            help="Nothing is written before you say so; any answer can be changed here, others stay where they fit.",
            default=_WRITE,
            choices=choices,
            above=self._shown(trial, len(settled)),
        )
        fixed = [each for each in settled if not each.changeable]
        name = self._ask(prompt, fixed, back=self._interview.can_go_back)
        if name == _WRITE:
            return True
        if name is Went.BACK:
            self._interview.back()
        else:
            self._interview.reopen(name)
            self._reopened = name
        return False

    def record(self, trial: Trial) -> None:
        """Leaves the answers in the terminal, where the questions were."""
        if not self._plain and self._interview.asked_any:
            settled = [harmless_settled(each) for each in self._settled(trial)]
            width = max(len(each.label) for each in settled)
            for each in settled:
                self._console.say(f"{each.label:<{width}}  {each.value}")
            self._console.say()

    def _put(self, prompt: Prompt) -> None:
        answer = self._ask(
            prompt, self._all_settled(), back=self._interview.can_go_back or prompt.name == self._reopened
        )
        if answer is not Went.BACK:
            self._interview.answer(prompt, answer)
        elif prompt.name == self._reopened:
            self._interview.close(prompt.name)
        else:
            self._interview.back()
        self._reopened = ""

    def _ask(self, prompt: Prompt, settled: list[Settled], *, back: bool) -> Any:
        if self._asks is None:
            self._asks = self._prompter()
        return self._asks.ask(harmless(prompt), [harmless_settled(each) for each in settled], back=back)

    def _prompter(self) -> Prompter:
        if self._plain:
            from smscaffold.asking.lines import Lines

            return Lines()
        from smscaffold.asking.screen import Screen, keys_kept

        self._stack.enter_context(keys_kept())
        self._stack.callback(background.end)
        return Screen()

    def _all_settled(self) -> list[Settled]:
        dest = [Settled("_dest", "Folder", str(self._dest), "the command line", changeable=False)] if self._dest else []
        return dest + self._interview.settled

    def _settled(self, trial: Trial) -> list[Settled]:
        """Every answer; those that copier asked for cannot be changed any more."""
        here = self._all_settled()
        names = {each.name for each in here} | self._interview.values.keys()
        return here + [
            Settled(name, label(name), str(value), changeable=False)
            for name, value in trial.answers.items()
            if name not in names
        ]

    def _shown(self, trial: Trial, answers: int) -> list[str]:
        size = shutil.get_terminal_size()
        lines = [f"{visible(trial.dest)}/", *tree(trial.folder)]
        fits = self._plain or len(lines) + answers + 5 < size.lines
        return lines if fits else compact_tree(trial.folder, trial.dest, size.columns - 1)


def _no_destination(name: str) -> str:
    try:
        computed_destination(name)
    except (SmscaffoldError, OSError) as error:
        return str(error)
    return ""


def _image(name: str, value: Any, values: Mapping[str, Any]) -> str:
    """What a project's name becomes in ECR."""
    region = str(values.get("aws_region", ""))
    domain = next(domain for begins, domain in _DOMAINS.items() if region.startswith(begins))
    if name != "project_name" or not domain or not re.fullmatch("[a-z0-9-]+", region):
        return ""
    return f"becomes the image ACCOUNT.dkr.ecr.{region}.{domain}/{value}"
