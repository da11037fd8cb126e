"""Questions of a template that means harm to the terminal in which they are asked."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pexpect
import pytest
import yaml
from hostile_text import HOSTILE, SHOWN, harmful, quoted

Start = Callable[..., "pexpect.spawn[str]"]

REVIEW = "Write it, or change an answer?"
#: the sequences by which the screen is drawn: styles, the cursor's movements, modes of the keyboard
OWN = re.compile(r"\x1b(\[[?>]?[\d;]*[A-Za-z]|[=>78]|\(B)|\x07")
COPIER_YML = """
_subdirectory: template
_smscaffold: {{language: {language}, framework: {framework}, title: {title}}}
---
project_name: {{type: str, default: churn, help: {text}}}
{name}: {{type: str, help: {text}, default: {text}}}
size:
  type: str
  help: {text}
  choices: {{{text}: 'a', "b: {hint}": b}}
  default: a
{more}
"""


@pytest.fixture
def template(tmp_path: Path) -> Path:
    return template_in(tmp_path / "hostile")


def template_in(root: Path, more: str = "") -> Path:
    """A template whose texts are all hostile."""
    text = quoted(HOSTILE)
    config = COPIER_YML.format(
        language=text,
        framework=text,
        title=text,
        text=text,
        hint=text[1:-1],
        name=quoted(f"colour{HOSTILE}"),
        more=more,
    )
    (root / "template" / "sub\u202egnp").mkdir(parents=True)
    (root / "copier.yml").write_text(config)
    (root / "template" / "sub\u202egnp" / "\x9b31m.txt").write_text("x")
    return root


@pytest.fixture
def start(work: Path, environment: dict[str, str]) -> Iterator[Start]:
    """Starts ``smscaffold ARGUMENTS`` in a terminal, of which every byte is kept."""
    started: list[pexpect.spawn[str]] = []

    def start(*words: str | Path, **variables: str) -> pexpect.spawn[str]:
        terminal = pexpect.spawn(
            sys.executable,
            ["-m", "smscaffold", *map(str, words)],
            cwd=work,
            env={**environment, "TERM": "xterm", **variables},  # type: ignore[arg-type]
            encoding="utf-8",
            timeout=60,
            dimensions=(40, 150),
        )
        terminal.logfile_read = Kept()
        started.append(terminal)
        return terminal

    yield start
    for terminal in started:
        terminal.close(force=True)


class Kept:
    """Keeps what a terminal is sent."""

    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str) -> None:
        self.text += text

    def flush(self) -> None:
        """Does nothing: nothing waits."""


def sent(terminal: pexpect.spawn[str]) -> str:
    """All that the program has sent to its terminal, without the sequences of its own."""
    text = OWN.sub("", terminal.logfile_read.text)
    assert harmful(text, own="\r\b") == []
    return text


def test_on_a_screen(start: Start, template: Path, work: Path) -> None:
    terminal = start("new", "-t", template)
    for _ in range(3):
        terminal.expect_exact("Enter: next")
        terminal.send("?")
        terminal.expect_exact("On the command line")
        terminal.send("\r")
    terminal.expect_exact(REVIEW)
    terminal.send("\r")
    terminal.expect(pexpect.EOF)
    text = sent(terminal)
    assert SHOWN in text
    assert r"sub\u202egnp/" in text
    assert "\x1b]52" not in terminal.logfile_read.text
    assert (work / "churn").is_dir()


@pytest.mark.parametrize("plain", [{"TERM": "dumb"}, {"SMSCAFFOLD_PLAIN": "1"}])
def test_line_by_line(start: Start, template: Path, work: Path, plain: dict[str, str]) -> None:
    terminal = start("new", "-t", template, **plain)
    for label in ("Project name", "Colour", "Size"):
        terminal.expect(f"{label}.* \\[.*\\]: ")
        terminal.send("?\r")
        terminal.expect_exact("On the command line")
        terminal.expect(f"{label}.* \\[.*\\]: ")
        terminal.send("\r")
    terminal.expect(r"Number \[1\]: ")
    terminal.send("\r")
    terminal.expect(pexpect.EOF)
    assert SHOWN in sent(terminal)
    assert "\x1b]52" not in terminal.logfile_read.text
    assert (work / "churn").is_dir()


def test_the_default_is_answered_as_it_is(start: Start, template: Path, work: Path) -> None:
    (template / "template" / "{{ _copier_conf.answers_file }}.jinja").write_text("{{ _copier_answers | to_nice_yaml }}")
    terminal = start("new", "-t", template)
    for _ in range(3):
        terminal.expect_exact("Enter: next")
        terminal.send("\r")
    terminal.expect_exact(REVIEW)
    terminal.send("\r")
    terminal.expect(pexpect.EOF)
    answers = yaml.safe_load((work / "churn" / ".copier-answers.yml").read_text())
    assert answers[f"colour{HOSTILE}"] == HOSTILE


def test_what_is_pasted_or_edited_is_seen(start: Start, template: Path, work: Path) -> None:
    terminal = start("new", "-t", template)
    terminal.expect_exact("Tab: edit it")
    terminal.send(f"\x1b[200~a\nb\x07{HOSTILE}\x1b[201~")
    terminal.expect_exact(f"a\\nb\\x07{SHOWN}")
    terminal.send("\x15churn\r")
    terminal.expect_exact("Esc: back")
    terminal.send("\t")
    terminal.expect_exact(SHOWN)
    terminal.send("\r")
    terminal.expect_exact("Enter: next")
    terminal.send("\r")
    terminal.expect_exact(REVIEW)
    sent(terminal)
    assert "\x1b]52" not in terminal.logfile_read.text


def test_what_copier_asks(start: Start, tmp_path: Path) -> None:
    template = template_in(tmp_path / "other", more="tags: {type: str, multiselect: true, choices: [a, b]}")
    terminal = start("new", "-t", template)
    terminal.expect_exact("copier asks the questions of other itself")
    for _ in range(4):
        terminal.expect("🎤")
        terminal.send("\r")
    terminal.expect_exact(REVIEW)
    terminal.send("\r")
    terminal.expect(pexpect.EOF)
    sent(terminal)
    assert "\x1b]52" not in terminal.logfile_read.text


def test_a_list_without_an_end_is_not_asked(start: Start, tmp_path: Path) -> None:
    more = 'many: {type: int, default: 1, choices: "{{ range(2000) | list }}"}'
    terminal = start("new", "-t", template_in(tmp_path / "endless", more=more))
    for _ in range(3):
        terminal.expect_exact("Enter: next")
        terminal.send("\r")
    terminal.expect_exact("many has 2000 choices, too many to show: answer it by --data many=VALUE")
    terminal.expect(pexpect.EOF)


def test_texts_of_megabytes_are_cut(start: Start, tmp_path: Path) -> None:
    long = "{{ 'long ' * 2000000 }}"
    more = f'size2: {{type: str, default: x, help: "{long}", choices: {{"a {long}": x, b: y}}}}'
    terminal = start("new", "-t", template_in(tmp_path / "long", more=more), SMSCAFFOLD_PLAIN="1")
    for label in ("Project name", "Colour", "Size", "Size2"):
        terminal.expect(f"{label}.* \\[.*\\]: ")
        terminal.send("\r")
    terminal.expect_exact(REVIEW)
    assert "characters)" in terminal.logfile_read.text
    assert len(terminal.logfile_read.text) < 100_000
