"""Plays Amazon SageMaker on this machine: starts a container as the platform does and hands back what came of it.

    result = train("my-model", Path("out"), {"train": Path("data")}, hyperparameters={"max_depth": 3})
    with endpoint("my-model", result.model) as served:
        print(served.invoke("5.1,3.5,1.4,0.2").text)

A container gets no init program, no terminal and no extra rights (G4, G5, T8). What it writes stays in volumes and is
copied out (G7), so nothing here ends up owned by root. It is removed after use, also after an error or Ctrl-C.
`**options` are those of `containers.create` in the docker SDK (`environment`, `user`, `cap_drop`, `mem_limit`,
`network_mode` ...), but `mounts` maps paths in the container to files or directories here, which it can only read.

An image may be a stranger's, so nothing that a container does is believed. Memory, processes and the log of a container
are bounded; a time limit holds for a request as a whole; what is too long is cut off, with a word. Of what a container
left only directories and plain files are copied: a link would lead to any place on this machine.

A container may end at any moment. A command or a signal that comes too late for it is no error.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import http.client
import importlib
import io
import json
import os
import re
import shutil
import socket
import stat
import sys
import tarfile
import tempfile
import threading
import time
import uuid
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, TypeVar

import docker
import docker.errors
from docker.models.containers import Container
from docker.types import LogConfig, Mount
from requests import HTTPError

T = TypeVar("T")

MIB = 2**20
LONGEST = 64 * MIB  # bytes of an answer, or of what a command prints
_LOG = MIB  # bytes of a log's beginning, and as many of its end
_FAILURE = 65536  # bytes of the failure file, of which the platform shows 1024 characters (T24)
_ENTRIES = 100_000  # files and directories of an archive
_DEPTH = 100  # folders inside each other
_ENTRY = 16384  # bytes of the disk for each file or directory, beside its content
_LAST = 2  # seconds until the engine knows of an end
_KILLED = 137  # exit code of a program that SIGKILL ended: by an engine, or by a kernel without memory left
SETTINGS = "smscaffold-check.toml"
_SETTINGS = 16384  # bytes of that file: with the dots of a key, the memory to read it grows by their square


class LocalError(Exception):
    """Something on this side of the container went wrong; the message says what, and what to do."""

    def __init__(self, message: str) -> None:
        super().__init__(visible(message))


class TimeUpError(LocalError):
    """A container went on running, and what was waited for did not come in time."""


def visible(text: str) -> str:
    """A text with its control characters escaped: a terminal would obey them."""
    return "".join(c if c.isprintable() or c in "\n\t" else c.encode("unicode_escape").decode() for c in text)


@dataclass(frozen=True)
class Finished:
    """What a container left: its exit code, its log (stdout and stderr), how many seconds it ran."""

    exit_code: int
    logs: str
    seconds: float


@dataclass(frozen=True)
class TrainingResult(Finished):
    """What a training left: copies of the plain files in its directories, and the beginning of the failure file.

    `odd` says of everything else that lay there what it is, such as `model/latest is a link to step-9`.
    """

    model: Path
    output: Path
    checkpoints: Path
    failure: str | None
    odd: tuple[str, ...] = ()


@dataclass(frozen=True)
class Response:
    """An answer, and the seconds until its last byte. Status 0: none came, and the body says why."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes
    seconds: float

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


@functools.lru_cache(maxsize=1)
def engine() -> docker.DockerClient:
    """The Docker engine of this machine; LocalError if none answers."""
    try:
        return docker.from_env(timeout=120)
    except docker.errors.DockerException as error:
        raise LocalError("No Docker engine answers: start Docker, or set DOCKER_HOST, and try again.") from error


@functools.lru_cache(maxsize=1)
def _bounds() -> dict[str, Any]:
    """Options that keep a container from taking the whole machine. SIGTERM is what the platform stops it with (T30)."""
    log = LogConfig(type="json-file", config={"max-size": "32m", "max-file": "2"})
    memory = int(engine().info()["MemTotal"] * 0.8)
    no_owner = {"smscaffold.owner": ""}  # an image could name one, and `smscaffold check` would remove the container
    return {"pids_limit": 4096, "mem_limit": memory, "log_config": log, "stop_signal": "SIGTERM", "labels": no_owner}


