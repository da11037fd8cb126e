"""Small judgements that several clauses share."""

from __future__ import annotations

import json
import os
import posixpath
import re
import stat
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from smscaffold.contract.clause import expect, short, unproven

if TYPE_CHECKING:
    from docker.models.containers import Container

    from smscaffold.contract.lab import Lab
    from smscaffold.sagemaker_local import TrainingResult

RUN = "docker run IMAGE train"
#: the one type of manifest that hosting accepts (R11)
SCHEMA_2 = "application/vnd.docker.distribution.manifest.v2+json"
NO_METRIC = "say what a metric in the log looks like: --metric REGEX, or `metric` in smscaffold-check.toml"
_LINE = 4096  # characters
_PATIENCE = 20.0  # seconds for a search
_SEARCH = """
import json, re, sys
metric, lines = json.load(sys.stdin)
found = re.compile(metric)
print(json.dumps([[match[bool(found.groups)] or "" for match in found.finditer(line)] for line in lines]))
"""
_SCRATCH = re.compile(r"/(opt(/ml(/.*)?)?|tmp(/.*)?|var(/tmp(/.*)?)?|run(/.*)?|root(/\..*)?|dev(/.*)?)")
_TRACE = re.compile(r"(Traceback|Exception in thread|\s*at [\w.$]+\(|Error in |[\w.]+Exception\b)")


def files(directory: Path) -> list[Path]:
    """All plain files below a directory. Links in it are not followed: they may lead to any place on this machine."""
    found = (Path(folder, name) for folder, _, names in os.walk(directory) for name in names)
    return [path for path in found if stat.S_ISREG(path.lstat().st_mode)]


def left_instead(result: TrainingResult, part: str = "model") -> str:
    """What a training left in a part of /opt/ml that holds no plain file, in words."""
    return "; ".join(odd_in(result, part)[:5]) or "an empty directory"


def odd_in(result: TrainingResult, part: str) -> list[str]:
    """What lies in a part of /opt/ml and is neither a plain file nor a directory, in words."""
    return [odd for odd in result.odd if re.match(rf"{part}[/ ]", odd)]


def changes(container: Container) -> tuple[list[str], list[str]]:
    """The paths that a container has changed, and those of them that lie where nothing is to be written (T34, H27)."""
    paths = [str(change["Path"]) for change in container.diff() or ()]
    parents = {posixpath.dirname(path) for path in paths}
    return paths, [path for path in paths if path not in parents and not _SCRATCH.fullmatch(path)]


def first_sentence_problem(text: str) -> str:
    """Why a failure file does not begin with a sentence for people (T24); empty if it does."""
    if not text.strip():
        return "it is empty"
    return "it begins with a stack trace" if _TRACE.match(text) else ""


def metrics(metric: str, log: str) -> list[str]:
    """What a metric's expression captures in the lines of a log (T27); see `metric_lines`."""
    return [value for _, values in metric_lines(metric, log) for value in values]


def metric_lines(metric: str, log: str) -> list[tuple[str, list[str]]]:
    """The lines of a log in which a metric's expression matches, with what it captures in each.

    Of each line the first 4096 characters are searched. The expression may be a stranger's, and one such as `(a+)+$`
    can search for ever and cannot be interrupted, so a process of its own searches. UnprovenError: it took over 20 s.
    """
    lines = log.split("\n")
    command = [sys.executable, "-I", "-S", "-c", _SEARCH]
    given = json.dumps([metric, [line[:_LINE] for line in lines]])
    try:
        done = subprocess.run(command, input=given, capture_output=True, text=True, timeout=_PATIENCE, check=True)
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError):
        unproven(f"the search for the metric {short(metric)!r} in the log did not end within {_PATIENCE:g} s")
    return [(line, values) for line, values in zip(lines, json.loads(done.stdout), strict=True) if values]


def served(lab: Lab, model: Path, whose: str) -> str:
    """That this model is served, in words; ends the check if it is not. Where nothing can serve it, that is said."""
    subject = lab.subject
    if subject.serve_image is None or not subject.payloads:
        return "served by nothing that was given"
    payload = subject.payloads[0]
    with lab.endpoint(model) as endpoint:
        answer = endpoint.invoke(payload.body, payload.content_type)
        expect(answer.status == 200, sent=f"a good request to {whose}", expected="200", came=answer)
    return "served with 200"
