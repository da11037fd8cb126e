"""What the tests of the command line share."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

Result = subprocess.CompletedProcess[str]
Run = Callable[..., Result]

CHECKOUT = Path(__file__).resolve().parents[2]

COPIER_YML = r"""
_subdirectory: template
_smscaffold: {language: Python, framework: None, title: A stub}
---
project_name:
  type: str
  default: my-model
  validator: >-
    {% if not (project_name | regex_search(
    '^(?=.{2,256}$)[a-z][a-z0-9]*([._-][a-z0-9]+)*(/[a-z0-9]+([._-][a-z0-9]+)*)*$')) %}
    must be a repository name (R1){% endif %}
layout:
  type: str
  choices: {one image: single, two images: split}
  default: single
workers: {type: int, default: 2}
gpu: {type: bool, default: false}
train_base_image: {type: str, default: "python:3.13", when: "{{ layout == 'split' }}"}
"""

# more rounds than any machine gets through while a test waits
ENDLESS = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"


def command(*arguments: str | Path) -> list[str]:
    """The words of ``smscaffold ARGUMENTS``."""
    return [sys.executable, "-m", "smscaffold", *map(str, arguments)]


def files(root: Path) -> set[str]:
    """Every path below a folder, apart from git's own."""
    paths = (path.relative_to(root) for path in root.rglob("*"))
    return {str(path) for path in paths if path.parts[0] != ".git"}
