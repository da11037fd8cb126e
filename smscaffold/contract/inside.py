"""What is to be seen from inside a container's network, where no proxy of the engine's accepts in its place (G1).

Whoever is root on the engine's machine enters the network itself: that needs nothing in the image and works with
`network_mode="none"` too. Everybody else runs the image's own Python or bash in the container. Where neither goes,
what would have been seen stays unproven.
"""

from __future__ import annotations

import ctypes
import http.client
import io
import ipaddress
import math
import signal
import socket
import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar, cast

import docker.errors
from docker.models.containers import Container

from smscaffold.contract.clause import UnprovenError
from smscaffold.sagemaker_local import LONGEST, Limited, engine, read

T = TypeVar("T")
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_NEW_NETWORK = 0x40000000  # CLONE_NEWNET
_CONNECTED, _LISTENS = "01", "0A"
_LONGEST_TABLE = 16 * 2**20  # characters of a file of /proc
_PING = 65536  # bytes of the answer to a ping
_PATIENCE = 30  # seconds for the engine to run a command in a container
_ENDED = "the container ended before anything could be seen in it"


@dataclass(frozen=True)
class Seen:
    """An answer with the seconds until the connection was accepted, and until its last byte.

    Status 0: none came, and the body says why; `accepted` is infinite if not even the connection was accepted.
    """

    status: int
    headers: http.client.HTTPMessage
    body: bytes
    accepted: float
    seconds: float

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


class _Way(Protocol):
    """How to get in: an exchange of bytes over a connection to loopback, and the text of a file."""

    def exchange(self, port: int, request: bytes, timeout: float, most: int) -> tuple[float, bytes, float]:
        """Seconds until accepted, what was answered in time, seconds until that was over; OSError if not accepted.

        `timeout`: seconds for all of it; `most`: bytes of the answer that are taken in.
        """

    def read(self, path: str) -> str:
        """A file of /proc, as the container sees it."""


class Inside:
    """A container's network, and its first process, seen from inside."""

    def __init__(self, container: Container) -> None:
        self._way = _way_into(container)

    @property
    def from_outside(self) -> bool:
        """Whether nothing runs in the container for it, so that limits on the container do not slow it down."""
        return isinstance(self._way, _Entered)

    def ping(self) -> Seen:
        """`GET /ping`, of whose answer at most 64 KiB are read: clauses keep many of them."""
        return self.request("GET", "/ping", most=_PING)

    def request(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        *,
        port: int = 8080,
        timeout: float = 2,
        most: int = 2 * LONGEST,
        **headers: str,
    ) -> Seen:
        """A request to `port` on the container's loopback, which is over in `timeout` seconds or `most` bytes."""
        lines = {"Host": "localhost", "Connection": "close", "Content-Length": str(len(body)), **headers}
        head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in lines.items())
        accepted, seconds = math.inf, timeout
        try:
            request = f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body
            accepted, raw, seconds = self._way.exchange(port, request, timeout, most)
            if not raw and seconds >= timeout:
                raise TimeoutError("timed out")
            answer = http.client.HTTPResponse(cast(socket.socket, _Received(raw)), method=method)
            answer.begin()
            return Seen(answer.status, answer.headers, read(answer), accepted, seconds)
        except (OSError, ValueError, http.client.HTTPException) as error:
            return Seen(0, http.client.HTTPMessage(), repr(error).encode(), accepted, seconds)

    def listeners(self) -> set[tuple[Address, int]]:
        """Where something listens on TCP, as (address, port): 0.0.0.0 and :: are all interfaces."""
        return {_address(row[1]) for row in self._sockets(_LISTENS)}

    def reads(self, port: int) -> int:
        """How many connections to `port` a program has taken and read as far as anything has come."""
        rows = self._sockets(_CONNECTED)
        return sum(_address(row[1])[1] == port and row[9] != "0" and row[4].endswith(":00000000") for row in rows)

    def _sockets(self, state: str) -> list[list[str]]:
        """The rows of /proc/net/tcp in this state; none of a container that has ended."""
        try:
            table = (self._way.read("/proc/net/tcp") + self._way.read("/proc/net/tcp6")).splitlines()
        except (FileNotFoundError, ProcessLookupError):
            return []
        return [row for row in map(str.split, table) if len(row) > 9 and row[3] == state]

    def hears(self, number: signal.Signals) -> bool:
        """Whether PID 1 handles a signal, or waits for it: one that it leaves to the default action is lost (G4)."""
        status = dict(line.partition(":")[::2] for line in self._way.read("/proc/1/status").splitlines())
        handled = int(status["SigCgt"], 16) | int(status["SigBlk"], 16)  # blocked: another thread waits for it
        # while a program waits for signals, the kernel does not show them as blocked
        return bool(handled >> (number - 1) & 1) or "sigtimedwait" in self._way.read("/proc/1/wchan")


