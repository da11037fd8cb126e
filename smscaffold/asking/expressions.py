"""What a question's expressions come to (`when`, `default`, `choices`, `validator`), read as copier reads them."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, Any

from smscaffold.answer_types import one_of, read_templates, read_type, to_bool
from smscaffold.asking import background
from smscaffold.asking.prompt import Choice
from smscaffold.small_file import load_yaml
from smscaffold.template_config import Question, TemplateConfig
from smscaffold.trust import HOST_FILTERS

if TYPE_CHECKING:
    from jinja2.sandbox import SandboxedEnvironment

Values = dict[str, Any]

#: stands for a default that a question does not have
MISSING = object()

_FEATURES = {"type", "help", "default", "choices", "when", "ask", "validator", "placeholder"}
_ASKED_TYPES = ("bool", "float", "int", "path", "str")
# what copier puts into expressions beside the answers, and what would need the template's other files
_COPIERS_OWN = re.compile(
    r"(?<![\w.])_(copier|external|folder)_\w+|\bUNSET\b|{%-?\s*(include|import|from|extends|yield)\b"
)


class UnsupportedError(Exception):
    """The template uses something in its questions that only copier knows: copier has to ask them."""


class Expressions:
    """Evaluates a template's questions with the answers so far, the `values`.

    Raises UnsupportedError at once, or in any method, when copier would do something else than this.
    """

    def __init__(self, config: TemplateConfig) -> None:
        self.questions = config.questions
        self._options = dict(config.settings.get("envops") or {})
        if "undefined" in self._options:
            raise UnsupportedError("_envops: undefined")
        for question in self.questions.values():
            _check_features(question)

    def applies(self, question: Question, values: Values) -> bool:
        """Whether the question has an answer that counts."""
        return to_bool(self._render(question.details.get("when", True), values))

    def asks(self, question: Question, values: Values) -> bool:
        """Whether the question is to be asked."""
        return self.applies(question, values) and to_bool(self._render(question.details.get("ask", True), values))

    def default(self, question: Question, values: Values) -> Any:
        """The answer proposed by the template; MISSING if there is none, or it is none that the question accepts."""
        if "default" not in question.details:
            return MISSING
        rendered = self._render(question.details["default"], values)
        if question.type in ("json", "yaml"):
            return load_yaml(rendered) if isinstance(rendered, str) else rendered
        try:
            return self._chosen(question, read_templates(question, rendered), values)
        except ValueError:
            return MISSING

    def choices(self, question: Question, values: Values) -> list[Choice]:
        """What to choose from; empty when any value goes."""
        declared = question.details.get("choices") or []
        if isinstance(declared, str):
            declared = load_yaml(self._render(declared, values)) or []
        items = declared.items() if isinstance(declared, dict) else declared
        choices = []
        for item in items:
            label, value = item if isinstance(item, (list, tuple)) else (item, item)
            if isinstance(value, dict):
                raise UnsupportedError(f"{question.name}: choices with conditions")
            title, colon, hint = str(self._render(label, values)).partition(": ")
            value = read_templates(question, self._render(value, values))
            choices.append(Choice(value, title, hint if colon else ""))
        return choices

    def parse(self, question: Question, answer: Any, values: Values) -> Any:
        """The answer in the question's type.

        Raises ValueError with what the answer must be.
        """
        return self._chosen(question, read_type(question, answer), values)

    def refusal(self, question: Question, answer: Any, values: Values) -> str:
        """Why the question does not accept this answer; empty when it does."""
        try:
            value = self.parse(question, answer, values)
        except ValueError as error:
            return str(error)
        try:
            said = self._render(question.details.get("validator", ""), {**values, question.name: value})
        except UnsupportedError as error:
            return str(error)
        return " ".join(str(said).split())

    def text(self, question: Question, key: str, values: Values) -> str:
        """One of the question's texts: its `help` or its `placeholder`."""
        return str(self._render(question.details.get(key) or "", values)).strip()

    @cached_property
    def _environment(self) -> SandboxedEnvironment:
        background.wait()
        from smscaffold.plain_data import PlainEnvironment  # takes long, and many questions have no expression

        extensions = ["jinja2_ansible_filters.AnsibleCoreFiltersExtension"]
        environment = PlainEnvironment(extensions=extensions, **self._options)
        for name in HOST_FILTERS:  # copier's own environment says why not, or has them for a template that is trusted
            environment.filters.pop(name, None)
        return environment

    def _render(self, text: Any, values: Values) -> Any:
        if not isinstance(text, str) or (not self._options and "{" not in text):
            return text
        try:
            return self._environment.from_string(text).render(values)
        except Exception as error:  # a template is its author's code: it can trip over anything
            raise UnsupportedError(f"{text!r}: {error}") from error

    def _chosen(self, question: Question, value: Any, values: Values) -> Any:
        """The value, if it is one to choose."""
        known = [choice.value for choice in self.choices(question, values)]
        if known and value not in known:
            raise ValueError(one_of(known, value))
        return value


def _check_features(question: Question) -> None:
    if strange := set(question.details) - _FEATURES:
        raise UnsupportedError(f"{question.name}: {', '.join(sorted(strange))}")
    declared = question.details.get("type")
    if declared and declared != question.type:
        raise UnsupportedError(f"{question.name}: type {declared}")
    if question.type not in _ASKED_TYPES and not question.computed:
        raise UnsupportedError(f"{question.name}: type {question.type}")
    if copiers_own := _COPIERS_OWN.search(str(question.details)):
        raise UnsupportedError(f"{question.name}: {copiers_own[0]}")