class Running:
    """A started container."""

    def __init__(self, container: Container) -> None:
        self.container = container
        self._started = time.monotonic()

    @property
    def running(self) -> bool:
        self.container.reload()
        return bool(self.container.status == "running")

    def logs(self, **options: Any) -> str:
        """What the container printed so far; of more than 2 MiB the beginning and the end."""
        first, last, lost = bytearray(), bytearray(), 0
        for piece in self.container.logs(stream=True, follow=False, **options):
            room = _LOG - len(first)
            first += piece[:room]
            last += piece[room:]
            if len(last) > 2 * _LOG:
                lost += len(last) - _LOG
                del last[:-_LOG]
        word = f"\n... ({lost} bytes of the log are left out here) ...\n" if lost else ""
        return (first + word.encode() + last).decode("utf-8", "replace")

    def until(self, condition: Callable[[], T | None], what: str, timeout: float = 60) -> T:
        """Returns the first true value of `condition`.

        Raises LocalError when the container ends first, and TimeUpError, which is one, when the seconds are over.
        """
        started = time.monotonic()
        while True:
            running = self.running  # asked first: the condition may come true by the container's last act
            if value := condition():
                return value
            waited = time.monotonic() - started
            if not running or waited > timeout:
                state = self.container.attrs["State"]
                end = f"{timeout:g} s passed" if running else _end(state)
                problem = TimeUpError if running else LocalError
                raise problem(f"Waiting for {what}: {end}. The log ends with:\n{self.logs()[-2000:]}")
            time.sleep(min(max(0.02, waited / 20), 0.25))  # each look is work for the engine

    def ends(self, within: float) -> bool:
        """Whether the container ends by itself, or has ended, within so many seconds."""
        with contextlib.suppress(LocalError):
            return self.until(lambda: not self.running, "its end", within)
        return False

    def wait_for_log(self, pattern: str, timeout: float = 60) -> re.Match[str]:
        """The first match of `pattern` in the log, as soon as it is there."""
        return self.until(lambda: re.search(pattern, self.logs()), f"{pattern!r} in the log", timeout)

    def wait(self, timeout: float = 600) -> Finished:
        """Wait until the container ends by itself."""
        self.until(lambda: self.container.status != "running", "its end", timeout)
        return Finished(self.container.attrs["State"]["ExitCode"], self.logs(), time.monotonic() - self._started)

    def stop(self, grace: int) -> int:
        """Stop as the platform does (T30: 120 s, H4: 30 s): SIGTERM, SIGKILL after `grace`; the exit code, then 137."""
        self.container.stop(timeout=grace)
        return Running.wait(self).exit_code

    def kill(self, signal: str = "KILL") -> bool:
        """Send a signal to the first process; False: the container has ended before."""
        try:
            self.container.kill(signal)
        except docker.errors.APIError:
            if not self.ends(_LAST):
                raise
            return False
        return True

    def execute(self, *command: str, detach: bool = False) -> str:
        """Run a command in the container and return its stdout: all of it, or less if the container ends before.

        `detach`: the command goes on by itself, for as long as the container runs.
        """
        api = engine().api
        output: Any = b""
        try:
            made = api.exec_create(self.container.id, list(command), stderr=False)
            output = api.exec_start(made["Id"], detach=detach)
        except docker.errors.APIError as error:
            if not self.ends(_LAST):
                raise LocalError(f"The container cannot run {command[0]}: {error.explanation}") from error
        return "" if detach else str(output, "utf-8", "replace")


def _end(state: dict[str, Any]) -> str:
    """How a container ended; the engine does not always notice that memory ran out before it reports the end."""
    end = f"the container ended with exit code {state['ExitCode']}"
    if state.get("OOMKilled"):
        return f"{end}, out of memory"
    return f"{end}: it was killed, perhaps because memory ran out" if state["ExitCode"] == _KILLED else end


def run(image: str, *command: str, timeout: float = 60, **options: Any) -> Finished:
    """Run a command in a new container to its end."""
    with _started(image, command, [], {}, **options) as container:
        return Running(container).wait(timeout)


