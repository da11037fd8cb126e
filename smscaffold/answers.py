"""Answers that need no asking, where each comes from, and what is wrong with them, before a template is rendered."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import yaml

from smscaffold.answer_types import read
from smscaffold.config.entry import Entry
from smscaffold.config.standard import NO_STANDARD, Standard
from smscaffold.errors import SmscaffoldError, did_you_mean
from smscaffold.small_file import load_yaml, read_small
from smscaffold.template_config import Question, TemplateConfig
from smscaffold.visible import shown

Questions = Mapping[str, Question]


class Given(NamedTuple):
    """An answer, and what gave it; a fixed one stands in the organisation's configuration.

    A `recorded` one is of a container folder that another template may have made, which asked for more.
    """

    value: Any
    why: str
    fixed: Entry | None = None
    recorded: bool = False


class Stored(NamedTuple):
    """The answers of a file, and the template that made the container folder, where the file is a folder's record."""

    answers: Mapping[str, Any] = MappingProxyType({})
    source: str = ""


Answers = dict[str, Given]
NOTHING_STORED = Stored()

#: the question, never asked, by which a container folder remembers what its organisation has fixed
FIXED_ANSWERS = "fixed_answers"
#: the question, never asked, by which it remembers what its files say of the organisation: mirrors, labels, owners ...
ORGANISATION = "organisation"
REMEMBERED = (FIXED_ANSWERS, ORGANISATION)
DATA, DATA_FILE = "--data", "--data-file"


def stored_in(file: Path) -> Stored:
    """Reads a file of answers.

    Names with a leading underscore are copier's own notes, not answers. Of these only the template counts, so that the
    ``.copier-answers.yml`` of one container folder makes another like it.
    Raises SmscaffoldError when the file is not a readable YAML mapping, or when its ``_src_path`` is no text.
    """
    found = _mapping(file)
    source = found.get("_src_path") or ""
    if not isinstance(source, str):
        raise SmscaffoldError(f"{file}: _src_path must be the address or the folder of a template, not {shown(source)}")
    answers = {name: value for name, value in found.items() if not name.startswith("_") and name not in REMEMBERED}
    return Stored(answers, source)


def collect(pairs: Iterable[str], stored: Stored = NOTHING_STORED) -> Answers:
    """The answers of a file, and those of the KEY=VALUE `pairs`, which win.

    Raises SmscaffoldError when a pair has no ``=``.
    """
    recorded = bool(stored.source)
    answers = {name: Given(value, DATA_FILE, recorded=recorded) for name, value in stored.answers.items()}
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
    left_out: Sequence[str] = ()  # the names of recorded answers that this template does not ask for

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
    left_out = [name for name, each in given.items() if each.recorded and not _asked(name, config.questions)]
    given = _read({name: each for name, each in given.items() if name not in left_out}, config.questions)
    asked = askable(config.questions)
    fixed = standard.answers("fixed", names, asked)
    settled = {
        name: Given(_read_entry(entry, config.questions[name]), f"fixed by {entry.place}", entry)
        for name, entry in fixed.items()
    }
    for name, entry in fixed.items():
        if name in given and not same(config.questions[name], given[name].value, entry.value):
            raise SmscaffoldError(
                f"{name} is fixed to {shown(entry.value)} by {entry}: {given[name].why} cannot change it"
            )
    defaults = standard.answers("defaults", names, asked)
    proposed = {name: _read_entry(entry, config.questions[name]) for name, entry in defaults.items()}
    if standard.places:
        remembered = {FIXED_ANSWERS: sorted(fixed), ORGANISATION: standard.organisation}
        settled |= {name: Given(value, "") for name, value in remembered.items() if name in config.questions}
    standing = {name: entry for name, entry in defaults.items() if name not in given} | fixed
    return Gathered(config, {**given, **settled}, proposed | named_after(dest, config), standing, left_out)


def _read(answers: Answers, questions: Questions) -> Answers:
    """The answers in the types of their questions.

    Raises SmscaffoldError for an answer that does not fit its question, or that nobody is asked for.
    """
    found = {}
    for name, given in answers.items():
        if not _asked(name, questions):
            raise SmscaffoldError(_not_asked(name, questions))
        try:
            found[name] = given._replace(value=read(questions[name], given.value))
        except ValueError as error:
            raise SmscaffoldError(f"{name} {error}, not {shown(given.value)}") from error
    return found


def _asked(name: str, questions: Questions) -> bool:
    """Whether there is such a question, and somebody may answer it."""
    return name in questions and name not in REMEMBERED and questions[name].details.get("when") is not False


def _not_asked(name: str, questions: Questions) -> str:
    if name in questions and name not in REMEMBERED:
        return f"nobody answers {name}: this template works it out by itself"
    return (
        f"there is no question {shown(name)}{did_you_mean(name, questions)}: "
        f"this template asks for {', '.join(askable(questions))}"
    )


def same(question: Question, one: Any, other: Any) -> bool:
    """Whether two spellings are one answer."""
    with suppress(ValueError):
        one, other = read(question, one), read(question, other)
    return one == other or str(one) == str(other)


def _read_entry(entry: Entry, question: Question) -> Any:
    try:
        return read(question, entry.value)
    except ValueError as error:
        raise entry.wrong(f"{error}, not {shown(entry.value)}") from error


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


def _mapping(file: Path) -> dict[str, Any]:
    try:
        answers = load_yaml(read_small(file))
    except OSError as error:
        raise SmscaffoldError(f"cannot read the answers in {file}: {error.strerror}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise SmscaffoldError(f"{file} is not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(answers, dict):
        raise SmscaffoldError(f"{file} must hold a mapping, one line `name: answer` for each answer")
    return {str(name): value for name, value in answers.items()}
