"""A container may be a stranger's: what it leaves, answers and prints leads nowhere, and has an end."""

from __future__ import annotations

import contextlib
import functools
import os
import socket
import stat
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from smscaffold import sagemaker_local as local
from smscaffold.contract import inside

IMAGE = "python:3.13-slim-trixie"
docker = pytest.mark.docker


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A file of this machine that no container was given."""
    path = tmp_path / "host" / "secret"
    path.parent.mkdir()
    path.write_text("TOP SECRET")
    return path


@contextlib.contextmanager
def job(tmp_path: Path, script: str, **options: Any) -> Iterator[local.Training]:
    """A training in which this script stands for the algorithm."""
    program, data = tmp_path / "train", tmp_path / "data"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    data.mkdir()
    options["mounts"] = {"/usr/local/bin/train": program}
    with local.training(IMAGE, tmp_path / "result", {"train": data}, **options) as running:
        yield running


def left(tmp_path: Path, script: str, **options: Any) -> local.TrainingResult:
    with job(tmp_path, script, **options) as running:
        return running.wait(60)


def contents(directory: Path) -> set[str]:
    """All that can be read below a directory by somebody who follows links."""
    found = (Path(folder, name) for folder, _, names in os.walk(directory, followlinks=True) for name in names)
    return {path.read_text() for path in found if path.is_file()}


# --- what it leaves ---------------------------------------------------------------------------------------------------


@docker
def test_no_link_and_no_device_is_copied_and_each_is_named(tmp_path: Path, secret: Path) -> None:
    script = f"""
        cd /opt/ml; mkdir -p checkpoints
        ln -s {secret} output/failure; ln -s {secret.parent} checkpoints/leak; ln -s {secret} model/leak
        mknod model/device c 1 3; mkfifo model/fifo; ln -s {secret} "model/$(printf 'a\\033[2Jb')"
        echo fine >model/file; ln model/file model/again; chmod 4777 model/file
    """
    result = left(tmp_path, script)
    assert result.exit_code == 0, result.logs
    assert contents(tmp_path / "result") == {"fine\n"}
    assert result.failure is None
    assert set(result.odd) == {
        f"output/failure is a link to {secret}",
        f"checkpoints/leak is a link to {secret.parent}",
        f"model/leak is a link to {secret}",
        "model/device is a device",
        "model/fifo is a FIFO",
        f"model/a\\x1b[2Jb is a link to {secret}",
    }
    assert stat.S_IMODE((result.model / "file").stat().st_mode) == 0o755
    assert (result.model / "again").read_text() == "fine\n"


@docker
def test_a_directory_that_was_replaced_by_a_link_is_empty(tmp_path: Path, secret: Path) -> None:
    script = (
        f"cd /opt/ml; rm -rf model output; for part in model output checkpoints; do ln -s {secret.parent} $part; done"
    )
    result = left(tmp_path, script, strict=True)
    assert result.exit_code == 0, result.logs
    assert contents(tmp_path / "result") == set()
    assert not [path for path in (result.model, result.output, result.checkpoints) if path.is_symlink()]
    assert result.odd == tuple(f"{part} is a link to {secret.parent}" for part in ("model", "output", "checkpoints"))


@docker
def test_a_file_of_a_terabyte_is_not_copied(tmp_path: Path) -> None:
    """It has no content, so that it costs the container nothing."""
    with pytest.raises(local.LocalError, match=r"^/opt/ml/model cannot be read: with model/big it has more than"):
        left(tmp_path, "truncate -s 1T /opt/ml/model/big")
    assert not [path for path in (tmp_path / "result").rglob("*") if path.is_file()]


@docker
def test_folders_inside_each_other_are_not_copied(tmp_path: Path) -> None:
    """Whoever walks through them later, to look or to remove them, would end with a RecursionError."""
    script = "cd /opt/ml/model; for _ in $(seq 1800); do mkdir d; cd -P d || exit; done"
    with pytest.raises(local.LocalError, match=r"^/opt/ml/model cannot be read: .* lies more than 100 folders deep"):
        left(tmp_path, script)


@docker
def test_files_without_number_are_not_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "_ENTRIES", 100)
    with pytest.raises(local.LocalError, match=r"^/opt/ml/model cannot be read: with model/\d+ it has more than 100"):
        left(tmp_path, "cd /opt/ml/model; mkdir $(seq 200)")


@docker
def test_a_failure_file_of_any_bytes_and_any_size_is_cut(tmp_path: Path) -> None:
    result = left(tmp_path, "printf 'why \\377' >/opt/ml/output/failure; truncate -s 100M /opt/ml/output/failure")
    assert result.failure
    assert result.failure.startswith("why \ufffd\0")
    assert len(result.failure) == 65536


# --- what it takes ----------------------------------------------------------------------------------------------------


@docker
def test_a_container_is_bounded(tmp_path: Path) -> None:
    with job(tmp_path, "true") as running:
        given = running.container.attrs["HostConfig"]
        total = local.engine().info()["MemTotal"]
    assert given["PidsLimit"] == 4096
    assert 0.7 * total < given["Memory"] < 0.9 * total
    assert given["LogConfig"]["Config"]["max-size"] == "32m"
    assert running.container.attrs["Config"]["StopSignal"] == "SIGTERM"


@docker
def test_a_long_log_is_cut_in_the_middle_and_says_so(tmp_path: Path) -> None:
    script = """echo first; yes "$(printf '%01000d' 0)" | head -c 6000000; echo last"""
    with job(tmp_path, script) as running:
        running.until(lambda: not running.running, "its end", 120)
        tracemalloc.start()
        log = running.logs()
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert most < 16 * 2**20
    assert log.startswith("first\n")
    assert log.endswith("last\n")
    assert "bytes of the log are left out here" in log


@docker
def test_what_ends_for_want_of_memory_says_so(tmp_path: Path) -> None:
    hungry = "sleep 1; exec python3 -c 'b = bytearray(2**30); print(len(b))'"
    limits = {"mem_limit": "64m", "memswap_limit": "64m"}
    with job(tmp_path, hungry, **limits) as running, pytest.raises(local.LocalError, match="137.* memory"):
        running.wait_for_log("never")


@pytest.mark.parametrize(
    ("state", "end"),
    [
        ({"ExitCode": 137, "OOMKilled": True}, "exit code 137, out of memory"),
        # the engine copies the flag when the container ends; a notice of the kernel that comes later is lost
        ({"ExitCode": 137, "OOMKilled": False}, "exit code 137: it was killed, perhaps because memory ran out"),
        ({"ExitCode": 1, "OOMKilled": False}, "exit code 1"),
        ({"ExitCode": 1}, "exit code 1"),
    ],
)
def test_how_a_container_ended(state: dict[str, Any], end: str) -> None:
    assert local._end(state) == f"the container ended with {end}"


@docker
def test_control_characters_in_an_error_are_escaped(tmp_path: Path) -> None:
    with (
        job(tmp_path, "printf '\\033]52;c;Y2F0\\007 \\302\\233 \\342\\200\\256 end'") as running,
        pytest.raises(local.LocalError) as caught,
    ):
        running.wait_for_log("never")
    assert r"\x1b]52;c;Y2F0\x07 \x9b \u202e end" in str(caught.value)


# --- what it answers --------------------------------------------------------------------------------------------------

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\n"


def drip(connection: socket.socket, head: bytes, piece: bytes, pause: float) -> None:
    connection.sendall(head)
    while True:
        connection.sendall(piece)
        time.sleep(pause)


#: a server's way to be never done
WAYS: dict[str, Callable[[socket.socket], None]] = {
    "a body byte by byte": functools.partial(drip, head=HEAD + b"Content-Length: 1000\r\n\r\n", piece=b"x", pause=0.1),
    "chunks byte by byte": functools.partial(
        drip, head=HEAD + b"Transfer-Encoding: chunked\r\n\r\n", piece=b"1\r\nx\r\n", pause=0.1
    ),
    "a header byte by byte": functools.partial(drip, head=HEAD + b"X-Long: ", piece=b"x", pause=0.1),
    "100 Continue for ever": functools.partial(drip, head=b"", piece=b"HTTP/1.1 100 Continue\r\n\r\n", pause=0.1),
}
ENDLESS: dict[str, Callable[[socket.socket], None]] = {
    "a length of a terabyte": functools.partial(
        drip, head=HEAD + b"Content-Length: 1099511627776\r\n\r\n", piece=bytes(2**20), pause=0
    ),
    "no length": functools.partial(drip, head=HEAD + b"Connection: close\r\n\r\n", piece=bytes(2**20), pause=0),
    "a chunk of less than nothing": functools.partial(
        drip, head=HEAD + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n", piece=bytes(2**20), pause=0
    ),
}


@pytest.fixture
def hostile() -> Iterator[Callable[[Callable[[socket.socket], None]], int]]:
    """A function that lets a server on loopback answer in such a way, and returns its port."""
    servers: list[socket.socket] = []

    def serve(answer: Callable[[socket.socket], None]) -> int:
        server = socket.create_server(("127.0.0.1", 0))
        servers.append(server)

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection = server.accept()[0]
                    threading.Thread(target=reply, args=[connection], daemon=True).start()

        def reply(connection: socket.socket) -> None:
            with connection, contextlib.suppress(OSError):
                connection.recv(65536)
                answer(connection)

        threading.Thread(target=accept, daemon=True).start()
        return int(server.getsockname()[1])

    yield serve
    for server in servers:
        server.close()


def endpoint(port: int) -> local.Endpoint:
    container: Any = SimpleNamespace(ports={"8080/tcp": [{"HostPort": str(port)}]})
    return local.Endpoint(container)


@pytest.mark.parametrize("way", WAYS)
def test_an_answer_that_never_ends_is_given_up_in_time(
    hostile: Callable[[Callable[[socket.socket], None]], int], way: str
) -> None:  # H1, H11
    port, started = hostile(WAYS[way]), time.monotonic()
    answer = endpoint(port).request("GET", "/ping", timeout=1)
    seen = inside._exchange(port, b"GET /ping HTTP/1.1\r\n\r\n", 1, local.LONGEST)
    assert answer.status == 0
    assert "timed out" in answer.text
    assert seen[2] < 20
    assert time.monotonic() - started < 40


def test_a_server_that_takes_a_body_byte_by_byte_is_given_up_in_time(
    hostile: Callable[[Callable[[socket.socket], None]], int],
) -> None:
    def sip(connection: socket.socket) -> None:
        while connection.recv(65536):
            time.sleep(0.1)

    started = time.monotonic()
    answer = endpoint(hostile(sip)).request("POST", "/invocations", iter([bytes(65536)] * 1000), timeout=1)
    assert answer.status == 0
    assert time.monotonic() - started < 40


@pytest.mark.parametrize("way", ENDLESS)
def test_an_answer_without_bound_is_cut_off_with_a_word(
    hostile: Callable[[Callable[[socket.socket], None]], int], way: str
) -> None:
    answer = endpoint(hostile(ENDLESS[way])).request("GET", "/", timeout=60)
    if answer.status:
        assert len(answer.body) < 65 * 2**20
        assert answer.body.endswith(b"... (cut off after 64 MiB)")
    else:
        assert "more than 128 MiB came" in answer.text


def test_an_answer_that_breaks_off_is_none(hostile: Callable[[Callable[[socket.socket], None]], int]) -> None:  # H4
    half = endpoint(hostile(lambda connection: connection.sendall(HEAD + b"Content-Length: 100\r\n\r\nhalf")))
    assert half.request("GET", "/").status == 0


@docker
def test_a_command_in_the_container_that_never_ends_is_given_up(tmp_path: Path) -> None:
    with job(tmp_path, "sleep 60") as running:
        with pytest.raises(TimeoutError, match="sleep, run in the container, did not end within 0.5 s"):
            inside.execute(running.container, ["sleep", "60"], 0.5)
        assert inside.execute(running.container, ["sh", "-c", "echo out; echo err >&2; exit 3"], 30) == (3, b"out\n")


@docker
@pytest.mark.exhaustive
def test_a_command_in_the_container_that_prints_without_end_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inside, "LONGEST", 2**20)
    with (
        job(tmp_path, "sleep 60") as running,
        pytest.raises(TimeoutError, match="yes, run in the container, did not end before"),
    ):
        inside.execute(running.container, ["yes"], 30)
