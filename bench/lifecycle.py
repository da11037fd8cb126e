"""What a server costs beside its predictions: health checks under load, the start, memory."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from statistics import median

import engine

LIBRARY = "sklearn.tree"
# in one process, so that what is measured is the child alone
TIME_IMPORT = f"""
import subprocess, sys, time
start = time.perf_counter()
subprocess.run([sys.executable, "-c", "import {LIBRARY}"], check=True)
print(time.perf_counter() - start)
"""
# answers each connection with an empty 200, and imports next to nothing
ONLY_A_PORT = """
import _socket
server = _socket.socket()
server.bind(("127.0.0.1", 8080))
server.listen()
while True:
    connection = _socket.socket(fileno=server._accept()[0])
    connection.recv(1000)
    connection.send(b"HTTP/1.1 200 OK\\r\\nContent-Length: 0\\r\\n\\r\\n")
    connection.close()
"""
PSS = r"""
for process in /proc/[0-9]*; do
  [ $process = /proc/$$ ] ||
    printf '%s\t%s\n' "$(awk '/^Pss:/ { print $2 }' $process/smaps_rollup)" "$(tr '\0' ' ' <$process/cmdline)"
done
"""


PYTHON = engine.mount(engine.BENCH / "busy" / "algorithm.py", "/opt/program/algorithm.py")


def worst_ping(
    image: str, model: Path, busy: str, workers: int = 2, pings: int = 50, algorithm: tuple[str, str] = PYTHON
) -> dict:
    """Returns the worst and median milliseconds of /ping while each worker predicts and as many requests wait."""
    with engine.serving(image, model, *algorithm, "--env", f"BUSY={busy}", workers=workers) as server:
        network = f"container:{server.id}"
        ask = ("python3", "/ask.py", "flood", 2 * workers)
        flood = engine.docker("run", "--detach", "--network", network, engine.TOOLS, *ask)
        try:
            deadline = time.monotonic() + 30
            while len(set(re.findall(r"^busy \d+", engine.docker("logs", server.id), re.MULTILINE))) < workers:
                if time.monotonic() > deadline:
                    raise TimeoutError(f"the workers do not get busy: {engine.docker('logs', server.id)}")
                time.sleep(0.1)
            if busy == "asleep":
                engine.wait_until_idle()
            return json.loads(server.ask("ping", pings))
        finally:
            engine.docker("rm", "--force", flood)


def start(image: str, model: Path, times: int) -> dict[str, list[float]]:
    """Returns seconds: `docker run` to the first 200, the same with nothing but a port, the import of the library."""
    results: dict[str, list[float]] = {"start": [], "engine": [], "import": []}
    for _ in range(times):
        engine.wait_until_idle()
        seconds, container = first_200(image, model, "serve")
        results["start"].append(seconds)
        results["import"].append(float(engine.docker("exec", container, "python3", "-c", TIME_IMPORT)))
        engine.docker("rm", "--force", container)
        engine.wait_until_idle()
        seconds, container = first_200(image, model, "python3", "-ISc", ONLY_A_PORT)
        results["engine"].append(seconds)
        engine.docker("rm", "--force", container)
    return results


def starts(image: str, model: Path, times: int) -> float:
    """Returns the median seconds from `docker run` to the first 200."""
    seconds = []
    for _ in range(times):
        engine.wait_until_idle()
        took, container = first_200(image, model, "serve")
        seconds.append(took)
        engine.docker("rm", "--force", container)
    return median(seconds)


def first_200(image: str, model: Path, *command: str) -> tuple[float, str]:
    """Runs a container; returns the seconds until /ping is 200, and the container's id.

    Asked from within the network namespace, which a container before it has made: asked from outside too early, the
    engine's bridge looks for the address a second time only after a second.
    """
    asking = engine.docker("run", "--detach", engine.TOOLS, "python3", "/ask.py", "first", engine.READY_SECONDS)
    try:
        begin = time.monotonic()
        volume = f"{model}:/opt/ml/model:ro"
        network = f"container:{asking}"
        container = engine.docker("run", "--detach", "--network", network, "--volume", volume, image, *command)
        if engine.docker("wait", asking) != "0":
            raise TimeoutError(f"no 200 from {image} {command[0]}: {engine.docker('logs', container)}")
        return float(engine.docker("logs", asking)) - begin, container
    finally:
        engine.docker("rm", "--force", asking)


def memory(image: str, model: Path, load, workers: int = 4) -> dict[str, float]:
    """Returns the PSS in MB of the processes of a server that has answered requests, by program and in total."""
    with engine.serving(image, model, workers=workers) as server:
        load(server, 2)
        lines = engine.docker(
            "run", "--rm", "--pid", f"container:{server.id}", "--cap-add", "SYS_PTRACE", engine.TOOLS, "sh", "-c", PSS
        ).splitlines()
    result: dict[str, float] = {}
    for line in lines:
        kilobytes, command = line.split("\t")
        program = next(
            (name for name in ("gunicorn", "nginx", "serve", "exec/R") if name in command.split("-")[0]), command
        )
        result[program] = result.get(program, 0) + int(kilobytes) * 1024 / 1e6
    return {**result, "total": sum(result.values())}


def report_start(image: str, results: dict[str, list[float]]) -> None:
    """Prints the split of the start, and its ratio to the library's import."""
    whole, bare, library = (median(results[key]) for key in ("start", "engine", "import"))
    own = [(a - b) / c for a, b, c in zip(results["start"], results["engine"], results["import"], strict=True)]
    ratios = [a / c for a, c in zip(results["start"], results["import"], strict=True)]
    print(
        f"| start to first 200, {image} "
        f"| {whole * 1000:.0f} ms; `docker run` with nothing but a port: {bare * 1000:.0f} ms; "
        f"import of {LIBRARY}: {library * 1000:.0f} ms "
        f"| ratio {median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f}); "
        f"without `docker run` {median(own):.2f} ({min(own):.2f} to {max(own):.2f}) | 1.3 |"
    )
