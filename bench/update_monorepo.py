"""How long an update of one container folder takes among a thousand others, by smscaffold and by copier.

    python bench/update_monorepo.py [FOLDERS]

Makes a repository of FOLDERS (1000) container folders of python-flask v0.5.0, commits it, and updates one of them to
the newest release by both, in the same clone, in turns. Prints the seconds, the CPU's too, and the ratio.
"""

from __future__ import annotations

import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BIN = Path(sys.executable).parent
OLD = "v0.5.0"
TURNS = 3
TOOLS = {"smscaffold": ["smscaffold", "update"], "copier": ["copier", "update", "--defaults", "--quiet"]}


def run(folder: Path, *words: str) -> None:
    variables = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(words, cwd=folder, env=variables, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(words)} failed:\n{done.stdout}{done.stderr}")


def repository(root: Path, folders: int) -> Path:
    """A repository with as many container folders, everything committed."""
    mono = root / "mono"
    first = mono / "models" / "model-0"
    first.parent.mkdir(parents=True)
    run(mono, "git", "init", "--quiet")
    for name, value in {"user.name": "A User", "user.email": "user@example.com", "gc.auto": "0"}.items():
        run(mono, "git", "config", name, value)
    options = ("-t", "git+smscaffold://python-flask", "--ref", OLD, "--defaults", "--quiet")
    run(mono, "smscaffold", "new", str(first), *options)
    for number in range(1, folders):
        shutil.copytree(first, first.with_name(f"model-{number}"), symlinks=True)
    run(mono, "git", "add", "--all")
    run(mono, "git", "commit", "--quiet", "--message", "All")
    return mono


def seconds(mono: Path, words: list[str]) -> tuple[float, float]:
    """Updates the folder once and puts it back; returns the seconds on the clock and those of the CPU."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    run(mono / "models" / "model-0", *words)
    took, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    run(mono, "git", "reset", "--quiet", "--hard")
    run(mono, "git", "clean", "--quiet", "--force", "-d")
    return took, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    folders = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    with tempfile.TemporaryDirectory() as work:
        mono = repository(Path(work), folders)
        files = subprocess.run(["git", "ls-files"], cwd=mono, capture_output=True, text=True, check=True).stdout
        print(f"{folders} folders, {files.count(chr(10))} files; the median of {TURNS} turns")
        took: dict[str, list[tuple[float, float]]] = {tool: [] for tool in TOOLS}
        for _ in range(TURNS):
            for tool, words in TOOLS.items():
                took[tool].append(seconds(mono, words))
        clock = {tool: statistics.median(each[0] for each in took[tool]) for tool in TOOLS}
        cpu = {tool: statistics.median(each[1] for each in took[tool]) for tool in TOOLS}
        for tool in TOOLS:
            print(f"{tool:11} {clock[tool]:6.1f} s, of the CPU {cpu[tool]:5.1f} s")
        print(f"smscaffold takes {clock['smscaffold'] / clock['copier']:.2f} times copier's time")


if __name__ == "__main__":
    main()
