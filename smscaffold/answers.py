"""Answers that need no asking, where each comes from, and what is wrong with them, before a template is rendered."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from smscaffold.config.entry import Entry
from smscaffold.config.standard import NO_STANDARD, Standard
from smscaffold.errors import SmscaffoldError, did_you_mean
from smscaffold.small_file import load_yaml, read_small
from smscaffold.template_config import Question, TemplateConfig
from smscaffold.visible import shown

Questions = Mapping[str, Question]


class Given(NamedTuple):
    """An answer, and what gave it; a fixed one stands in the organisation's configuration."""

    value: Any
    why: str
    fixed: Entry | None = None


Answers = dict[str, Given]

#: the question, never asked, by which a container folder remembers what its organisation has fixed
FIXED_ANSWERS = "fixed_answers"
#: the question, never asked, by which it remembers what its files say of the organisation: mirrors, labels, owners ...
ORGANISATION = "organisation"
REMEMBERED = (FIXED_ANSWERS, ORGANISATION)
DATA, DATA_FILE = "--data", "--data-file"
_YES = ("y", "yes", "t", "true", "on", "1")
_NO = ("n", "no", "f", "false", "off", "0")


def collect(pairs: Iterable[str], file: Path | None) -> Answers:
    """The answers of `file` and of the KEY=VALUE `pairs`, which win.

    Names with a leading underscore in the file are copier's own notes, not answers: they are left out, so that the
    ``.copier-answers.yml`` of one container folder makes another like it.
    Raises SmscaffoldError when the file is not a readable YAML mapping, or a pair has no ``=``.
    """
    answers = {name: Given(value, DATA_FILE) for name, value in (_from_file(file) if file else {}).items()}
    for name in REMEMBERED:
        answers.pop(name, None)
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not (name and equals):
            raise SmscaffoldError(f"--data takes KEY=VALUE, not {shown(pair)}")
        answers[name] = Given(value, DATA)
    return answers


@dataclass(frozen=True)
class Gathered:
    """A template's questions, the answers that need no asking, and the ones to propose in place of its defaults."""

    config: TemplateConfig
    given: Answers = field(default_factory=dict)
    proposed: Mapping[str, Any] = field(default_factory=dict)
    standing: Mapping[str, Entry] = field(default_factory=dict)  # what of these stands in the organisation's files

    @contextmanager
    def blamed(self) -> Iterator[None]:
        """Has an error about an answer of the organisation's say where that stands."""
        try:
            yield
        except SmscaffoldError as error:
            name, _, reason = str(error).partition(": ")
            if name in self.standing:
                raise self.standing[name].wrong(reason) from error
            raise

    @property
    def data(self) -> dict[str, Any]:
        """The given answers, for copier."""
        return {name: each.value for name, each in self.given.items()}


def gather(
    given: Answers,
    config: TemplateConfig,
    names: Container[str] = (),
    standard: Standard = NO_STANDARD,
    dest: Path | None = None,
) -> Gathered:
    """All that answers a template's questions without asking: the command line, DEST and the organisation.

    `names`: what the template is called.
    Raises SmscaffoldError for an answer to no question, of the wrong type, that is none of the choices, or that would
    change what the organisation has fixed.
    """
    check(given, config.questions)
    asked = askable(config.questions)
    fixed = standard.answers("fixed", names, asked)
    for name, entry in fixed.items():
        _check_entry(entry, config.questions[name])
        if name in given and not same(config.questions[name], given[name].value, entry.value):
            raise SmscaffoldError(
                f"{name} is fixed to {shown(entry.value)} by {entry}: {given[name].why} cannot change it"
            )
    defaults = standard.answers("defaults", names, asked)
    for name, entry in defaults.items():
        _check_entry(entry, config.questions[name])
    settled = {name: Given(entry.value, f"fixed by {entry.place}", entry) for name, entry in fixed.items()}
    if standard.places:
        remembered = {FIXED_ANSWERS: sorted(fixed), ORGANISATION: standard.organisation}
        settled |= {name: Given(value, "") for name, value in remembered.items() if name in config.questions}
    proposed = {name: entry.value for name, entry in defaults.items()} | named_after(dest, config)
    standing = {name: entry for name, entry in defaults.items() if name not in given} | fixed
    return Gathered(config, {**given, **settled}, proposed, standing)


