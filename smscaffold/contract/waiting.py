"""What waiting for a container came to: a finding where the container ended, nothing certain where time ran out."""

from __future__ import annotations

import os
import re

from smscaffold.contract.clause import Evidence, short
from smscaffold.sagemaker_local import LocalError, TimeUpError

_LOG_FOLLOWS = "The log ends with:\n"
_NEAR = 5  # lines after an error in which the traceback that belongs to it begins
_LINE = 200  # characters of a line of a log that are quoted
#: a line that a server writes about a request for its health, in the usual formats of access logs
_PING = re.compile(r"\b(GET|POST|HEAD) /ping\b")
_TRACE = re.compile(r"Traceback \(most recent call last\)")
_ERROR = re.compile(
    r"\b(fatal|panic|cannot|could not|unable to|not found|no such|denied|invalid|failed)\b|error|exception",
    re.IGNORECASE,
)


def without_pings(log: str) -> str:
    """The log without the lines that pings have caused: while a server does not start, there may be hundreds."""
    return "\n".join(line for line in log.split("\n") if not _PING.search(line))


def first_error(log: str) -> str:
    """The first line of a log that tells of an error, of a Python traceback its last one; empty if none does."""
    lines = without_pings(log).splitlines()
    number = next((n for n, line in enumerate(lines) if _TRACE.search(line) or _ERROR.search(line)), len(lines))
    for place in range(number, min(number + _NEAR, len(lines))):
        if _TRACE.search(lines[place]):
            after = (line for line in lines[place + 1 :] if line[:1].strip())
            return short(next(after, lines[place]).strip(), _LINE)
    return short(lines[number].strip(), _LINE) if number < len(lines) else ""


def load() -> str:
    """How busy this machine is, in words."""
    return f"the load of this machine is {os.getloadavg()[0]:.1f} on {os.cpu_count()} CPUs"


def in_vain(problem: TimeUpError, sent: str = "") -> str:
    """Why nothing is proven by time that ran out, with how busy the machine is."""
    told, _, _ = str(problem).partition(_LOG_FOLLOWS)
    return f"{sent}{': ' if sent else ''}{told.strip().rstrip('.')}; {load()}"


def ended(problem: LocalError, sent: str = "") -> Evidence:
    """The finding that a container has ended, or could not be started."""
    told, _, log = str(problem).partition(_LOG_FOLLOWS)
    waited = re.match(r"Waiting for (.*): (.*?)\.?\s*$", told, re.DOTALL)
    expected, came = (waited[1], waited[2]) if waited else ("a container that runs", told.strip())
    cause = first_error(log)
    return Evidence(sent or "docker run IMAGE", expected, came + (f": {cause}" if cause else ""), without_pings(log))
