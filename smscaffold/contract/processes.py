"""The processes in a container: what they compute, and their end."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from smscaffold.contract.clause import unproven

if TYPE_CHECKING:
    from docker.models.containers import Container


_PATIENCE = 30  # seconds for a command in the container


@dataclass(frozen=True)
class Process:
    """A process, by its ids on the engine's machine."""

    pid: int
    parent: int
    command: str
    #: of CPU time so far
    seconds: float


def processes(container: Container) -> dict[int, Process]:
    """The processes of a running container by their ids; PID 1 is the first."""
    import docker.errors  # here: to list clauses nobody needs it

    try:
        container.reload()
        rows = container.top(ps_args="-eo pid,ppid,args")["Processes"]
    except docker.errors.APIError as error:
        unproven(f"the engine does not list the container's processes: {error.explanation}")
    found = [_process(container, int(pid), int(parent), command) for pid, parent, command in rows]
    first = container.attrs["State"]["Pid"]
    return {each.pid: each for each in sorted(filter(None, found), key=lambda each: each.pid != first)}


def _process(container: Container, pid: int, parent: int, command: str) -> Process | None:
    """None if it has just ended."""
    try:
        if str(container.id) not in Path(f"/proc/{pid}/cgroup").read_text():
            raise PermissionError
        times = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[11:13]
    except ProcessLookupError:
        return None
    except OSError:
        unproven("the container runs on another machine, or in a virtual one: its processes cannot be seen from here")
    return Process(pid, parent, command, sum(map(int, times)) / os.sysconf("SC_CLK_TCK"))


def kill(container: Container, process: Process) -> None:
    """Kills a process of a container's, from here or by the shell of its image; no other one that got its number."""
    import docker.errors

    from smscaffold.contract.inside import execute

    try:
        handle = os.pidfd_open(process.pid)
    except ProcessLookupError:
        return
    try:
        if str(container.id) not in Path(f"/proc/{process.pid}/cgroup").read_text():
            return  # it has ended, and something else has its number
        status = Path(f"/proc/{process.pid}/status").read_text(errors="replace").splitlines()
        names = next(line for line in status if line.startswith("NSpid:"))
        signal.pidfd_send_signal(handle, signal.SIGKILL)
    except (FileNotFoundError, ProcessLookupError):
        return
    except PermissionError:
        code = -1
        with suppress(docker.errors.APIError, TimeoutError):
            try:
                code, _ = execute(container, ["sh", "-c", f"kill -9 {names.split()[-1]}"], _PATIENCE)
            except ProcessLookupError:  # the container has ended with it
                code = 0
        if code:
            unproven("a process of the container can be killed only by root, or by a shell in the image")
    finally:
        os.close(handle)