def _address(text: str) -> tuple[Address, int]:
    """`0100007F:1F90` as (127.0.0.1, 8080): each word of four bytes stands the wrong way round."""
    words, _, port = text.partition(":")
    data = b"".join(bytes.fromhex(words[i : i + 8])[::-1] for i in range(0, len(words), 8))
    return ipaddress.ip_address(data), int(port, 16)


class _Received:
    """What stands in for a socket when an answer that has come is read."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def makefile(self, *_: Any, **__: Any) -> io.BytesIO:
        return io.BytesIO(self._data)


def _way_into(container: Container) -> _Way:
    container.reload()
    if container.status != "running":
        raise UnprovenError(_ENDED)
    try:
        way = _Entered.into(container) or _Executed.of(container)
    except ProcessLookupError:
        raise UnprovenError(_ENDED) from None
    if way is None:
        raise UnprovenError(
            "nothing here can look into the container's network: run as root on the engine's machine, "
            "or have Python or bash in the image"
        )
    return way


class _Entered:
    """As root, by a thread that enters the network namespace and ends in it."""

    def __init__(self, process: Path) -> None:
        self._process = process

    @classmethod
    def into(cls, container: Container) -> _Entered | None:
        """None where that is not allowed, or the container runs on another machine or in a virtual one."""
        process = Path("/proc") / str(container.attrs["State"]["Pid"])
        try:
            if str(container.id) not in (process / "cgroup").read_text():
                return None
            way = cls(process)
            way._enter(lambda: None)
        except (OSError, AttributeError):
            return None
        return way

    def exchange(self, port: int, request: bytes, timeout: float, most: int) -> tuple[float, bytes, float]:
        return self._enter(lambda: _exchange(port, request, timeout, most))

    def read(self, path: str) -> str:
        if path.startswith("/proc/1/"):
            return _text(self._process / path.removeprefix("/proc/1/"))
        return self._enter(lambda: _text(Path(path.replace("/proc/", "/proc/thread-self/"))))

    def _enter(self, act: Callable[[], T]) -> T:
        done: list[Callable[[], T]] = []

        def work() -> None:
            try:
                with (self._process / "ns" / "net").open() as namespace:
                    if ctypes.CDLL(None, use_errno=True).setns(namespace.fileno(), _NEW_NETWORK):
                        raise OSError(ctypes.get_errno(), "the network cannot be entered")
                value = act()
                done.append(lambda: value)
            except Exception as error:
                problem = error
                done.append(lambda: _throw(problem))

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        thread.join()
        return done[0]()


def _throw(error: Exception) -> Any:
    raise error


def _text(path: Path) -> str:
    with path.open(errors="replace") as file:
        return file.read(_LONGEST_TABLE)


def _exchange(port: int, request: bytes, timeout: float, most: int) -> tuple[float, bytes, float]:
    started = time.monotonic()
    with closing(Limited(port, timeout)) as connection, connection.makefile("rb") as answer:
        accepted = time.monotonic() - started
        data = bytearray()
        with suppress(OSError):  # what has come by then tells
            connection.sendall(request)
            while len(data) < most and (piece := answer.read1(65536)):
                data += piece
    return accepted, bytes(data[:most]), time.monotonic() - started


def execute(container: Container, command: list[str], timeout: float) -> tuple[int, bytes]:
    """The exit code of a command that is run in the container, and what it prints to stdout.

    Raises TimeoutError when it takes longer than `timeout` seconds, or prints more than 128 MiB: the program is the
    image's own, and need not be what its name says. ProcessLookupError: the container has ended.
    """
    try:
        return _executed(container, command, timeout)
    except docker.errors.APIError as error:
        container.reload()
        if container.status == "running":
            raise
        raise ProcessLookupError("the container has ended") from error


def _executed(container: Container, command: list[str], timeout: float) -> tuple[int, bytes]:
    api, output, done = engine().api, bytearray(), list[Callable[[], bool]]()

    def collect() -> None:
        try:
            for piece in api.exec_start(made, stream=True):
                output.extend(piece)
                if len(output) > 2 * LONGEST:
                    return
            done.append(lambda: True)
        except Exception as error:
            problem = error
            done.append(lambda: _throw(problem))

    made = api.exec_create(container.id, command, stderr=False)["Id"]
    thread = threading.Thread(target=collect, daemon=True)  # it ends with the container at the latest
    thread.start()
    thread.join(timeout)
    if not done:
        limit = f"within {timeout:g} s" if thread.is_alive() else "before it had printed 128 MiB"
        raise TimeoutError(f"{command[0]}, run in the container, did not end {limit}")
    done[0]()
    return api.exec_inspect(made)["ExitCode"], bytes(output)


class _Executed:
    """By a program of the image's, run in the container."""

    def __init__(self, container: Container, program: list[str], script: str) -> None:
        self._container, self._program, self._script = container, program, script

    @classmethod
    def of(cls, container: Container) -> _Executed | None:
        """None if the image has none that will do."""
        for program, test, script in _SCRIPTS:
            with suppress(TimeoutError):
                if execute(container, [*program, test], _PATIENCE)[0] == 0:
                    return cls(container, program, script)
        return None

    def exchange(self, port: int, request: bytes, timeout: float, most: int) -> tuple[float, bytes, float]:
        octal = "".join(f"\\0{byte:03o}" for byte in request)
        words = [str(port), str(timeout), octal if self._program[0] == "bash" else request.hex()]
        head, _, rest = self._run(timeout + _PATIENCE, *words).partition(b"\n")
        data, _, tail = rest.rpartition(b"\n")
        if not head.isdigit() or not tail.isdigit():
            raise ConnectionRefusedError(f"not accepted within {timeout:g} s")
        return int(head) / 1e6, data[:most], int(tail) / 1e6

    def read(self, path: str) -> str:
        return self._run(_PATIENCE, path).decode("utf-8", "replace")

    def _run(self, timeout: float, *words: str) -> bytes:
        # bash takes its first word for its own name
        name = ["bash"] if self._program[0] == "bash" else []
        return execute(self._container, [*self._program, self._script, *name, *words], timeout)[1]


