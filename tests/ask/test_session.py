"""Whole sessions of ``smscaffold new`` in a terminal of 80x24."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from ask_helpers import Open, Terminal, files

REVIEW = "Write it, or change an answer?"


def recorded(folder: Path) -> dict[str, object]:
    answers = yaml.safe_load((folder / ".copier-answers.yml").read_text())
    return {name: value for name, value in answers.items() if not name.startswith("_")}


def choose(terminal: Terminal, question: str, *keys: str) -> None:
    """Waits for a question with choices, presses keys, then Enter."""
    terminal.wait(question)
    terminal.press(*keys, "Enter")


def test_from_language_to_the_next_commands(open_terminal: Open, work: Path) -> None:
    terminal = open_terminal("new")
    shown = terminal.wait("Which language is your model in?", "arrows: choose")
    assert [language for language in ("> Python", "  Julia", "  Lua") if language in shown] == [
        "> Python",
        "  Julia",
        "  Lua",
    ]
    assert "Esc: back" not in shown
    choose(terminal, "language", "J", "J")
    shown = terminal.wait("Which framework serves it?")
    assert "Genie   Genie behind nginx" in shown
    choose(terminal, "framework", "Down")
    terminal.answer("Name of the project", "churn")
    choose(terminal, "Layout", "Down")
    terminal.answer("Threads", "8")
    terminal.answer("AWS region")
    shown = terminal.wait(REVIEW)
    for line in ("Julia", "Oxygen", "churn", "split", "8", "us-east-1", "churn/", "program/", "README.md"):
        assert line in shown
    assert files(work) == set()
    terminal.press("Enter")
    assert terminal.exit_code() == 0
    assert terminal.as_before
    assert "Next:\n  cd churn\n" in terminal.screen()
    assert (work / "churn/program/README.md").read_text() == "julia-oxygen: churn split\n"
    assert recorded(work / "churn") == {
        "project_name": "churn",
        "layout": "split",
        "threads": 8,
        "aws_region": "us-east-1",
    }


def test_three_questions_back_and_another_language(open_terminal: Open, work: Path) -> None:
    terminal = open_terminal("new")
    choose(terminal, "Which language", "L")
    terminal.answer("Name of the project", "churn")
    choose(terminal, "Layout", "Down")
    terminal.wait("GPU")
    for proposed in ("> split", "> churn", "> Lua"):
        terminal.press("Escape")
        terminal.wait(proposed)
    terminal.press("J", "J", "Enter")
    choose(terminal, "Which framework")
    shown = terminal.wait("Name of the project", "> churn")
    assert "Julia" in shown
    terminal.press("Enter")
    terminal.wait("> split")
    terminal.press("Enter")
    terminal.answer("Threads")
    terminal.answer("AWS region", "eu-central-1")
    choose(terminal, REVIEW)
    assert terminal.exit_code() == 0
    assert (work / "churn/program/README.md").read_text() == "julia-genie: churn split\n"
    answers = {"project_name": "churn", "layout": "split", "threads": 2, "aws_region": "eu-central-1"}
    assert recorded(work / "churn") == answers


def test_going_back_quickly(open_terminal: Open) -> None:
    terminal = open_terminal("new", "ab", "-t", "stubs/lua-lapis")
    for question in ("> ab", "> single", "> no"):
        terminal.answer(question)
    terminal.wait("> debian")
    terminal.press("Escape", "Escape", "Escape")
    terminal.wait("> ab", "Tab: edit it")
    assert "Esc: back" not in terminal.screen()


def test_one_answer_is_changed_from_the_summary(open_terminal: Open, work: Path) -> None:
    terminal = open_terminal("new", "-t", "stubs/lua-lapis", "-d", "aws_region=eu-west-1")
    terminal.answer("Name of the project", "churn")
    for question in ("Layout", "GPU", "Base image"):
        terminal.answer(question)
    shown = terminal.wait(REVIEW, "eu-west-1  --data")
    assert "Train image" not in shown
    terminal.press("l", "Enter")
    shown = terminal.wait("> single")
    assert "Base image" not in shown
    choose(terminal, "Layout", "Down")
    # it asks what comes up by that, and takes another default where the default had been taken
    terminal.answer("> debian:split")
    shown = terminal.wait(REVIEW, "Base image    debian:split", "Train image")
    terminal.press("a", "Enter")
    terminal.answer("> eu-west-1", "eu-west-2")
    terminal.wait(REVIEW, "eu-west-2")
    terminal.press("g", "Enter")
    terminal.wait("> no")
    terminal.press("Escape")
    terminal.wait(REVIEW, "GPU           no")
    terminal.press("Enter")
    assert terminal.exit_code() == 0
    assert recorded(work / "churn") == {
        "project_name": "churn",
        "layout": "split",
        "gpu": False,
        "base_image": "debian:split",
        "train_image": "debian:split",
        "aws_region": "eu-west-2",
    }


def test_another_language_from_the_summary_keeps_what_fits(open_terminal: Open, work: Path) -> None:
    terminal = open_terminal("new")
    choose(terminal, "Which language", "L")
    terminal.answer("Name of the project", "churn")
    choose(terminal, "Layout", "s", "s")
    for question in ("GPU", "Base image", "AWS region"):
        terminal.answer(question)
    choose(terminal, REVIEW, "L")
    terminal.wait("> Lua")
    terminal.press("J", "J", "Enter")
    choose(terminal, "Which framework")
    terminal.answer("Threads")
    shown = terminal.wait(REVIEW, "Julia")
    assert "GPU" not in shown
    terminal.press("Enter")
    assert terminal.exit_code() == 0
    assert (work / "churn/program/README.md").read_text() == "julia-genie: churn single\n"


def test_wrong_input_is_refused_as_it_is_typed(open_terminal: Open, work: Path) -> None:
    (work / "taken").mkdir()
    (work / "taken" / "mine").write_text("mine")
    terminal = open_terminal("new", "-t", "python-flask")
    terminal.wait("becomes the image ACCOUNT.dkr.ecr.us-east-1.amazonaws.com/my-model")
    terminal.type("Churn")
    terminal.wait("> Churn", "(R1)")
    terminal.press("Enter", "C-u")
    terminal.type("taken")
    terminal.wait("taken is not empty: choose another folder")
    terminal.press("Enter", "C-u")
    terminal.type("team/churn")
    terminal.wait("(it is not one plain name)", "give DEST")
    terminal.press("Enter", "C-u")
    terminal.type("churn")
    terminal.wait("becomes the image ACCOUNT.dkr.ecr.us-east-1.amazonaws.com/churn")


@pytest.mark.parametrize(("typed", "reason"), [("x", "must be a whole number"), ("0", "must not be 0")])
def test_a_number_that_is_none(open_terminal: Open, typed: str, reason: str) -> None:
    terminal = open_terminal("new", "ab", "-t", "stubs/julia-genie", "-d", "layout=single")
    terminal.answer("> ab")
    terminal.wait("Threads")
    terminal.type(typed)
    terminal.wait(reason)
    terminal.press("Enter", "BSpace", "7", "Enter")
    assert "Threads       7" in terminal.wait("Threads       7", "> us-east-1")


def test_help_and_the_default_to_edit(open_terminal: Open, work: Path) -> None:
    terminal = open_terminal("new", "-t", "stubs/lua-lapis")
    shown = terminal.wait("Name of the project", "> my-model")
    assert "It names the image too" not in shown
    terminal.press("?")
    terminal.wait("It names the image too", "--data project_name=VALUE")
    terminal.press("?", "Tab")
    terminal.type("-2")
    terminal.wait("> my-model-2")
    terminal.press("Enter")
    choose(terminal, "Layout", "?", "2")
    terminal.wait("Layout        split")


def test_what_the_command_line_answered_stands_as_settled(open_terminal: Open, work: Path, tmp_path: Path) -> None:
    file = tmp_path / "answers.yml"
    file.write_text("layout: split\nthreads: 3\n")
    terminal = open_terminal("new", "churn", "-t", "stubs/julia-genie", "--data-file", file, "-d", "threads=5")
    shown = terminal.wait("> churn")
    assert "Folder     churn  the command line" in shown
    assert "Language   Julia  --template" in shown
    terminal.press("Enter")
    shown = terminal.wait("> us-east-1")
    assert "Layout        split  --data-file" in shown
    assert "Threads       5  --data\n" in shown


def test_nothing_is_asked_where_everything_is_answered(open_terminal: Open, work: Path) -> None:
    data = [word for pair in ("project_name=ab", "layout=split", "threads=5", "aws_region=x") for word in ("-d", pair)]
    terminal = open_terminal("new", "-t", "stubs/julia-genie", *data)
    assert terminal.exit_code() == 0
    assert "?" not in terminal.screen()


def test_an_answer_that_does_not_fit_ends_it_before_a_question(open_terminal: Open) -> None:
    terminal = open_terminal(
        "new", "-t", "stubs/julia-genie", "-d", "threads=0", "-d", "project_name=ab", "-d", "layout=single"
    )
    assert terminal.exit_code() == 1
    assert "smscaffold: error: threads: must not be 0" in terminal.screen()
    assert terminal.as_before


def test_a_language_without_an_answered_question_is_refused(open_terminal: Open) -> None:
    terminal = open_terminal("new", "-d", "gpu=yes")
    choose(terminal, "Which language", "J", "J")
    choose(terminal, "Which framework")
    terminal.wait("there is no question 'gpu'", "Which framework")
    terminal.press("Escape")
    choose(terminal, "Which language", "L")
    terminal.wait("Name of the project")


def test_pretend_asks_and_shows_the_tree(open_terminal: Open, work: Path) -> None:
    terminal = open_terminal("new", "ab", "-t", "stubs/julia-genie", "--pretend")
    for question in ("Name of the project", "Layout", "Threads", "AWS region"):
        terminal.answer(question)
    assert terminal.exit_code() == 0
    assert "ab/\n├── program/" in terminal.screen()
    assert files(work) == set()


@pytest.mark.parametrize("key", ["C-c", "C-d"])
@pytest.mark.parametrize("after", range(5))
def test_stopping_leaves_nothing(open_terminal: Open, work: Path, tmp_path: Path, key: str, after: int) -> None:
    terminal = open_terminal("new")
    choose(terminal, "Which language", "L")
    questions = ("Name of the project", "Layout", "GPU", "Base image", "AWS region")
    for question in questions[:after]:
        terminal.answer(question)
    terminal.wait(questions[after])
    terminal.press(key)
    assert terminal.exit_code() == 130
    assert "stopped, nothing was written" in terminal.screen()
    assert terminal.as_before
    assert (files(work), files(tmp_path / "tmp")) == (set(), set())


@pytest.mark.parametrize("key", ["C-c", "C-d"])
def test_stopping_at_the_first_question_and_at_the_summary(open_terminal: Open, work: Path, key: str) -> None:
    first = open_terminal("new")
    last = open_terminal("new", "ab", "-t", "stubs/julia-genie")
    first.wait("Which language")
    first.press(key)
    for question in ("Name of the project", "Layout", "Threads", "AWS region"):
        last.answer(question)
    last.wait(REVIEW)
    last.press(key)
    for terminal in (first, last):
        assert terminal.exit_code() == 130
        assert terminal.as_before
    assert files(work) == set()


def test_pressing_ctrl_c_again_and_again(open_terminal: Open) -> None:
    terminal = open_terminal("new")
    terminal.wait("Which language")
    terminal.press(*["C-c"] * 20)
    assert terminal.exit_code() == 130
    assert "Traceback" not in terminal.screen()
    assert terminal.as_before


@pytest.mark.parametrize("keys", ["L\rchurn\r\r\r\r\r", "JJ\r\rchurn\r\r\r\r"])
def test_answers_quicker_than_copier_loads(open_terminal: Open, keys: str) -> None:
    terminal = open_terminal("new")
    terminal.wait("Which language")
    terminal.type(keys)
    assert "Traceback" not in terminal.wait(REVIEW, "write churn/")
    assert "Error" not in terminal.screen()


def test_keys_typed_ahead_are_not_lost(open_terminal: Open) -> None:
    terminal = open_terminal("new", "-t", "stubs/julia-genie")
    terminal.wait("Name of the project")
    terminal.type("churn\r\r9\r")
    terminal.wait("> us-east-1", "Threads       9")
