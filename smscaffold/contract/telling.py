"""What the clauses say: the list of them, and all about one."""

from __future__ import annotations

import json
import textwrap

from smscaffold.contract import catalogue
from smscaffold.errors import CannotCheckError, did_you_mean


def as_json() -> str:
    """A JSON array with one object a clause, those without a check too."""
    rows = [
        {
            "id": rule.id,
            "title": rule.title,
            "strength": rule.strength,
            "profile": rule.profile or None,
            "checked": rule.checked,
        }
        for rule in catalogue.rules().values()
    ]
    return json.dumps(rows, indent=2)


def as_table() -> str:
    """One line a clause, grouped by profile; those without a check last."""
    rules = list(catalogue.rules().values())
    names = [*catalogue.PROFILES, *(rule.profile for rule in rules if rule.checked)]
    lines: list[str] = []
    for profile in dict.fromkeys(names):
        found = [rule for rule in rules if rule.checked and rule.profile == profile]
        lines += ["", profile, *(f"  {rule.id:<4} {rule.strength:<7} {rule.title}" for rule in found)] if found else []
    rest = [rule for rule in rules if not rule.checked]
    lines += ["", "known, but without a check"]
    lines += [f"  {rule.id:<4} {rule.strength:<7} {rule.title}" for rule in rest]
    return "\n".join(lines[1:])


def explained(name: str) -> str:
    """All that is known of a clause."""
    rules = catalogue.rules()
    name = catalogue.known_as(name, rules)
    if name not in rules:
        raise CannotCheckError(f"there is no clause {name}{did_you_mean(name, rules)}")
    rule = rules[name]
    about = f"{rule.strength}, {rule.profile or 'in no profile'}" + ("" if rule.checked else ", without a check")
    parts = {kind: rule.texts.get(kind, "") for kind in ("Rule", "Platform", "Container", "Limit", "Uncertain")}
    parts |= {kind: rule.texts.get(kind, "") for kind in ("Source", "Test")}
    if rule.mend:
        parts["Mend"] = rule.mend.general
        parts |= {f"in {language}": text for language, text in rule.mend.languages.items()}
    lines = [f"{rule.id}. {rule.title}", about]
    for kind, text in parts.items():
        if text:
            lines += ["", *textwrap.wrap(f"{kind}: {text}", 100, subsequent_indent="  ", break_long_words=False)]
    return "\n".join(lines)