# Each prints a file, or the microseconds until accepted, the answer, and the microseconds until its end.
_PYTHON = """
import socket, sys, time
out = sys.stdout.buffer
if len(sys.argv) == 2:
    out.write(open(sys.argv[1], "rb").read())
else:
    port, timeout, request = sys.argv[1:]
    start = time.monotonic()
    since = lambda: b"%d" % ((time.monotonic() - start) * 1e6)
    connection = socket.create_connection(("127.0.0.1", int(port)), float(timeout))
    out.write(since() + b"\\n")
    def left():
        connection.settimeout(max(0.001, start + float(timeout) - time.monotonic()))
        return connection
    try:
        left().sendall(bytes.fromhex(request))
        for piece in iter(lambda: left().recv(65536), b""):
            out.write(piece)
    except OSError:
        pass
    out.write(b"\\n" + since())
"""
_BASH = r"""
if [ $# = 1 ]; then while IFS= read -r line; do printf '%s\n' "$line"; done <"$1"; exit; fi
now() { t=${EPOCHREALTIME//[^0-9]/}; }
now; start=$t
exec 3<>"/dev/tcp/127.0.0.1/$1" || exit
now; echo $((t - start))
printf '%b' "$3" >&3
timeout "$2" cat <&3
now; printf '\n%s' $((t - start))
"""
_SCRIPTS = (
    (["python3", "-c"], "0", _PYTHON),
    (["bash", "-c"], '[ -n "$EPOCHREALTIME" ] && command -v timeout cat', _BASH),
)
