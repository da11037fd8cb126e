"""Asking in every kind of terminal, and what only copier can ask."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from ask_helpers import Open, files

REVIEW = "Write it, or change an answer?"
STUB = ("new", "-t", "stubs/lua-lapis")
PLAIN = [{"TERM": "dumb"}, {"SMSCAFFOLD_PLAIN": "1"}]


@pytest.mark.parametrize("plain", PLAIN)
def test_line_by_line(open_terminal: Open, work: Path, plain: dict[str, str]) -> None:
    terminal = open_terminal(*STUB, **plain)
    terminal.wait("< goes back", "? explains", "Language: Lua (--template)")
    terminal.answer("Project name [my-model]:", "Churn")
    terminal.wait("No: must be a name (R1).")
    terminal.answer("Project name [my-model]:", "?")
    terminal.wait("It names the image too.")
    terminal.answer("Project name [my-model]:", "churn")
    terminal.wait("becomes the image ACCOUNT.dkr.ecr.us-east-1.amazonaws.com/churn", "  2. split: two images")
    terminal.answer("Layout [1]:", "3")
    terminal.answer("Please give a number from 1 to 2.", "2")
    terminal.answer("GPU [2]:", "<")
    terminal.answer("Layout [2]:", "single")
    terminal.answer("GPU [2]:", "y")
    terminal.answer("Base image [cuda:single]:")
    terminal.answer("AWS region [us-east-1]:")
    shown = terminal.wait(REVIEW, "Number [1]:")
    assert "  1. write churn/: 2 files" in shown
    assert "  4. GPU: yes" in shown
    terminal.answer("Number [1]:", "4")
    terminal.answer("GPU [1]:", "no")
    terminal.wait("5. Base image: debian:single")
    terminal.press("Enter")
    assert terminal.exit_code() == 0
    assert (work / "churn/program/README.md").read_text() == "lua-lapis: churn single\n"
    assert "\x1b" not in terminal.screen()


@pytest.mark.parametrize("key", ["C-c", "C-d"])
@pytest.mark.parametrize("plain", PLAIN)
@pytest.mark.parametrize("after", [0, 2])
def test_stopping_line_by_line(open_terminal: Open, work: Path, plain: dict[str, str], key: str, after: int) -> None:
    terminal = open_terminal(*STUB, **plain)
    for question in ["Project name", "Layout"][:after]:
        terminal.answer(f"{question} [")
    terminal.wait("GPU [2]" if after else "Project name [")
    terminal.press(key)
    assert terminal.exit_code() == 130
    assert files(work) == set()


@pytest.mark.parametrize("locale", [{"LANG": "C"}, {"LC_ALL": "C", "LANG": "en_US.UTF-8"}])
def test_ascii_where_the_locale_says_no_more(open_terminal: Open, locale: dict[str, str]) -> None:
    terminal = open_terminal(*STUB, **locale)
    terminal.answer("> my-model", "ab")
    assert terminal.wait("* Project name  ab", "Layout").isascii()
    for proposed in ("> single", "> no", "> debian", "> us-east-1"):
        terminal.answer(proposed)
    shown = terminal.wait(REVIEW, "|-- program/")
    assert shown.isascii()


def test_no_colour_where_it_is_not_wanted(open_terminal: Open) -> None:
    terminal = open_terminal(*STUB, NO_COLOR="1", TERM="xterm-256color")
    terminal.wait("> my-model")
    assert "\x1b[3" not in terminal.escapes()
    coloured = open_terminal(*STUB, TERM="xterm-256color")
    coloured.wait("> my-model")
    assert "\x1b[3" in coloured.escapes()


@pytest.mark.parametrize("size", [(80, 24), (40, 12), (30, 8), (200, 60)])
def test_terminals_of_all_sizes(open_terminal: Open, work: Path, size: tuple[int, int]) -> None:
    terminal = open_terminal("new", "-t", "python-flask", size=size)
    terminal.answer("my-model", "churn")
    terminal.wait("split")
    terminal.press("Down", "Enter")
    for proposed in ("us-east-1", "no", "python:3.13", "python:3.13"):
        terminal.wait(proposed)
        terminal.press("Enter")
    shown = terminal.wait("> write churn/")
    assert max(map(len, shown.splitlines())) <= size[0]
    terminal.press("Enter")
    assert terminal.exit_code() == 0
    assert (work / "churn" / "Dockerfile").is_file()


def test_the_summary_shows_every_answer_and_file_in_80x24(open_terminal: Open) -> None:
    terminal = open_terminal("new", "churn", "-t", "python-flask", "-d", "layout=split", "-d", "gpu=yes")
    for proposed in ("> churn", "> us-east-1", "> python", "> nvidia"):
        terminal.answer(proposed)
    shown = terminal.wait(REVIEW)
    labels = ["Project name", "Layout", "AWS region", "GPU", "Base image", "Train base image"]
    for text in ("Python", "Flask", *labels, "Dockerfile", "program/"):
        assert text in shown
    assert "nginx" not in shown  # the only front end there is


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_being_ended_leaves_nothing(open_terminal: Open, work: Path, tmp_path: Path, number: signal.Signals) -> None:
    terminal = open_terminal(*STUB)
    terminal.answer("> my-model")
    terminal.wait("single")
    os.kill(terminal.child(), number)
    assert terminal.exit_code() == 128 + number
    assert terminal.as_before
    assert (files(work), files(tmp_path / "tmp")) == (set(), set())


@pytest.mark.parametrize(
    "question",
    [
        "tags: {type: str, multiselect: true, choices: [a, b]}",
        "notes: {type: str, multiline: true, default: none}",
        "options: {type: yaml, default: '[1]'}",
        "place: {type: str, default: '{{ _folder_name }}'}",
        "place: {type: str, default: '{{ _copier_conf.dst_path.name }}'}",
    ],
)
def test_what_only_copier_knows_copier_asks(open_terminal: Open, work: Path, tmp_path: Path, question: str) -> None:
    template = tmp_path / "other"
    template.mkdir()
    (template / "copier.yml").write_text(f"project_name: {{type: str, default: churn}}\n{question}\n")
    (template / "README.md").write_text("mine\n")
    terminal = open_terminal("new", "-t", template)
    terminal.wait("copier asks the questions of other itself")
    assert not (work / "churn").exists()
    terminal.wait("project_name")
    terminal.press("Enter")
    terminal.wait(f"🎤 {question.partition(':')[0]}")
    terminal.press(*["Escape", "Enter"] if "multiline" in question or "yaml" in question else ["Enter"])
    terminal.wait(REVIEW, "> write churn/")
    terminal.press("Enter")
    assert terminal.exit_code() == 0
    assert (work / "churn" / "README.md").read_text() == "mine\n"


@pytest.mark.parametrize("keys", [["C-c"], ["C-u", "C-d"]])
def test_stopping_copiers_questions(open_terminal: Open, work: Path, tmp_path: Path, keys: list[str]) -> None:
    template = tmp_path / "other"
    template.mkdir()
    (template / "copier.yml").write_text("project_name: {type: str, default: churn, multiline: false}\n")
    terminal = open_terminal("new", "-t", template)
    terminal.wait("🎤 project_name")
    terminal.press(*keys)
    assert terminal.exit_code() == 130
    assert files(work) == set()


def test_a_pipe_is_asked_nothing(environment: dict[str, str], work: Path) -> None:
    command = [sys.executable, "-m", "smscaffold", *STUB]
    done = subprocess.run(command, cwd=work, env=environment, input="churn\n", capture_output=True, text=True)
    assert done.returncode == 1
    assert "there is no terminal to ask in: add -y for the defaults, or -d project_name=VALUE" in done.stderr


def test_progress_and_stopping_while_the_summary_is_made(open_terminal: Open, work: Path, tmp_path: Path) -> None:
    template = tmp_path / "slow"
    template.mkdir()
    (template / "copier.yml").write_text("project_name: {type: str, default: churn}\n")
    endless = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"
    (template / "endless.jinja").write_text(endless)
    terminal = open_terminal("new", "-t", template)
    terminal.answer("> churn")
    terminal.wait("Rendering slow ...")
    terminal.press("C-c")
    assert terminal.exit_code() == 130
    assert terminal.as_before
    assert (files(work), files(tmp_path / "tmp")) == (set(), set())
