"""Which process a container, a network, a volume or a temporary folder belongs to, and whether it has ended."""

from __future__ import annotations

import os
from pathlib import Path

#: the label that names the owner, and the file that does so in a temporary folder
LABEL = "smscaffold.owner"
FILE = "owner"
_LONGEST = 200  # characters
_PARTS = 5  # of a name
_STARTED = 18  # place of the time of the start in /proc/PID/stat, after the state


def owner() -> str:
    """The name of this process, which no other one has: also none on another machine, or later with the same number.

    It consists of the machine's last start, the namespace of processes, the user, the number and the time of the start.
    It is empty where there is no /proc.
    """
    return _name(os.getpid())


def has_ended(name: str) -> bool:
    """Whether the process of this name has ended. False if that cannot be told from here, or it is another user's."""
    parts, here = name.split(" "), owner().split(" ")
    ours = len(parts) == len(here) == _PARTS and parts[:3] == here[:3] and parts[3].isdecimal()
    return ours and _name(int(parts[3])) != name


def _name(pid: int) -> str:
    """The name of the process of this number; empty if there is none, or it has ended and nobody asked how."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
        state, *more = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
        space = Path("/proc/self/ns/pid").readlink()
    except OSError:
        return ""
    return "" if state in "ZX" else f"{boot} {space} {os.getuid()} {pid} {more[_STARTED]}"


def mark(folder: Path) -> None:
    """Write into a temporary folder whom it belongs to."""
    (folder / FILE).write_text(owner(), encoding="ascii")


def left_behind(folder: Path) -> bool:
    """Whether a temporary folder is one of ours whose owner has ended."""
    try:
        status, file = folder.lstat(), folder / FILE
        return status.st_uid == os.getuid() and not folder.is_symlink() and has_ended(_beginning(file))
    except OSError:
        return False


def _beginning(path: Path) -> str:
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(handle, errors="replace") as file:
        return file.read(_LONGEST)
