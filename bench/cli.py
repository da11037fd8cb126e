"""Measures the command line: `python bench/cli.py`, see README.md.

Installs the checkout into a virtual environment of its own, as a user would, and lets each command take turns with
what it is compared to.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable
from pathlib import Path
from statistics import median

import engine

COMPILE = (
    "import sys, pathlib as p; from smscaffold.compile import compile_template as c; c(*map(p.Path, sys.argv[1:]))"
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=15, help="how often each command is run (default: 15)")
    parser.add_argument("--python", default=sys.executable, help="the Python to use (default: this one)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        measure(Path(temporary), options)


def measure(work: Path, options: argparse.Namespace) -> None:
    bin_ = install(work / "venv", options.python)
    template, out = work / "template", work / "out"
    run(bin_ / "python", "-c", COMPILE, engine.ROOT / "templates" / "python-flask", template)
    os.environ["COPIER_CACHE_DIR"] = str(work / "cache")
    print("| command | ms | beside | ms | ratio (least to most) | goal |\n|---|---|---|---|---|---|")
    for goal, mine, other in (
        (
            1.2,
            (bin_ / "smscaffold", "new", out, "--defaults", "--no-git", "--quiet"),
            (bin_ / "copier", "copy", "--defaults", "--quiet", template, out),
        ),
        (4, (bin_ / "smscaffold", "--help"), (bin_ / "python", "-c", "pass")),
    ):
        ratios, times = compare(mine, other, options.pairs, lambda: shutil.rmtree(out, ignore_errors=True))
        names = [" ".join(readable(argument) for argument in command) for command in (mine, other)]
        print(
            f"| `{names[0]}` | {times[0] * 1000:.0f} | `{names[1]}` | {times[1] * 1000:.0f} "
            f"| {median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f}) | {goal} |"
        )


def install(environment: Path, python: str) -> Path:
    """Makes a virtual environment with the checkout installed, not editable; returns its folder of programs."""
    run(python, "-m", "venv", environment) if python != sys.executable else venv.create(environment, with_pip=True)
    run(environment / "bin" / "python", "-m", "pip", "install", "--quiet", engine.ROOT)
    return environment / "bin"


def compare(mine: tuple, other: tuple, pairs: int, clean: Callable[[], None]) -> tuple[list[float], list[float]]:
    """Returns the ratio of each pair of runs, and the median seconds of both commands."""
    seconds: list[tuple[float, float]] = []
    for number in range(pairs + 1):
        pair = {}
        engine.wait_until_idle()
        for command in (mine, other) if number % 2 else (other, mine):
            clean()
            start = time.perf_counter()
            run(*command)
            pair[command] = time.perf_counter() - start
        seconds.append((pair[mine], pair[other]))
    seconds = seconds[1:]  # the first run fills the caches
    return [a / b for a, b in seconds], [median(column) for column in zip(*seconds, strict=True)]


def readable(argument: object) -> str:
    """Returns a path's last part, other arguments as they are."""
    return argument.name if isinstance(argument, Path) else str(argument)


def run(*command: object) -> None:
    done = subprocess.run([*map(str, command)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stderr}")


if __name__ == "__main__":
    main()
