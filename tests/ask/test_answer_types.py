"""One reader of answers: copier reads nothing else in them, and a line typed at a prompt means what --data means."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from copier._user_data import CAST_STR_TO_NATIVE

from smscaffold.answer_types import read
from smscaffold.answers import Gathered
from smscaffold.asking import lines
from smscaffold.asking.interview import Interview
from smscaffold.template_config import Question, TemplateConfig

ANSWERS = ["", " ", "no", "OFF", "~", "none", "null", "0", "0.0", "1", "2.5", " 3 ", "1_000", "-1", "1e3", "text", "y"]
ANSWERS_OF_YAML = [True, False, 0, 1, 7, 0.0, 2.5, [1], {"a": 1}]


@pytest.mark.parametrize("kind", ["bool", "int", "float", "str", "path"])
@pytest.mark.parametrize("answer", [*ANSWERS, *ANSWERS_OF_YAML])
def test_what_is_taken_copier_reads_alike(kind: str, answer: Any) -> None:
    question = Question("a", {"type": kind})
    with suppress(ValueError):
        value = read(question, answer)
        assert value == CAST_STR_TO_NATIVE[kind](answer)
        assert type(value) is type(CAST_STR_TO_NATIVE[kind](answer))
        assert read(question, value) == value


@pytest.mark.parametrize("kind", ["bool", "int", "float"])
@pytest.mark.parametrize("value", [True, False, 0, 1, 7, 0.0, 2.5, "many"])
def test_text_means_what_the_value_means(kind: str, value: Any) -> None:
    question = Question("a", {"type": kind})

    def outcome(answer: Any) -> Any:
        try:
            return read(question, answer)
        except ValueError as error:
            return str(error)

    assert outcome(value) == outcome(str(value))


@pytest.mark.parametrize(
    ("typed", "value"),
    [("none", False), ("off", False), ("~", False), ("0", False), ("on", True), ("t", True), ("n", False)],
)
def test_a_line_typed_at_a_prompt(monkeypatch: pytest.MonkeyPatch, typed: str, value: bool) -> None:
    config = TemplateConfig({}, {"gpu": Question("gpu", {"type": "bool", "default": not value})})
    asked = Interview([Stub()], lambda _: Gathered(config))
    prompt = asked.next()
    assert prompt
    typed_lines = iter([typed])
    monkeypatch.setattr(lines, "read_line", lambda question: next(typed_lines))
    assert lines.Lines().ask(prompt, [], back=False) is value


class Stub:
    name = "stub"
    about = {"language": "L", "framework": "F", "title": "T"}  # noqa: RUF012
