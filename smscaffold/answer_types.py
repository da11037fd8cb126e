"""The one reader of answers: from prompts, ``--data``, files of answers and configurations.

Copier reads an answer in the same way, but takes any word it does not know for yes, and cuts 2.7 to the whole number 2.
This reader refuses such answers of people.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any

from smscaffold.errors import did_you_mean
from smscaffold.template_config import Question

_TRUE, _FALSE = ("y", "yes", "t", "true", "on"), ("", "n", "no", "f", "false", "off", "~", "null", "none")


def read(question: Question, answer: Any) -> Any:
    """The answer in its question's type, whether it comes as text, as YAML or as TOML.

    Raises ValueError with what the answer must be.
    """
    if question.details.get("multiselect"):
        return answer
    value = read_type(question, answer)
    if question.choices is not None and str(value) not in _spellings(question, question.choices):
        raise ValueError(one_of(question.choices, answer))
    return value


def read_type(question: Question, answer: Any) -> Any:
    """The answer in its question's type, whether or not it is one of the choices. Raises ValueError as `read` does."""
    return _READERS[question.type](answer)


def read_templates(question: Question, value: Any) -> Any:
    """A value that the template itself gives, a default or a choice, as copier reads it.

    Raises ValueError as `read` does.
    """
    return to_bool(value) if question.type == "bool" else read_type(question, value)


def one_of(known: Sequence[Any], answer: Any) -> str:
    """The reason for refusing an answer that is none of the known ones, with the closest of these."""
    names = [str(each) for each in known]
    return f"must be {' or '.join(names)}{did_you_mean(str(answer), names)}"


def to_bool(value: Any) -> bool:
    """Yes or no, as copier takes everything for one of them."""
    try:
        return bool(float(value))
    except (TypeError, ValueError):
        word = value.strip().lower() if isinstance(value, str) else value
        return word in _TRUE or (word not in _FALSE and bool(word))


def _spellings(question: Question, choices: Sequence[Any]) -> Iterator[str]:
    for choice in choices:
        yield str(choice)
        with suppress(ValueError):
            yield str(read_templates(question, choice))


def _bool(answer: Any) -> bool:
    word = "" if answer is None else str(answer).strip().lower()
    if word not in (*_TRUE, *_FALSE):
        try:
            float(word)
        except ValueError:
            raise ValueError("must be yes or no") from None
    return to_bool(word)


def _number(kind: type[int | float], what: str) -> Callable[[Any], Any]:
    def read(answer: Any) -> Any:
        try:
            return kind(str(answer))
        except ValueError:
            raise ValueError(f"must be {what}") from None

    return read


def _text(answer: Any) -> str:
    if not isinstance(answer, (str, int, float)):
        raise ValueError("must be text")
    return str(answer)


def _as_it_is(answer: Any) -> Any:
    return answer


_READERS: dict[str, Callable[[Any], Any]] = {
    "bool": _bool,
    "int": _number(int, "a whole number"),
    "float": _number(float, "a number"),
    "str": _text,
    "path": _text,
    "json": _as_it_is,
    "yaml": _as_it_is,
}
