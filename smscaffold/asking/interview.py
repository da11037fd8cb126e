"""Which question comes next, and what the answers are so far; nothing here knows about terminals."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Generic, Protocol, TypeVar

from smscaffold.answers import Gathered, Given
from smscaffold.asking.expressions import MISSING, Expressions, Values
from smscaffold.asking.prompt import Choice, Prompt, Settled, label
from smscaffold.errors import SmscaffoldError
from smscaffold.template_config import Question

LANGUAGE = "_language"
FRAMEWORK = "_framework"
_MOST_CHOICES = 1000
_YES_NO = (Choice(True, "yes"), Choice(False, "no"))


class Known(Protocol):
    """A template as far as choosing it goes."""

    @property
    def name(self) -> str:
        """What `--template` calls it."""

    @property
    def about(self) -> dict[str, str]:
        """Its language, framework and title; `choose`, which may be empty, is a reason to take it and not another."""


Pick = TypeVar("Pick", bound=Known)


@dataclass
class Interview(Generic[Pick]):
    """The answers to a template's questions, collected one by one, in any order.

    `templates`: what there is to choose from; one of them where that choice was made already, by what `chosen` says.
    `shown`: whether the choice stands among the answers.
    `load` reads a template's questions, and raises SmscaffoldError if it cannot be used; with them comes what answers
    some without asking, and the defaults that win over the template's.
    `refuse` and `tell` say more about an answer: why it is none after all, and what will come of it.
    """

    templates: Sequence[Pick]
    load: Callable[[Pick], Gathered]
    chosen: str = ""
    shown: bool = True
    refuse: Callable[[str, Any], str] = lambda name, value: ""
    tell: Callable[[str, Any, Mapping[str, Any]], str] = lambda name, value, values: ""

    def __post_init__(self) -> None:
        self._template: Pick | None = None
        self.values: Values = {}
        self.settled: list[Settled] = []
        self.asked_any = False
        self._hidden: Values = {}
        self._loaded: dict[str, tuple[Expressions, Gathered]] = {}
        self._reopened: set[str] = set()
        # which questions the user answered, and the answers that were not the default: that may change with others
        self._answered: set[str] = set()
        self._own: Values = {}

    def next(self) -> Prompt | None:
        """The first question that has no fitting answer; None when everything is answered.

        Brings `template`, `settled` and `values`, by the names of the questions that apply, up to date.
        Raises SmscaffoldError when something the command line answered does not fit, UnsupportedError when copier has
        to ask.
        """
        self.values, self.settled, self._hidden = {}, [], {}
        if prompt := self._pick_template():
            return prompt
        if not self.shown:
            self.settled = []
        for question in self._reads.questions.values():
            if prompt := self._settle(question):
                return prompt
        return None

    def answer(self, prompt: Prompt, value: Any) -> None:
        """Takes the user's answer to an open question."""
        self.asked_any = True
        self._answered.add(prompt.name)
        if self._is_default(prompt.name, value):
            self._own.pop(prompt.name, None)
        else:
            self._own[prompt.name] = value

    @property
    def template(self) -> Pick:
        """The template whose questions these are."""
        assert self._template, "no template is chosen"
        return self._template

    @property
    def can_go_back(self) -> bool:
        """Whether the user has answered a question before the open one."""
        return bool(self._before())

    def back(self) -> None:
        """Opens the question before the open one again, with its answer proposed."""
        self._answered.difference_update(self._before()[-1:])

    def reopen(self, name: str) -> None:
        """Opens one settled question again; what the command line answered is proposed."""
        if name in self._given:
            self._own[name] = self._given[name].value
            self._reopened.add(name)
        self._answered.discard(name)

    def close(self, name: str) -> None:
        """Leaves a reopened question as it was."""
        self._answered.add(name)

    @property
    def _reads(self) -> Expressions:
        return self._loaded[self.template.name][0]

    @property
    def _given(self) -> dict[str, Given]:
        """Returns the answers that were given beforehand and not changed since."""
        given = self._loaded[self.template.name][1].given
        return {name: answer for name, answer in given.items() if name not in self._reopened}

    def _before(self) -> list[str]:
        return [each.name for each in self.settled if each.name in self._answered]

    def _is_default(self, name: str, value: Any) -> bool:
        if name in (LANGUAGE, FRAMEWORK):
            return False
        reads = self._reads
        question = reads.questions[name]
        return bool(reads.parse(question, value, self._context()) == self._default(question))

    def _pick_template(self) -> Prompt | None:
        languages = {_language(each): Choice(_language(each), _language(each)) for each in self.templates}
        title = "Which language is your model in?"
        if prompt := self._pick(LANGUAGE, "Language", title, list(languages.values())):
            return prompt
        language = self._own[LANGUAGE] if len(languages) > 1 else next(iter(languages))
        fitting = [each for each in self.templates if _language(each) == language]
        frameworks = [Choice(each.name, _framework(each, fitting), _reason(each)) for each in fitting]
        if prompt := self._pick(FRAMEWORK, "Framework", "Which framework serves it?", frameworks):
            return prompt
        name = self._own[FRAMEWORK] if len(fitting) > 1 else fitting[0].name
        self._template = next(each for each in fitting if each.name == name)
        try:
            self._read(self._template)
        except SmscaffoldError as error:
            if not self._before():
                raise
            self.back()
            self.settled = []
            prompt = self._pick_template()
            return prompt and replace(prompt, note=str(error))
        return None

    def _read(self, template: Pick) -> None:
        if template.name not in self._loaded:
            gathered = self.load(template)
            self._loaded[template.name] = Expressions(gathered.config), gathered

    def _pick(self, name: str, called: str, title: str, choices: list[Choice]) -> Prompt | None:
        own = next((choice for choice in choices if choice.value == self._own.get(name)), None)
        if len(choices) == 1:
            if self.chosen:
                self.settled.append(Settled(name, called, choices[0].title, self.chosen, changeable=False))
        elif own and name in self._answered:
            self.settled.append(Settled(name, called, own.title))
        else:
            help = "Every template that is installed can be chosen; `smscaffold list` shows them."
            return Prompt(name, title, called, help, default=(own or choices[0]).value, choices=choices)
        return None

    def _settle(self, question: Question) -> Prompt | None:
        """Adds the question's answer to `values` and `settled`, or returns the question if it is open."""
        name, reads, context = question.name, self._reads, self._context()
        given = self._given.get(name)
        if question.computed or not (reads.asks(question, context) or (given and reads.applies(question, context))):
            default = self._default(question)
            self._hidden |= {} if default is MISSING or given else {name: default}
            return None
        choices = reads.choices(question, context)
        if given:
            if refusal := self._refusal(question, given.value):
                raise given.fixed.wrong(refusal) if given.fixed else SmscaffoldError(f"{name}: {refusal}")
            self._add(question, given.value, given.why, changeable=len(choices) != 1 and not given.fixed)
        elif len(choices) == 1:  # nothing to tell of it either
            self.values[name] = reads.parse(question, choices[0].value, context)
        else:
            default, note = self._default(question), ""
            if name in self._own:
                refusal = self._refusal(question, self._own[name])
                note = f"{self._own[name]} does not fit any more: {refusal}" if refusal else ""
                default = default if refusal else self._own[name]
            if name not in self._answered or note or default is MISSING or self._refusal(question, default):
                return self._prompt(question, default, choices, note)
            self._add(question, default)
        return None

    def _prompt(self, question: Question, default: Any, choices: Sequence[Choice], note: str) -> Prompt:
        name, reads, context = question.name, self._reads, self._context()
        if len(choices) > _MOST_CHOICES:
            raise SmscaffoldError(
                f"{name} has {len(choices)} choices, too many to show: answer it by --data {name}=VALUE"
            )
        title, _, more = (reads.text(question, "help", context) or label(name)).partition("\n")
        return Prompt(
            name,
            title,
            label=label(name),
            help=_help(question, more),
            default=None if default is MISSING else default,
            choices=_YES_NO if question.type == "bool" and not choices else choices,
            read=lambda word: reads.parse(question, word, context),
            refuse=lambda answer: self._refusal(question, answer),
            tell=lambda answer: self.tell(name, answer, {**self._peek(), **context}),
            note=note,
        )

    def _add(self, question: Question, value: Any, why: str = "", *, changeable: bool = True) -> None:
        value = self._reads.parse(question, value, self._context())
        self.values[question.name] = value
        shown = {True: "yes", False: "no"}[value] if question.type == "bool" else str(value)
        self.settled.append(Settled(question.name, label(question.name), shown, why, changeable))

    def _refusal(self, question: Question, value: Any) -> str:
        return self._reads.refusal(question, value, self._context()) or self.refuse(question.name, value)

    def _default(self, question: Question) -> Any:
        proposed = self._loaded[self.template.name][1].proposed
        if question.name in proposed:
            with suppress(ValueError):
                return self._reads.parse(question, proposed[question.name], self._context())
        return self._reads.default(question, self._context())

    def _context(self) -> Values:
        """What expressions see: all that copier would have at this question."""
        return {**{name: given.value for name, given in self._given.items()}, **self._hidden, **self.values}

    def _peek(self) -> Values:
        """The defaults and earlier answers of questions that are still to come, as far as they are plain."""
        questions = self._reads.questions.values()
        return {each.name: each.details.get("default") for each in questions} | self._own


def _language(template: Known) -> str:
    return template.about["language"] or "any"


def _framework(template: Known, among: Sequence[Known]) -> str:
    """What to call a template where its language is settled: by its own name only where that is needed."""
    framework = template.about["framework"] or template.name
    same = [each for each in among if each.about["framework"] == framework]
    return f"{framework} ({template.name})" if len(same) > 1 else framework


def _reason(template: Known) -> str:
    return template.about.get("choose") or template.about["title"]


def _help(question: Question, more: str) -> str:
    example = f"--data {question.name}=" + ("yes" if question.type == "bool" else "VALUE")
    return "\n".join(filter(None, [" ".join(more.split()), f"On the command line: {example}"]))
