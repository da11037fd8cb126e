"""Measures how long the first question takes to appear, beside copier's: `python bench/first_prompt.py`.

Runs the commands of this Python's environment in terminals of their own, in turns, and stops each at its question.
"""

from __future__ import annotations

import argparse
import os
import pty
import select
import signal
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from smscaffold.compile import compile_template

TEMPLATE = Path(__file__).resolve().parents[1] / "templates" / "python-flask"
BIN = Path(sys.executable).parent
QUESTIONS = (b"Which language", b"Name of the project")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=10, help="how often each command is run (default: 10)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        compile_template(TEMPLATE, Path(work, "template"))
        commands = {
            "smscaffold new": [BIN / "smscaffold", "new", f"{work}/out"],
            "smscaffold new -t": [BIN / "smscaffold", "new", f"{work}/out", "-t", "python-flask"],
            "copier copy": [BIN / "copier", "copy", "--quiet", f"{work}/template", f"{work}/out"],
            "python -c pass": [BIN / "python", "-c", f"print({QUESTIONS[0].decode()!r})"],
        }
        # what is killed at its question leaves its temporary folder, which goes with this one
        os.environ |= {"COPIER_CACHE_DIR": f"{work}/cache", "TMPDIR": work}
        times: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(options.runs + 1):
            for name, command in commands.items():
                times[name].append(first_question([*map(str, command)]))
    print("| command | median ms | least | most |\n|---|---|---|---|")
    for name, seconds in times.items():
        counted = [1000 * each for each in seconds[1:]]  # the first run fills the caches
        print(f"| `{name}` | {median(counted):.0f} | {min(counted):.0f} | {max(counted):.0f} |")


def first_question(command: list[str]) -> float:
    """Seconds from the command's start until the question can be read."""
    start = time.perf_counter()
    child, terminal = pty.fork()
    if child == 0:
        os.environ["TERM"] = "xterm"
        os.execv(command[0], command)
    shown = b""
    while not any(question in shown for question in QUESTIONS):
        if not select.select([terminal], [], [], 30)[0]:
            sys.exit(f"{command[0]} asks nothing: {shown!r}")
        shown += os.read(terminal, 65536)
    took = time.perf_counter() - start
    os.kill(child, signal.SIGKILL)
    os.close(terminal)
    os.waitpid(child, 0)
    return took


if __name__ == "__main__":
    main()
