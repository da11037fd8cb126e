"""What a template promises by its ``copier.yml``: that smscaffold can list it, ask its questions and fix answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from smscaffold.answers import FIXED_ANSWERS
from smscaffold.asking.expressions import MISSING, Expressions, UnsupportedError
from smscaffold.errors import SmscaffoldError
from smscaffold.template_config import Question, TemplateConfig, config_file, former_names, load_config

ABOUT = ("language", "framework", "title")
#: the questions that every template has, under the same names
COMMON = ("project_name", "layout", "front_end", "base_image", "aws_region")


def read(folder: Path, root: Path) -> TemplateConfig:
    """The configuration of the template of `folder`, which lies complete in `root`.

    Raises SmscaffoldError with the file, the key and what is wrong, where the template cannot be used or listed.
    """
    try:
        config = load_config(root)
        _check_settings(config)
        former_names(root)
    except SmscaffoldError as error:
        raise SmscaffoldError(str(error).replace(str(root), str(folder))) from error
    except _WrongError as error:
        raise SmscaffoldError(f"{config_file(folder)}: {error}") from error
    return config


def check(folder: Path, root: Path) -> tuple[TemplateConfig, dict[str, Any]]:
    """The same, and all defaults, of a template that keeps the promises of smscaffold's own.

    Its questions are sound, and none is missing that all templates have.

    Raises SmscaffoldError likewise.
    """
    config = read(folder, root)
    try:
        return config, _check_questions(config)
    except _WrongError as error:
        raise SmscaffoldError(f"{config_file(folder)}: {error}") from error


class _WrongError(Exception):
    """The key, and what is wrong with it."""


def _check_settings(config: TemplateConfig) -> None:
    declared = config.settings.get("smscaffold")
    for key in ABOUT:
        if not isinstance(declared, dict) or not isinstance(declared.get(key), str) or not declared[key].strip():
            raise _WrongError(f"_smscaffold has no {key}: `smscaffold list` shows {', '.join(ABOUT)}")
    if features := config.unsafe_features:
        raise _WrongError(f"_{features[0]} would run code on the user's machine: no template may (trust)")


def _check_questions(config: TemplateConfig) -> dict[str, Any]:
    """The default of each question."""
    for name in (*COMMON, FIXED_ANSWERS):
        if name not in config.questions:
            raise _WrongError(
                f"there is no question {name}, which every template has: see _shared/questions/common.yml"
            )
    try:
        reads = Expressions(config)
    except UnsupportedError as error:
        raise _WrongError(f"smscaffold cannot ask {error}") from error
    values: dict[str, Any] = {}
    for question in config.questions.values():
        if not question.computed and FIXED_ANSWERS not in str(question.details.get("ask", "")):
            raise _WrongError(
                f"{question.name} has no line ask: \"{{{{ '{question.name}' not in {FIXED_ANSWERS} }}}}\", "
                "by which an organisation can fix it"
            )
        values[question.name] = _default(reads, question, values)
    return values


def _default(reads: Expressions, question: Question, values: dict[str, Any]) -> Any:
    """The question's default, after a look at everything that asking it would take."""
    try:
        asked = reads.asks(question, values)
        reads.text(question, "help", values)
        reads.choices(question, values)
        default = reads.default(question, values)
        refusal = reads.refusal(question, default, values) if asked and default is not MISSING else ""
    except UnsupportedError as error:
        raise _WrongError(f"{question.name}: {error}") from error
    if default is MISSING and asked:
        raise _WrongError(f"{question.name} has no default that fits: `smscaffold new --defaults` takes it")
    if refusal:
        raise _WrongError(f"the default of {question.name}, {default!r}, does not fit: {refusal}")
    return None if default is MISSING else default