def check(answers: Answers, questions: Questions) -> None:
    """Raises SmscaffoldError for an answer that does not fit its question, or that nobody is asked for."""
    for name, (value, _, _) in answers.items():
        if name not in questions or name in REMEMBERED:
            raise SmscaffoldError(
                f"there is no question {shown(name)}{did_you_mean(name, questions)}: "
                f"this template asks for {', '.join(askable(questions))}"
            )
        if questions[name].details.get("when") is False:
            raise SmscaffoldError(f"nobody answers {name}: this template works it out by itself")
        if wrong := _wrong(questions[name], value):
            raise SmscaffoldError(f"{name} must be {wrong}, not {shown(value)}")


def same(question: Question, one: Any, other: Any) -> bool:
    """Whether two spellings are one answer."""
    if question.type == "bool" and not question.choices:
        return (str(one).strip().lower() in _YES) == (str(other).strip().lower() in _YES)
    return one == other or str(one) == str(other)


def _check_entry(entry: Entry, question: Question) -> None:
    if wrong := _wrong(question, entry.value):
        raise entry.wrong(f"must be {wrong}, not {shown(entry.value)}")


def askable(questions: Questions) -> list[str]:
    """The names of the questions that have to be answered by somebody, or by their defaults."""
    return [question.name for question in questions.values() if not question.computed]


def unanswered(answers: Mapping[str, Any], config: TemplateConfig) -> list[str]:
    """The names of the questions that are left to ask, where these answers do not make them needless."""
    from smscaffold.asking.expressions import Expressions, UnsupportedError

    left = [name for name in askable(config.questions) if name not in answers]
    with suppress(UnsupportedError):
        reads = Expressions(config)
        return [name for name in left if reads.asks(config.questions[name], dict(answers))]
    return left


def named_after(dest: Path | None, config: TemplateConfig) -> dict[str, Any]:
    """The answer `project_name` that the last part of DEST proposes; none where that is no name for a project (R1)."""
    from smscaffold.asking.expressions import Expressions, UnsupportedError

    name = dest.absolute().name if dest else ""
    question = config.questions.get("project_name")
    if not name or question is None or question.computed:
        return {}
    try:
        return {} if Expressions(config).refusal(question, name, {}) else {"project_name": name}
    except UnsupportedError:
        return {}


def _from_file(file: Path) -> dict[str, Any]:
    try:
        answers = load_yaml(read_small(file))
    except OSError as error:
        raise SmscaffoldError(f"cannot read the answers in {file}: {error.strerror}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise SmscaffoldError(f"{file} is not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(answers, dict):
        raise SmscaffoldError(f"{file} must hold a mapping, one line `name: answer` for each answer")
    return {str(name): value for name, value in answers.items() if not str(name).startswith("_")}


def _wrong(question: Question, value: Any) -> str:
    """What the question would accept instead of this value; empty when nothing speaks against the value."""
    if question.details.get("multiselect"):
        return ""
    choices = question.choices
    if choices is not None:
        known = [str(choice) for choice in choices]
        return "" if str(value) in known else " or ".join(known) + did_you_mean(str(value), known)
    if question.type == "bool" and str(value).strip().lower() not in (*_YES, *_NO):
        return "yes or no"
    if question.type == "int" and not _parses(int, value):
        return "a whole number"
    if question.type == "float" and not _parses(float, value):
        return "a number"
    if question.type in ("str", "path") and not isinstance(value, (str, int, float)):
        return "text"
    return ""


def _parses(kind: type[int | float], value: Any) -> bool:
    try:
        kind(value)
    except (TypeError, ValueError):
        return False
    return True
