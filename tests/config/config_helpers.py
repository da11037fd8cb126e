"""What the tests of the organisation's configuration share."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import forked
import yaml

CHECKOUT = Path(__file__).resolve().parents[2]
sys.path.append(str(CHECKOUT / "tests" / "ask"))  # for a terminal

COPIER_YML = """
_subdirectory: template
project_name: {type: str, default: my-model}
region: {type: str, default: here, validator: "{{ 'must be lower case' if region != region.lower() }}"}
workers: {type: int, default: 2}
"""

Result = subprocess.CompletedProcess[str]


def commit(root: Path, tag: str) -> None:
    """One more release of a template."""
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.com"]
    for words in (["add", "--all"], [*identity, "commit", "--quiet", "-m", tag], ["tag", tag]):
        subprocess.run(["git", "-C", root, *words], check=True)


def answers(folder: Path) -> dict[str, Any]:
    """What a container folder remembers."""
    found: dict[str, Any] = yaml.safe_load((folder / ".copier-answers.yml").read_text())
    return found


@dataclass(frozen=True)
class Machine:
    """A user's machine."""

    root: Path
    work: Path
    environment: dict[str, str]

    @property
    def users(self) -> Path:
        """The user's configuration."""
        return self.root / "home" / ".config" / "smscaffold" / "smscaffold.toml"

    @property
    def systems(self) -> Path:
        """The system's configuration."""
        return self.root / "etc" / "smscaffold" / "smscaffold.toml"

    def run(self, *words: str | Path, cwd: Path | None = None, **environment: str) -> Result:
        """Runs ``smscaffold WORDS`` to its end, without a terminal."""
        variables = {**self.environment, **environment}
        return forked.run([*map(str, words)], cwd or self.work, variables)

    def done(self, *words: str | Path, cwd: Path | None = None, **environment: str) -> Result:
        """The same, which has to succeed."""
        result = self.run(*words, cwd=cwd, **environment)
        assert result.returncode == 0, result.stderr
        return result

    def command(self, *words: str | Path, cwd: Path | None = None, **environment: str) -> Result:
        """Runs any command."""
        return subprocess.run(
            [*map(str, words)],
            cwd=cwd or self.work,
            env={**self.environment, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
        )

    def commit(self, folder: Path) -> None:
        """Commits everything in a container folder."""
        for words in (["add", "--all"], ["commit", "--quiet", "--message", "Edit"]):
            assert self.command("git", *words, cwd=folder).returncode == 0
