"""What is asked next, and what becomes of answers when others change."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from smscaffold.answers import Gathered, Given
from smscaffold.asking.expressions import MISSING, Expressions, UnsupportedError, to_bool
from smscaffold.asking.interview import Interview
from smscaffold.errors import SmscaffoldError
from smscaffold.template_config import Question, TemplateConfig


@dataclass(frozen=True)
class Stub:
    name: str
    about: dict[str, str] = field(default_factory=lambda: {"language": "L", "framework": "F", "title": "T"})


def interview(questions: dict[str, Any], **given: Given) -> Interview[Stub]:
    config = TemplateConfig({}, {name: Question(name, details) for name, details in questions.items()})
    return Interview([Stub("stub")], lambda _: Gathered(config, given))


def answer(asked: Interview[Stub], name: str, value: Any) -> None:
    prompt = asked.next()
    assert prompt
    assert prompt.name == name
    asked.answer(prompt, value)


GPU = {
    "gpu": {"type": "bool", "default": False},
    "image": {"type": "str", "default": "{{ 'cuda' if gpu else 'slim' }}"},
}


def test_a_default_that_was_taken_follows_the_answers_it_depends_on() -> None:
    asked = interview(GPU)
    answer(asked, "gpu", False)
    answer(asked, "image", "slim")
    assert asked.next() is None
    asked.reopen("gpu")
    answer(asked, "gpu", True)
    assert asked.next() is None
    assert asked.values == {"gpu": True, "image": "cuda"}


def test_an_own_answer_stays() -> None:
    asked = interview(GPU)
    answer(asked, "gpu", False)
    answer(asked, "image", "mine")
    assert asked.next() is None
    asked.reopen("gpu")
    answer(asked, "gpu", True)
    assert asked.next() is None
    assert asked.values == {"gpu": True, "image": "mine"}


def test_an_answer_that_does_not_fit_any_more_is_asked_for_again() -> None:
    fits = "{{ 'must be even' if even and count % 2 }}"
    asked = interview(
        {"even": {"type": "bool", "default": False}, "count": {"type": "int", "default": 2, "validator": fits}}
    )
    answer(asked, "even", False)
    answer(asked, "count", "3")
    assert asked.next() is None
    asked.reopen("even")
    answer(asked, "even", True)
    prompt = asked.next()
    assert prompt
    assert (prompt.name, prompt.default, prompt.note) == ("count", 2, "3 does not fit any more: must be even")
    assert prompt.refuse("5") == "must be even"
    assert prompt.refuse("4") == ""
    assert prompt.refuse("x") == "must be a whole number"


def test_a_question_that_comes_back_remembers_its_answer() -> None:
    asked = interview(
        {"two": {"type": "bool", "default": True}, "second": {"type": "str", "default": "b", "when": "{{ two }}"}}
    )
    answer(asked, "two", True)
    answer(asked, "second", "mine")
    assert asked.next() is None
    for two, values in ((False, {"two": False}), (True, {"two": True, "second": "mine"})):
        asked.reopen("two")
        answer(asked, "two", two)
        assert asked.next() is None
        assert asked.values == values


def test_back_skips_what_was_not_asked() -> None:
    one = {"type": "str", "choices": ["nginx"]}
    asked = interview(
        {"a": {"default": "x"}, "front": one, "b": {"default": "y"}, "c": {"default": "z"}},
        b=Given("q", "--data"),
    )
    answer(asked, "a", "x")
    assert asked.next().name == "c"  # type: ignore[union-attr]
    assert [(each.name, each.why) for each in asked.settled] == [("a", ""), ("b", "--data")]
    assert asked.values["front"] == "nginx"  # one choice is none: nothing to show
    asked.back()
    assert asked.next().name == "a"  # type: ignore[union-attr]
    assert not asked.can_go_back


def test_what_the_command_line_answered_can_be_changed_too() -> None:
    asked = interview({"a": {"type": "int", "default": 1}}, a=Given("5", "--data"))
    assert asked.next() is None
    asked.reopen("a")
    prompt = asked.next()
    assert prompt
    assert prompt.default == "5"
    asked.close("a")
    assert asked.next() is None
    assert asked.values == {"a": 5}


def test_a_given_answer_that_does_not_fit_is_an_error() -> None:
    with pytest.raises(SmscaffoldError, match="a: must be a whole number"):
        interview({"a": {"type": "int", "default": 1}}, a=Given("x", "--data")).next()


@pytest.mark.parametrize(
    "details",
    [
        {"multiselect": True, "choices": ["a"]},
        {"secret": True, "default": "x"},
        {"type": "yaml"},
        {"type": "{{ kind }}"},
        {"default": "{{ _copier_conf.os }}"},
        {"default": "{{ UNSET }}"},
        {"choices": "{% include 'x' %}"},
    ],
)
def test_what_only_copier_knows(details: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedError):
        interview({"a": details}).next()


def test_an_expression_that_cannot_be_evaluated_is_left_to_copier() -> None:
    with pytest.raises(UnsupportedError):
        interview({"a": {"type": "str", "default": "{{ nothing.at.all }}"}}).next()


def test_casts_are_copiers() -> None:
    tools = pytest.importorskip("copier._tools")
    for value in ("y", "No", "", "0", "0.0", "1", "off", "~", "null", "maybe", True, 0, 2.5, None, " yes "):
        assert to_bool(value) == tools.cast_to_bool(value), value


def test_choices_of_an_expression() -> None:
    question = Question("a", {"type": "int", "choices": "{% for n in range(many) %}- {{ n }}\n{% endfor %}"})
    reads = Expressions(TemplateConfig({}, {"a": question}))
    assert [choice.value for choice in reads.choices(question, {"many": 2})] == [0, 1]
    assert reads.default(question, {}) is MISSING
