"""A real terminal for the tests of asking."""

from __future__ import annotations

import shlex
import subprocess
import time
from collections.abc import Callable
from pathlib import Path


class Terminal:
    """A command in a terminal of its own."""

    def __init__(self, place: Path, command: list[str], cwd: Path, env: dict[str, str], size: tuple[int, int]) -> None:
        self._tmux = ["tmux", "-f", "/dev/null", "-S", str(place / "tmux")]
        words = ["env", "-i", *(f"{name}={value}" for name, value in env.items()), *command]
        # the shell that stays keeps the terminal, and shows whether it was left as it was found
        program = (
            f"stty -a > {place}/before; {shlex.join(words)}; code=$?; trap '' INT; "
            f"stty -a > {place}/after; echo exit=$code; echo $code > {place}/code"
        )
        script = f"trap : INT; {program}; while :; do sleep 60; done"
        columns, lines = map(str, size)
        self._run("new-session", "-d", "-x", columns, "-y", lines, "-c", str(cwd), "sh", "-c", script)
        # in a file, as Ctrl-C throws away what a terminal has not shown yet
        self._code = place / "code"
        self._states = (place / "before", place / "after")

    def _run(self, *words: str) -> str:
        return subprocess.run([*self._tmux, *words], check=True, capture_output=True, text=True, timeout=60).stdout

    def screen(self) -> str:
        """What the terminal shows."""
        return self._run("capture-pane", "-p").rstrip()

    def escapes(self) -> str:
        """What the terminal shows, its colours included."""
        return self._run("capture-pane", "-p", "-e")

    def child(self) -> int:
        """The process that runs in the terminal."""
        shell = self._run("list-panes", "-F", "#{pane_pid}").strip()
        return int(Path(f"/proc/{shell}/task/{shell}/children").read_text().split()[0])

    def wait(self, *texts: str, seconds: float = 60) -> str:
        """Waits until the terminal shows all these texts, and returns what it shows."""
        deadline = time.monotonic() + seconds
        while not all(text in (shown := self.screen()) for text in texts):
            assert time.monotonic() < deadline, f"waited in vain for {texts}; the terminal shows\n{shown}"
            time.sleep(0.02)
        return shown

    def wait_while(self, shown: str, seconds: float = 60) -> None:
        """Waits until the terminal shows something else."""
        deadline = time.monotonic() + seconds
        while self.screen() == shown:
            assert time.monotonic() < deadline, f"nothing changes; the terminal shows\n{shown}"
            time.sleep(0.02)

    def next_question(self, seconds: float = 60) -> str:
        """What the terminal shows once it is drawn whole: a question, the summary, or how the command ended."""
        deadline = time.monotonic() + seconds
        before, shown = "", self.screen()
        while before != shown or not ("Enter: next" in shown or "exit=" in shown):
            assert time.monotonic() < deadline, f"no question comes; the terminal shows\n{shown}"
            time.sleep(0.1)
            before, shown = shown, self.screen()
        return shown

    def press(self, *keys: str) -> None:
        """Presses keys by their tmux names; one after another, as Esc begins other keys."""
        for key in keys:
            self._run("send-keys", key)

    def type(self, text: str) -> None:
        """Types text."""
        self._run("send-keys", "-l", "--", text)

    def answer(self, question: str, text: str = "") -> None:
        """Waits for a question, types an answer or takes the default, and presses Enter."""
        self.wait(question)
        if text:
            self.type(text)
        self.press("Enter")

    def exit_code(self, seconds: float = 60) -> int:
        """Waits for the command's end."""
        deadline = time.monotonic() + seconds
        while not (self._code.is_file() and self._code.read_text()):
            assert time.monotonic() < deadline, f"it does not end; the terminal shows\n{self.screen()}"
            time.sleep(0.02)
        return int(self._code.read_text())

    @property
    def as_before(self) -> bool:
        """Whether the terminal is in the mode that it was in."""
        before, after = (path.read_text() for path in self._states)
        return before == after

    def close(self) -> None:
        """Ends everything in the terminal."""
        subprocess.run([*self._tmux, "kill-server"], capture_output=True, check=False)


Open = Callable[..., Terminal]


def files(root: Path) -> set[str]:
    """Every file below a folder, apart from git's own."""
    paths = (path.relative_to(root) for path in root.rglob("*") if path.is_file())
    return {str(path) for path in paths if path.parts[0] != ".git" and ".git" not in path.parts}
