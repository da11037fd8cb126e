"""Answers given on the command line, and what is wrong with them, before a template is rendered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import yaml

from smscaffold.errors import SmscaffoldError, did_you_mean
from smscaffold.template_config import Question, TemplateConfig

Answers = dict[str, Any]
Questions = Mapping[str, Question]

_YES = ("y", "yes", "t", "true", "on", "1")
_NO = ("n", "no", "f", "false", "off", "0")


def collect(pairs: Iterable[str], file: Path | None) -> Answers:
    """The answers of `file` and of the KEY=VALUE `pairs`, which win.

    Names with a leading underscore in the file are copier's own notes, not answers: they are left out, so that the
    ``.copier-answers.yml`` of one container folder makes another like it.
    Raises SmscaffoldError when the file is not a readable YAML mapping, or a pair has no ``=``.
    """
    answers = _from_file(file) if file else {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not (name and equals):
            raise SmscaffoldError(f"--data takes KEY=VALUE, not {pair!r}")
        answers[name] = value
    return answers


def check(answers: Answers, questions: Questions) -> None:
    """Raises SmscaffoldError for an answer to no question, of the wrong type, or that is none of the choices."""
    for name, value in answers.items():
        if name not in questions:
            raise SmscaffoldError(
                f"there is no question {name!r}{did_you_mean(name, questions)}: "
                f"this template asks for {', '.join(askable(questions))}"
            )
        if wrong := _wrong(questions[name], value):
            raise SmscaffoldError(f"{name} must be {wrong}, not {value!r}")


def askable(questions: Questions) -> list[str]:
    """The names of the questions that have to be answered by somebody, or by their defaults."""
    return [question.name for question in questions.values() if not question.computed]


def unanswered(answers: Answers, config: TemplateConfig) -> list[str]:
    """The names of the questions that are left to ask, where these answers do not make them needless."""
    from smscaffold.asking.expressions import Expressions, UnsupportedError

    left = [name for name in askable(config.questions) if name not in answers]
    with suppress(UnsupportedError):
        reads = Expressions(config)
        return [name for name in left if reads.applies(config.questions[name], answers)]
    return left


def named_after(dest: Path | None, config: TemplateConfig) -> Answers:
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


def _from_file(file: Path) -> Answers:
    try:
        answers = yaml.safe_load(file.read_bytes())
    except OSError as error:
        raise SmscaffoldError(f"cannot read the answers in {file}: {error.strerror}") from error
    except yaml.YAMLError as error:
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
