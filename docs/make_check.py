"""Makes docs/check.svg, the end of `smscaffold check` in a terminal of 80 columns: `python docs/make_check.py [FILE]`.

Needs Docker and tmux; checks bench/sample_shape, which breaks many clauses.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

from make_session import CHECKOUT, COLUMNS, picture

sys.path.insert(0, str(CHECKOUT / "tests" / "ask"))

from ask_helpers import Terminal

LINES = 60


def main() -> None:
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else CHECKOUT / "docs" / "check.svg"
    with tempfile.TemporaryDirectory() as work:
        target.write_text(picture([screen(Path(work))], "The end of smscaffold check"), encoding="utf-8")


def screen(work: Path) -> str:
    """What the terminal shows when the check has ended."""
    shutil.copytree(CHECKOUT / "bench" / "sample_shape", work / "my-model")
    variables = {"PATH": os.environ["PATH"], "PYTHONPATH": str(CHECKOUT), "HOME": str(work)}
    variables |= {"LANG": "C.UTF-8", "TERM": "screen-256color"}
    command = [sys.executable, "-m", "smscaffold", "check", "my-model", "--quick"]
    terminal = Terminal(work, command, work, variables, (COLUMNS, LINES))
    try:
        terminal.wait("exit=1", seconds=300)
        return terminal.escapes().rpartition("exit=")[0]
    finally:
        terminal.close()


if __name__ == "__main__":
    main()
