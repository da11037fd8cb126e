"""Asking in a real terminal: tmux, with templates in two languages beside the built-in ones."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from ask_helpers import Open, Terminal

CHECKOUT = Path(__file__).resolve().parents[2]

STUB = """
_subdirectory: template
_smscaffold: {{language: {language}, framework: {framework}, title: {framework} behind nginx}}
---
project_name:
  type: str
  help: |-
    Name of the project
    It names the image too.
  default: my-model
  validator: >-
    {{% if not (project_name | regex_search('^(?=.{{2,250}}$)[a-z][a-z0-9]*([._-][a-z0-9]+)*$')) %}}must be a name
    (R1){{% endif %}}
layout:
  type: str
  choices: {{"single: one image": single, "split: two images": split}}
  default: single
{own}
aws_region: {{type: str, default: us-east-1}}
"""
TEMPLATES = {
    "julia-genie": (
        "Julia",
        "Genie",
        "threads: {type: int, default: 2, validator: \"{{ 'must not be 0' if threads == 0 }}\"}",
    ),
    "julia-oxygen": ("Julia", "Oxygen", "threads: {type: int, default: 4}"),
    "lua-lapis": (
        "Lua",
        "Lapis",
        "gpu: {type: bool, default: false}\n"
        "base_image: {type: str, default: \"{{ 'cuda' if gpu else 'debian' }}:{{ layout }}\"}\n"
        "train_image: {type: str, default: '{{ base_image }}', when: \"{{ layout == 'split' }}\"}",
    ),
}


@pytest.fixture(scope="session")
def stubs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installed package with templates in two languages, of which one has two frameworks."""
    site = tmp_path_factory.mktemp("site")
    for name, (language, framework, own) in TEMPLATES.items():
        root = site / "stubs" / name
        (root / "template" / "program").mkdir(parents=True)
        (root / "copier.yml").write_text(STUB.format(language=language, framework=framework, own=own))
        (root / "template" / "program" / "README.md.jinja").write_text(
            f"{name}: {{{{ project_name }}}} {{{{ layout }}}}\n"
        )
        answers = root / "template" / "{{ _copier_conf.answers_file }}.jinja"
        answers.write_text("# answers\n{{ _copier_answers | to_nice_yaml -}}\n")
    information = site / "stubs-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: stubs\nVersion: 1.0\n")
    (information / "entry_points.txt").write_text("[smscaffold.templates]\nstubs = stubs\n")
    (site / "stubs" / "__init__.py").write_text("")
    return site


@pytest.fixture
def environment(tmp_path: Path, stubs: Path) -> dict[str, str]:
    """All variables of a user who has the templates of the package."""
    home = tmp_path / "home"
    home.mkdir()
    (home / ".gitconfig").write_text("[user]\nname = A User\nemail = user@example.com\n")
    path = os.pathsep.join([str(CHECKOUT), str(stubs)])
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    kept = {name: os.environ[name] for name in ("PATH",)}
    plain = {"HOME": str(home), "PYTHONPATH": path, "TERM": "screen", "LANG": "C.UTF-8", "TMPDIR": str(temporary)}
    return kept | plain


@pytest.fixture
def open_terminal(work: Path, environment: dict[str, str], tmp_path: Path) -> Iterator[Open]:
    """Starts ``smscaffold ARGUMENTS`` in a terminal of 80x24, or of another size."""
    if not shutil.which("tmux"):
        pytest.skip("tmux is not installed")
    places, opened = ExitStack(), list[Terminal]()

    def start(*words: str | Path, size: tuple[int, int] = (80, 24), **variables: str) -> Terminal:
        command = [sys.executable, "-m", "smscaffold", *map(str, words)]
        terminal = Terminal(
            Path(places.enter_context(tempfile.TemporaryDirectory())), command, work, environment | variables, size
        )
        opened.append(terminal)
        return terminal

    yield start
    for terminal in opened:
        terminal.close()
    places.close()
