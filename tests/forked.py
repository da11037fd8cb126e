"""Runs ``smscaffold ARGUMENTS`` in processes that are forked from one which has imported everything.

Each run is a process of its own, as the user's is, without the half second that Python and copier take to start.
"""

from __future__ import annotations

import atexit
import functools
import io
import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, NoReturn

CHECKOUT = Path(__file__).resolve().parents[1]
LIMIT = 180  # seconds for one run
_AT_START = ("LANG", "LC_ALL", "PYTHONIOENCODING", "PYTHONUTF8", "PYTHONWARNINGS")


def run(words: list[str], cwd: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Runs the command to its end without a terminal; it gets no input.

    Variables that Python reads when it starts, or that name other sources, take a Python that starts.
    """
    if env.get("PYTHONPATH") != str(CHECKOUT) or any(env.get(name) != os.environ.get(name) for name in _AT_START):
        command = [sys.executable, "-m", "smscaffold", *words]
        return subprocess.run(
            command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LIMIT
        )
    with tempfile.TemporaryDirectory() as place:
        request = {"words": words, "cwd": str(cwd), "env": env, "out": f"{place}/out", "err": f"{place}/err"}
        server = _server()
        assert server.stdin
        assert server.stdout
        server.stdin.write(json.dumps(request) + "\n")
        server.stdin.flush()
        code = int(server.stdout.readline())
        out, err = (Path(place, name).read_text() for name in ("out", "err"))
    return subprocess.CompletedProcess(words, code, out, err)


@functools.cache
def _server() -> subprocess.Popen[str]:
    env = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    pipe = subprocess.PIPE
    server = subprocess.Popen([sys.executable, __file__], env=env, stdin=pipe, stdout=pipe, text=True)
    atexit.register(server.kill)
    return server


def serve() -> None:
    """Forks for each request that comes in a line, and answers with the exit code."""
    import gc

    import copier
    import copier._main

    import smscaffold.authoring.new
    import smscaffold.cli
    import smscaffold.config.show
    import smscaffold.listing
    import smscaffold.new
    import smscaffold.update

    del copier, smscaffold
    gc.freeze()
    for line in sys.stdin:
        if child := os.fork():
            print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
        else:
            _run(json.loads(line))


def _run(request: dict[str, Any]) -> NoReturn:
    signal.alarm(LIMIT)
    os.environ.clear()
    os.environ.update(request["env"])
    os.chdir(request["cwd"])
    write = os.O_WRONLY | os.O_CREAT
    for number, name, flags in ((0, os.devnull, os.O_RDONLY), (1, request["out"], write), (2, request["err"], write)):
        os.dup2(os.open(name, flags), number)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stdout = io.TextIOWrapper(io.FileIO(1, "w", closefd=False), "utf-8")
    sys.stderr = io.TextIOWrapper(io.FileIO(2, "w", closefd=False), "utf-8", "backslashreplace", line_buffering=True)
    sys.argv = ["smscaffold", *request["words"]]
    code: Any = 1
    try:
        from smscaffold.cli import main

        code = main()
    except SystemExit as end:
        code = end.code
    except BaseException as error:
        sys.excepthook(type(error), error, error.__traceback__)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else 0 if code is None else 1)


if __name__ == "__main__":
    sys.path[0] = str(CHECKOUT)
    serve()
