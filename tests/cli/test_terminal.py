"""What somebody sees who runs the command in a terminal."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pexpect
import pytest
from cli_helpers import ENDLESS, Run, command, files
from shared_helpers import write

Start = Callable[..., "pexpect.spawn[str]"]


@pytest.fixture
def start(work: Path, environment: dict[str, str]) -> Iterator[Start]:
    """Starts ``smscaffold ARGUMENTS`` in a terminal of its own."""
    started: list[pexpect.spawn[str]] = []

    def start(*arguments: str | Path, **variables: str) -> pexpect.spawn[str]:
        program, *words = command(*arguments)
        env = {**environment, "TERM": "xterm", **variables}
        terminal = pexpect.spawn(program, words, cwd=work, env=env, encoding="utf-8", timeout=90)  # type: ignore[arg-type]
        started.append(terminal)
        return terminal

    yield start
    for terminal in started:
        terminal.close(force=True)


def shown(terminal: pexpect.spawn[str]) -> str:
    """All that it printed up to its end."""
    terminal.expect(pexpect.EOF)
    terminal.wait()
    return str(terminal.before)


def test_the_result_stands_out(start: Start, template: Path) -> None:
    assert "\x1b[1mMade one/" in shown(start("new", "one", "-t", template, "--defaults"))


@pytest.mark.parametrize("plain", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_no_colour_where_it_is_not_wanted(start: Start, template: Path, plain: dict[str, str]) -> None:
    text = shown(start("new", "one", "-t", template, "--defaults", **plain))
    assert "Made one/" in text
    assert "\x1b[1m" not in text


@pytest.mark.parametrize(("terminal", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)])
def test_the_difference_of_an_update(
    start: Start,
    run: Run,
    template: Path,
    environment: dict[str, str],
    terminal: dict[str, str],
    coloured: bool,
) -> None:
    def git(*words: str) -> None:
        subprocess.run(["git", *words], cwd=template, env=environment, check=True, capture_output=True)

    git("init")
    for version in ("v1.0.0", "v2.0.0"):
        write(template / "template" / "version.txt", f"{version}\n")
        git("add", "--all")
        git("commit", "--message", version)
        git("tag", version)
    assert run("new", "one", "-t", template, "--defaults", "--ref", "v1.0.0").returncode == 0
    text = shown(start("update", "one", "--pretend", **terminal))
    assert "+v2.0.0" in text.replace("\x1b[32m", "").replace("\x1b[m", "")
    assert ("\x1b[32m" in text) == coloured


def test_quiet_asks_nothing(start: Start, template: Path, work: Path) -> None:
    terminal = start("new", "-t", template, "--quiet")
    assert "--quiet does not ask: add -y for the defaults" in shown(terminal)
    assert (terminal.exitstatus, files(work)) == (1, set())


def test_progress_is_shown_when_it_takes_a_moment(start: Start, template: Path, work: Path) -> None:
    write(template / "template" / "endless.jinja", ENDLESS)
    terminal = start("new", "-t", template, "--defaults")
    terminal.expect_exact("Rendering stub ...")
    terminal.sendintr()
    assert shown(terminal).endswith("\r\x1b[K\r\nsmscaffold: stopped, nothing was written\r\n")
    # Python ends by the signal itself where that came while a module was made of text, which a shell calls 130 as well
    assert (terminal.exitstatus == 130 or terminal.signalstatus == signal.SIGINT, files(work)) == (True, set())
