"""The formats of reports. A further one is a module with `write(report) -> str`, named in FORMATS."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from smscaffold.contract.report import Report

#: each format, and who reads it
FORMATS = {
    "text": "people",
    "json": "programs",
    "junit": "CI servers that show JUnit's XML",
    "github": "GitHub Actions: annotations, and a summary of the job",
    "markdown": "people, as a page: the summary that `github` writes",
    "sarif": "code scanning",
    "gitlab": "GitLab's code quality",
}


def written(report: Report, name: str) -> str:
    """The report in this format, without a newline at its end."""
    module = importlib.import_module(f"{__name__}.{name}")
    text: str = module.write(report)
    return text
