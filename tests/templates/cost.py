"""What a request costs the container that answers it, in CPU time and memory."""

from __future__ import annotations

from typing import NamedTuple

from smscaffold.sagemaker_local import Endpoint

# Prints the CPU time that the container's own cgroup, of version 1 or 2, has used so far, in us, and the memory of all
# processes in kB at most since the last call.
USED = r"""
awk '{ print int($1 / 1000) }' /sys/fs/cgroup/cpuacct/cpuacct.usage 2>/dev/null ||
  awk '/^usage_usec/ { print $2 }' /sys/fs/cgroup/cpu.stat
cat /proc/[0-9]*/status 2>/dev/null | awk '/^VmHWM/ { most += $2 } END { print most }'
for process in /proc/[0-9]*; do echo 5 2>/dev/null >"$process/clear_refs"; done; true
"""


class Cost(NamedTuple):
    """What a request took: s of CPU time, MB of memory at most, and the status of its answer."""

    cpu: float
    memory: float
    status: int


def used(served: Endpoint) -> tuple[float, float]:
    """Return the CPU time of the container so far in s, and its memory in MB at most since the last call."""
    for _ in range(5):  # now and then the engine loses what a command printed that ends at once
        result = served.container.exec_run(["sh", "-c", USED])
        assert result.exit_code == 0, result.output
        if result.output:
            break
    cpu, memory = map(int, result.output.split())
    return cpu / 1e6, memory / 1000


def cost(served: Endpoint, body: bytes, idle: float, **headers: str) -> Cost:
    """Return what a request costs; idle: the MB that the container has without one."""
    before, _ = used(served)
    answer = served.invoke(body, None, **headers)
    after, memory = used(served)
    return Cost(after - before, memory - idle, answer.status)