class Training(Running):
    """A training job at work, which leaves its directories in `into`."""

    into: Path
    room: Room

    def wait(self, timeout: float = 600) -> TrainingResult:
        """Wait until the job ends, and copy out what it left."""
        end = super().wait(timeout)
        parts = ("model", "output", "checkpoints")
        odd = [each for part in parts for each in self._copy_out(part)]
        model, output, checkpoints = (self.into / part for part in parts)
        text = None
        if (output / "failure").is_file():
            with (output / "failure").open("rb") as file:
                text = file.read(_FAILURE).decode("utf-8", "replace")
        return TrainingResult(end.exit_code, end.logs, end.seconds, model, output, checkpoints, text, tuple(odd))

    def _copy_out(self, part: str) -> list[str]:
        (self.into / part).mkdir(exist_ok=True)
        with contextlib.suppress(docker.errors.NotFound), archive(self.container, f"/opt/ml/{part}") as members:
            return unpack(members, self.into, f"/opt/ml/{part}", self.room)
        return []


@contextlib.contextmanager
def archive(container: Container, path: str) -> Iterator[tarfile.TarFile]:
    """What a container holds at a path, with all below it, to be read once; docker's NotFound if nothing is there."""
    api = engine().api
    url = f"{api.base_url}/v{api.api_version}/containers/{container.id}/archive"
    plain = {"Accept-Encoding": "identity"}
    with api.get(url, params={"path": path}, headers=plain, stream=True, timeout=api.timeout) as answer:
        if not answer.ok:
            docker.errors.create_api_error_from_http_exception(HTTPError(response=answer))
        with tarfile.open(fileobj=answer.raw, mode="r|") as members:
            yield members


class Room:
    """Disk space that copies may take, of several threads together: half of what is free when this is made."""

    def __init__(self, place: Path) -> None:
        self.left = shutil.disk_usage(place).free / 2
        self._lock = threading.Lock()

    def take(self, name: str, size: int) -> None:
        """Take the space of one more entry; ValueError if there is not enough left."""
        with self._lock:
            if size + _ENTRY > self.left:
                much = "more than half of the disk space that was free"
                raise ValueError(f"with {name} the copies made so far need {much}; free some and try again")
            self.left -= size + _ENTRY


