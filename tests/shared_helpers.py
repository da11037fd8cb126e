"""What tests of more than one folder share."""

from __future__ import annotations

import socket
import subprocess
from pathlib import Path


def write(path: Path, text: str) -> Path:
    """Writes a file and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def refused(result: subprocess.CompletedProcess[str], *words: str) -> None:
    """The command failed with one clear line that holds these words."""
    assert result.returncode == 1, result
    assert result.stdout == ""
    assert result.stderr.startswith("smscaffold: error: ")
    assert result.stderr.count("\n") == 1, result.stderr
    for word in words:
        assert word in result.stderr


def free_port() -> int:
    """A port of this machine on which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])
