"""Ctrl-C and SIGTERM in the middle of ``smscaffold new`` leave nothing behind."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_helpers import ENDLESS, command, files
from shared_helpers import write


def wait_for(condition: Callable[[], object], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("dest", ["new/folder", "empty"])
def test_nothing_is_left(
    template: Path, work: Path, tmp_path: Path, environment: dict[str, str], number: signal.Signals, dest: str
) -> None:
    write(template / "template" / "deep" / "endless.jinja", ENDLESS)
    (work / "empty").mkdir()
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    process = subprocess.Popen(
        command("new", dest, "-t", template, "--defaults"),
        cwd=work,
        env={**environment, "TMPDIR": str(temporary)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        wait_for(lambda: list(work.rglob(".smscaffold-*/*/deep")))
        process.send_signal(number)
        said, complained = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 128 + number
    assert said == ""
    assert "Traceback" not in complained
    if number == signal.SIGINT:
        assert complained == "\nsmscaffold: stopped, nothing was written\n"
    assert files(work) == {"empty"}
    assert files(temporary) == set()


STOPPED_AT_THE_END = """
import os, signal, sys
from smscaffold import cli, staging
fill, rename = staging._fill, staging._rename
staging._fill = lambda *paths: (fill(*paths), os.kill(os.getpid(), signal.SIGINT))
staging._rename = lambda *paths: (rename(*paths), os.kill(os.getpid(), signal.SIGINT))
signal.signal(signal.SIGINT, signal.SIG_DFL)
sys.exit(cli.main(sys.argv[1:]))
"""


@pytest.mark.parametrize("dest", ["new/folder", "empty"])
def test_what_was_done_is_told(template: Path, work: Path, environment: dict[str, str], dest: str) -> None:
    (work / "empty").mkdir()
    done = subprocess.run(
        [sys.executable, "-c", STOPPED_AT_THE_END, "new", dest, "-t", str(template), "--defaults"],
        cwd=work,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (130, "")
    assert done.stderr == f"\nsmscaffold: stopped after {dest} was written\n"
    assert (work / dest / "README.md").is_file()
    assert not list(work.rglob(".smscaffold-*"))


@pytest.mark.parametrize("words", [["list"], ["new", "x", "--defaults", "--no-git"]])
def test_output_that_nobody_reads_is_no_error(work: Path, environment: dict[str, str], words: list[str]) -> None:
    process = subprocess.Popen(
        command(*words), cwd=work, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout
    process.stdout.close()
    assert process.stderr
    complained = process.stderr.read()
    assert process.wait(timeout=60) == 128 + signal.SIGPIPE
    assert not re.search("error|exception|traceback", complained, re.IGNORECASE), complained
    assert (work / "x").exists() == ("new" in words)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_what_was_to_be_ignored_is_ignored(environment: dict[str, str], number: signal.Signals) -> None:
    """As under nohup, or in the background of a script."""
    script = (
        "import os, signal, sys\n"
        f"signal.signal({number:d}, signal.SIG_IGN)\n"
        "from smscaffold import cli\n"
        f"cli.list_templates = lambda options: os.kill(os.getpid(), {number:d})\n"
        "sys.exit(cli.main(['list']))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


CARELESS = """
import os, signal, sys, time
from smscaffold import cli
class Careless:
    def __del__(self):
        os.kill(os.getpid(), signal.{number})
        time.sleep(120)
def run(options):
    Careless()
    time.sleep(120)
cli.new = run
sys.exit(cli.main(["new"]))
"""


BUSY = """
import os, signal
later = signal.setitimer
def at_once(*words):
    signal.setitimer = later
    os.kill(os.getpid(), signal.SIGALRM)
signal.setitimer = at_once
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_comes_through_on_a_machine_that_is_busy(number: signal.Signals) -> None:
    """So busy that the moment is over, after which it comes again, before anything could be raised."""
    script = BUSY + CARELESS.replace("{number}", number.name)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=30)
    assert done.returncode == 128 + number


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_comes_through_where_python_can_raise_nothing(number: signal.Signals) -> None:
    script = CARELESS.replace("{number}", number.name)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert done.returncode == 128 + number
    assert done.stderr == ("\nsmscaffold: stopped, nothing was written\n" if number == signal.SIGINT else "")