def unpack(members: tarfile.TarFile, into: Path, what: str, room: Room | None = None) -> list[str]:
    """Write the directories and plain files of an archive; say of anything else in it what it is, and leave it out.

    With no link in `into`, nobody who reads there later is led away. LocalError, which calls the archive `what`: it
    cannot be read, one of its names leads out of it or is too deep, it is too large, or `room` has no more space.
    """
    odd: list[str] = []
    members.extraction_filter = lambda member, _: member  # those of Python do less, and older versions have none
    try:
        most, total = float(os.environ.get("SMSCAFFOLD_COPY_GIB", 2)) * 2**30, 0
        room = room or Room(into)
        for number, member in enumerate(members):
            first = member.linkname if member.islnk() else ""  # of a hard link: the file that was there before
            if leads_out := [name for name in (member.name, first) if name.startswith("/") or ".." in name.split("/")]:
                raise ValueError(f"the name {leads_out[0]} leads out of it")
            if member.name.count("/") > _DEPTH:  # programs that walk through it would end with a RecursionError
                raise ValueError(f"{member.name[:_DEPTH]}... lies more than {_DEPTH} folders deep")
            if member.size < 0 or member.issparse():  # the sum of sizes would be less than what is written
                raise ValueError(f"{member.name} is a sparse file, or has a negative size")
            total += (size := (into / first).stat().st_size if first else member.size)
            if total > most or number >= _ENTRIES:
                limit = f"{most / 2**30:.1f} GiB" if total > most else f"{_ENTRIES} files"
                raise ValueError(f"with {member.name} it has more than {limit}; SMSCAFFOLD_COPY_GIB=20 allows 20 GiB")
            room.take(member.name, size)
            if first:
                (into / member.name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(into / first, into / member.name)
                continue
            if not (member.isreg() or member.isdir()):
                kind = f"link to {member.linkname}" if member.issym() else "FIFO" if member.isfifo() else "device"
                odd.append(visible(f"{member.name} is a {kind}"))
                continue
            member.mode = 0o755 if member.isdir() else member.mode & 0o755 | 0o600
            member.uid, member.gid, member.uname, member.gname = os.getuid(), os.getgid(), "", ""
            members.extract(member, into)
    except (OSError, EOFError, ValueError, RecursionError, tarfile.TarError, zlib.error) as error:
        raise LocalError(f"{what} cannot be read: {error}.") from error
    return odd


@contextlib.contextmanager
def training(
    image: str,
    into: Path,
    channels: Mapping[str, Path],
    *,
    hyperparameters: Mapping[str, object] | None = None,
    config: Mapping[str, Any] | None = None,
    checkpoints: Path | None = None,
    strict: bool = False,
    room: Room | None = None,
    **options: Any,
) -> Iterator[Training]:
    """Start a training job on `channels`: directories by name, which it can only read. Results go to `into`, a new one.

    `config`: files of /opt/ml/input/config by name, in bytes or as what becomes JSON; None leaves one out (T10 to T13).
    `checkpoints`: a directory whose content the job finds in /opt/ml/checkpoints (T32).
    `strict`: one mount for the whole of /opt/ml instead of one for each part (G6).
    `room`: disk space that the copies of several jobs share.
    """
    into.mkdir(parents=True)
    shape = {"TrainingInputMode": "File", "S3DistributionType": "FullyReplicated", "RecordWrapperType": "None"}
    files: dict[str, Any] = {
        "hyperparameters.json": {name: str(value) for name, value in (hyperparameters or {}).items()},
        "inputdataconfig.json": dict.fromkeys(channels, shape),
        "resourceconfig.json": {"current_host": "algo-1", "hosts": ["algo-1"], "network_interface_name": "eth0"},
        **(config or {}),
    }
    content: dict[str, Any] = {"input/data": None, "model": None, "output/data": None}
    content |= {f"input/config/{name}": item for name, item in files.items() if item is not None}
    content |= {"checkpoints": checkpoints} if checkpoints else {}
    data = {f"input/data/{name}": directory for name, directory in channels.items()}
    if strict:
        volumes = [Mount("/opt/ml", None, no_copy=True)]
        content |= data
    else:
        parts = sorted({path.split("/")[0] for path in content})
        volumes = [Mount(f"/opt/ml/{part}", None, no_copy=True) for part in parts]
        volumes += [_bind(f"/opt/ml/{path}", directory) for path, directory in data.items()]
    arn = "arn:aws:sagemaker:us-east-1:111122223333:training-job/local"
    platform = {"TRAINING_JOB_NAME": "local", "TRAINING_JOB_ARN": arn}
    options = {"environment": platform, "network_mode": "none"} | options
    with _started(image, ["train"], volumes, content, **options) as container:
        job = Training(container)
        job.into, job.room = into, room or Room(into)
        yield job


def train(image: str, into: Path, channels: Mapping[str, Path], **arguments: Any) -> TrainingResult:
    """Run a training job to its end; `arguments` are those of `training`."""
    with training(image, into, channels, **arguments) as job:
        return job.wait()


class Endpoint(Running):
    """A running endpoint, reached through a port published on loopback (G3)."""

    def ping(self) -> Response:
        """`GET /ping` with the platform's patience of 2 s (H11)."""
        return self.request("GET", "/ping", timeout=2)

    def invoke(self, body: Any, content_type: str | None = "text/csv", **headers: str) -> Response:
        """`POST /invocations`: `invoke(data, Accept="application/json")`. A body in pieces goes out chunked (B6)."""
        typed = {"Content-Type": content_type} if content_type else {}
        return self.request("POST", "/invocations", body, typed | headers)

    def request(self, method: str, path: str, body: Any = None, headers: Any = None, timeout: float = 300) -> Response:
        """Any request, on a connection of its own; `timeout`: seconds until the last byte of the answer."""
        started = time.monotonic()
        try:
            with contextlib.closing(self.connection(timeout)) as connection:
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # refused early; the answer says why
                    connection.request(method, path, body.encode() if isinstance(body, str) else body, headers or {})
                answer = connection.getresponse()
                return Response(answer.status, answer.headers, read(answer), time.monotonic() - started)
        except (OSError, ValueError, http.client.HTTPException) as error:  # ValueError: a chunk of less than no bytes
            return Response(0, http.client.HTTPMessage(), repr(error).encode(), time.monotonic() - started)

    def connection(self, timeout: float = 300) -> http.client.HTTPConnection:
        """A connection for requests of your own (H21), for so many seconds; ConnectionRefusedError without a port."""
        ports = [published[0]["HostPort"] for published in self.container.ports.values() if published]
        if not ports:
            raise ConnectionRefusedError("the container has ended, or publishes no port")
        connection = http.client.HTTPConnection("127.0.0.1", int(ports[0]), timeout=timeout)
        connection.sock = Limited(connection.port, timeout)
        connection.auto_open = 0
        return connection


class Limited(socket.socket):
    """A connection to loopback that works for so many seconds altogether, and takes in 128 MiB at most."""

    received = 0

    def __init__(self, port: int, seconds: float) -> None:
        self.deadline = time.monotonic() + seconds
        super().__init__(fileno=socket.create_connection(("127.0.0.1", port), seconds).detach())
        self.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def recv_into(self, *args: Any) -> int:
        self._hurry()
        self.received += (count := super().recv_into(*args))
        if self.received > 2 * LONGEST:
            raise OSError("more than 128 MiB came")
        return count

    def sendall(self, *args: Any) -> None:
        self._hurry()
        super().sendall(*args)

    def _hurry(self) -> None:
        if (left := self.deadline - time.monotonic()) <= 0:
            raise TimeoutError("timed out")
        self.settimeout(left)


def read(answer: http.client.HTTPResponse) -> bytes:
    """The body of an answer; what is longer than 64 MiB is cut off there, and ends with a word on it."""
    body = bytearray()
    while len(body) <= LONGEST and (piece := answer.read(65536)):
        body += piece
    if len(body) > LONGEST:
        return bytes(body[:LONGEST]) + b"... (cut off after 64 MiB)"
    if answer.length:
        raise http.client.IncompleteRead(bytes(body), answer.length)
    return bytes(body)


@contextlib.contextmanager
def endpoint(
    image: str, model: Path | None, *, port: int = 8080, ready_within: float | None = 60, **options: Any
) -> Iterator[Endpoint]:
    """Start an endpoint on `model`, read-only (H23). `ready_within`: seconds until /ping is 200 (H12), if any."""
    mounts = [_bind("/opt/ml/model", model)] if model else []
    with _started(image, ["serve"], mounts, {}, **{"ports": {port: ("127.0.0.1", None)}} | options) as container:
        served = Endpoint(container)
        if ready_within:
            served.until(lambda: served.ping().status == 200, "a 200 from /ping", ready_within)
        yield served


@contextlib.contextmanager
def _started(
    image: str, command: Iterable[str], volumes: list[Mount], content: Mapping[str, Any], /, **options: Any
) -> Iterator[Container]:
    """A new container, filled with `content` below /opt/ml and started."""
    name = f"smscaffold-{uuid.uuid4().hex[:12]}"
    options = _bounds() | options
    options["mounts"] = volumes + [_bind(path, source) for path, source in options.get("mounts", {}).items()]
    try:
        container = engine().containers.create(image, list(command), name=name, init=False, **options)
        if content:
            with tempfile.TemporaryFile() as archive:
                _pack(content, archive)
                container.put_archive("/", archive)
        container.start()
        container.reload()
        yield container
    except docker.errors.ImageNotFound:
        raise LocalError(f"There is no image {image} on this machine: build it first.") from None
    except docker.errors.APIError as error:
        raise LocalError(f"Docker refuses to run {image}: {error.explanation}") from error
    finally:
        with contextlib.suppress(docker.errors.NotFound):
            engine().api.remove_container(name, force=True, v=True)


def _bind(inside: str, source: Path) -> Mount:
    if not source.exists():
        raise LocalError(f"{source} does not exist.")
    return Mount(inside, str(source.resolve()), "bind", read_only=True)


def _pack(content: Mapping[str, Any], archive: IO[bytes]) -> None:
    """Pack what goes below /opt/ml: a Path with all in it, None as an empty directory, anything else as a file."""
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for name, item in content.items():
            if isinstance(item, Path):
                tar.add(item, f"opt/ml/{name}")
                continue
            data = item if isinstance(item, bytes) else json.dumps(item).encode() * (item is not None)
            entry = tarfile.TarInfo(f"opt/ml/{name}")
            entry.size, entry.mode, entry.type = len(data), 0o777, tarfile.DIRTYPE if item is None else tarfile.REGTYPE
            tar.addfile(entry, io.BytesIO(data))
    archive.seek(0)


# --- what a user says of a container folder --------------------------------------------------------------------------


def settings(folder: Path) -> dict[str, Any]:
    """The user's settings from a folder's smscaffold-check.toml, by key; none where there is no such file.

    `metric`: the expression for a line of the log with a metric; None: training prints none.
    `slow_hyperparameters`: those that make training take many rounds; None: nothing does.
    LocalError names the file, and the key or the line that is wrong.
    """
    file = folder / SETTINGS
    return settings_of(file, document_of(file))


def settings_of(file: Path, document: Mapping[str, Any]) -> dict[str, Any]:
    """The same from the document that a file holds."""
    if unknown := [key for key in document if key not in {*_KNOWN, *OTHERS}]:
        known = ", ".join([*_KNOWN, *OTHERS])
        where = f"{file}{line_of(file, unknown[0])}"
        raise LocalError(f"{where} has no setting {unknown[0][:50]!r}: those that exist are {known}.")
    said = {key: value for key, value in document.items() if key in _KNOWN}
    for key, value in said.items():
        if problem := _KNOWN[key](value):
            raise LocalError(f"{file}{line_of(file, key)}: {key} {problem}.")
    return {key: value or None for key, value in said.items()}


def document_of(file: Path) -> dict[str, Any]:
    """What a file of settings holds; nothing where there is none. LocalError: it cannot be read."""
    try:
        return _toml(_small(file))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise LocalError(f"{file} {_unreadable(error)}.") from error


def line_of(file: Path, key: str, table: int = 0) -> str:
    """Where a file of settings has a key, as `, line 3`; in the table of that number of those with a double bracket."""
    seen = 0
    for number, line in enumerate(_small(file).decode("utf-8", "replace").splitlines(), start=1):
        seen += line.lstrip().startswith("[[")
        if seen >= table and re.match(rf"\s*\[*\s*[\"']?{re.escape(key[:50])}", line):
            return f", line {number}"
    return ""


def _unreadable(error: Exception) -> str:
    """Why a file cannot be read as TOML."""
    if isinstance(error, OSError):
        return f"cannot be read: {'it is a link' if error.errno == errno.ELOOP else error.strerror or error}"
    if isinstance(error, UnicodeDecodeError):
        return f"is not TOML: line {error.object[: error.start].count(10) + 1} is not UTF-8 text"
    return f"is not TOML: {'it is nested too deeply' if isinstance(error, RecursionError) else error}"


def no_expression(text: object) -> str:
    """Why this is no regular expression; empty if it is one."""
    if not isinstance(text, str):
        return "must be a text with a regular expression"
    try:
        re.compile(text)
    except (re.error, OverflowError, RecursionError) as error:
        return f"is no regular expression: {error}"
    return ""


def _no_hyperparameters(value: object) -> str:
    """Why these are no hyperparameters; empty if they are."""
    if not isinstance(value, dict):
        return "must be a table of hyperparameters"
    wrong = [name for name, each in value.items() if not isinstance(each, str | int | float) or _is_huge(each)]
    return f"must give {wrong[0][:50]!r} a text, a number of at most 64 bits, true or false" if wrong else ""


def _is_huge(value: object) -> bool:
    """Whether this is a number that Python would not write out."""
    return isinstance(value, int) and value.bit_length() > 64


#: each key of smscaffold-check.toml, with the function that says what is wrong with a value
_KNOWN: dict[str, Callable[[object], str]] = {"metric": no_expression, "slow_hyperparameters": _no_hyperparameters}
#: keys of the same file that only `smscaffold check` reads
OTHERS = ("profiles", "hosts", "channels", "samples", "accepted")


def _small(file: Path) -> bytes:
    """The content of a plain file that is no link; opening waits for nobody, as with a FIFO it would."""
    with os.fdopen(os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as opened:
        if not stat.S_ISREG(os.fstat(opened.fileno()).st_mode):
            raise OSError("it is not a plain file")
        content = opened.read(_SETTINGS + 1)
    if len(content) > _SETTINGS:
        raise OSError("it is larger than 16 KiB")
    return content


def _toml(content: bytes) -> dict[str, Any]:
    name = "tomllib" if sys.version_info >= (3, 11) else "tomli"  # which pytest brings where Python has none
    document: dict[str, Any] = importlib.import_module(name).loads(content.decode("utf-8"))
    return document
