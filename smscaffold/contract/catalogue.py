"""All clauses: those that the contract's text states, and those that have a check, by us or by others."""

from __future__ import annotations

import functools
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from importlib.resources import files
from types import ModuleType

from smscaffold.contract import clauses as built_in
from smscaffold.contract.clause import Clause, Mend
from smscaffold.errors import CannotCheckError

#: those whose clauses have checks, in the order in which they are shown
PROFILES = ("static", "train", "train-plus", "serve", "serve-plus", "serverless", "batch", "pipeline", "mme")
#: those that are checked only where they are claimed, by a label of the image or by name
CLAIMED = ("pipeline", "mme")
GROUP = "smscaffold.clauses"

_HEAD = re.compile(r"^\*\*([A-Z]\d+)\. (.+?) `\[(.+?)\]`\*\*", re.MULTILINE)
_END = re.compile(r"^(?:\*\*[A-Z]\d+\.|#)", re.MULTILINE)
_FIELD = re.compile(
    r"(?:^- |(?<=[.;)] )|^\s*)(Platform|Container|Limit|Source|Test|Uncertain)\b[^:\n]{0,20}?:", re.MULTILINE
)
_ROW = re.compile(r"^\| `([a-z-]+)` \| (.*) \| (.*) \|$", re.MULTILINE)
_IDS = re.compile(r"([A-Z])(\d+)(?: to \1(\d+))?")


@dataclass(frozen=True)
class Rule:
    """A clause, whether it has a check or not."""

    id: str
    title: str
    strength: str
    #: the profile it belongs to; empty if it only describes the platform
    profile: str
    #: whoever asks for its profile makes it a MUST
    claimed: bool = False
    #: Rule, Platform, Container, Limit, Source, Test, Uncertain
    texts: dict[str, str] = field(default_factory=dict)
    clause: type[Clause] | None = None

    @property
    def checked(self) -> bool:
        """Whether `smscaffold check` checks it."""
        return self.clause is not None

    @property
    def mend(self) -> Mend | None:
        """How to mend what breaks it."""
        return getattr(self.clause, "mend", None)


@functools.lru_cache(maxsize=1)
def rules() -> dict[str, Rule]:
    """Every clause by its id: the contract's in its order, then those of others."""
    known = {rule.id: rule for rule in _stated()}
    for clause in _checks():
        known[clause.id()] = _with_check(known.get(clause.id()), clause)
    return known


def known_as(word: str, known: Iterable[str]) -> str:
    """The id among those that are known that somebody wrote in any case; the word itself if there is none."""
    return next((name for name in known if name.upper() == word.upper()), word)


def is_quick(rule: Rule) -> bool:
    """Whether `smscaffold check --quick` checks it: what an image says of itself, and what costs little of serving."""
    return rule.profile == "static" or bool(rule.clause and rule.clause.quick)


def contract_text() -> str:
    """The contract: the wheel carries a copy beside this module, a checkout has it in docs/."""
    package = files("smscaffold")
    copy = package / "contract" / "contract.md"
    return (copy if copy.is_file() else package / ".." / "docs" / "contract.md").read_text(encoding="utf-8")


def _stated() -> Iterator[Rule]:
    text = contract_text()
    profiles = dict(_profiles(text))
    for head in _HEAD.finditer(text):
        end = _END.search(text, head.end())
        body = text[head.end() : end.start() if end else len(text)]
        profile, claimed = profiles.get(head[1], ("", False))
        yield Rule(head[1], head[2].replace("`", ""), head[3].split()[0].strip(","), profile, claimed, _fields(body))


def _fields(body: str) -> dict[str, str]:
    """The parts of a clause by their names; what stands before the first of them is the rule."""
    parts = ["Rule", *_FIELD.split(body)]
    texts = {name: " ".join(text.split()) for name, text in zip(parts[::2], parts[1::2], strict=True)}
    return {name: text for name, text in texts.items() if text}


def _profiles(text: str) -> Iterator[tuple[str, tuple[str, bool]]]:
    """Clause, its profile, and whether that makes it a MUST, from the table of profiles; the first row counts."""
    rows = reversed(_ROW.findall(text))
    for profile, must, further in rows:
        for cell, claimed in ((further, False), (must, True)):
            for letter, first, last in _IDS.findall(cell):
                for number in range(int(first), int(last or first) + 1):
                    yield f"{letter}{number}", (profile, claimed)


def _with_check(rule: Rule | None, clause: type[Clause]) -> Rule:
    title, _, text = inspect.cleandoc(clause.__doc__ or "").partition("\n")
    title = title.rstrip(".")
    own = {"Limit": clause.limit, "Source": clause.source, "Test": clause.test, "Rule": " ".join(text.split())}
    texts = {**(rule.texts if rule else {}), **{name: value for name, value in own.items() if value}}
    strength = clause.strength or (rule.strength if rule else "")
    profile = clause.profile or (rule.profile if rule else "")
    if not (title and strength and profile):
        raise CannotCheckError(f"clause {clause.id()} needs a docstring, a strength and a profile")
    return Rule(clause.id(), title, strength, profile, bool(rule and rule.claimed), texts, clause)


def _checks() -> Iterator[type[Clause]]:
    for module in pkgutil.iter_modules(built_in.__path__):
        yield from _clauses_of(importlib.import_module(f"{built_in.__name__}.{module.name}"))
    for entry in entry_points(group=GROUP):
        try:
            found = entry.load()
        except Exception as error:
            raise CannotCheckError(f"the clauses of {entry.value} cannot be loaded: {error!r}") from error
        yield from _clauses_of(found)


def _clauses_of(found: object) -> Iterable[type[Clause]]:
    """The clauses of a module, in its order, or one clause."""
    if isinstance(found, ModuleType):
        return [
            value
            for value in vars(found).values()
            if isinstance(value, type) and issubclass(value, Clause) and "check" in vars(value)
        ]
    return [found] if isinstance(found, type) and issubclass(found, Clause) else []
