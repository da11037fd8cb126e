"""Findings that somebody accepts for a while, so that an old container can enter CI and only get better."""

from __future__ import annotations

import dataclasses
import getpass
import json
import subprocess
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from pathlib import Path

from smscaffold.contract.clause import short
from smscaffold.contract.keeping import write
from smscaffold.contract.runner import Result
from smscaffold.contract.settings import NAME, Accepted
from smscaffold.errors import CannotCheckError
from smscaffold.visible import without_active

_LASTS = timedelta(days=90)
_REASON = 80  # characters of a finding that a reason quotes
_LARGEST = 16384  # bytes of the file, as it is read


def apply(results: Sequence[Result], accepted: Iterable[Accepted], today: date) -> tuple[list[Result], list[str]]:
    """Returns the results with what is accepted of them, and what there is to say of the list of accepted findings.

    A clause that waits for an accepted one is accepted with it.
    """
    counts = {each.clause: each for each in accepted}
    current = {name: each for name, each in counts.items() if each.expires >= today}
    notes = []
    for result in results:
        each = counts.get(result.rule.id)
        if each is None:
            continue
        if result.outcome == "pass":
            notes.append(f"{each.clause} is accepted and holds again: remove it from {NAME}")
        elif each.clause not in current:
            notes.append(f"{each.clause} was accepted until {each.expires}, and that is over ({each.owner})")
    return [dataclasses.replace(result, accepted=_why(result, current)) for result in results], notes


def _why(result: Result, current: dict[str, Accepted]) -> str:
    if result.outcome == "pass" or (result.outcome == "skip" and result.proven):
        return ""
    if each := current.get(result.rule.id):
        return f"accepted until {each.expires} by {each.owner}: {each.reason}"
    return f"{result.blocked_by} is accepted" if result.blocked_by in current else ""


def accept_all(results: Iterable[Result], file: Path, known: Sequence[Accepted], today: date) -> list[Accepted]:
    """Appends all findings to the file that it does not list yet, and returns the new entries.

    Broken clauses and MUST that could not be proven are findings. Raises CannotCheckError when the file cannot be
    written, and changes nothing then.
    """
    listed = {each.clause for each in known}
    owner = _owner(file.parent)
    found = [
        Accepted(result.rule.id, _reason(result), owner, today + _LASTS)
        for result in results
        if result.rule.id not in listed and not result.blocked_by and (result.outcome == "fail" or result.unproven_must)
    ]
    if found:
        _append(file, "".join(map(_table, found)))
    return found


def _append(file: Path, text: str) -> None:
    before = file.read_text(encoding="utf-8") if file.exists() else ""
    if before and not before.endswith("\n"):
        before += "\n"
    whole = f"{before}\n{text}" if before else text.lstrip("\n")
    if len(whole.encode()) > _LARGEST:
        raise CannotCheckError(f"{file} would be larger than 16 KiB with all findings: shorten it, or accept fewer")
    write(file, whole)


def _reason(result: Result) -> str:
    came = result.evidence.came if result.evidence else result.seen
    plain = " ".join(without_active(came, keep="\n\t").split())
    return f"found by --accept-all: {short(plain, _REASON)}"


def _table(entry: Accepted) -> str:
    """The entry in TOML: a JSON text of visible characters is a TOML text too."""
    values = {name: json.dumps(getattr(entry, name), ensure_ascii=False) for name in ("clause", "reason", "owner")}
    lines = [f"{name} = {value}" for name, value in {**values, "expires": str(entry.expires)}.items()]
    return "\n".join(["", "[[accepted]]", *lines, ""])


def _owner(folder: Path) -> str:
    """Whoever runs this, by the address that git knows, else by the name of the user."""
    try:
        command = ["git", "config", "user.email"]
        found = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        found = ""
    try:
        return without_active(found)[:100] or getpass.getuser()
    except (OSError, KeyError):
        return "unknown"
