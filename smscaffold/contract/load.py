"""Requests that take a while, made of the few that were given, and a container under load."""

from __future__ import annotations

import contextlib
import csv
import json
import os
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from smscaffold.contract.clause import unproven
from smscaffold.contract.injection import fixture
from smscaffold.contract.parsing import json_value
from smscaffold.contract.subject import Payload

if TYPE_CHECKING:
    from smscaffold.contract.inside import Inside, Seen
    from smscaffold.sagemaker_local import Endpoint, Response, Running

LINES = ("text/csv", "application/jsonlines", "application/x-jsonlines", "application/x-ndjson")
_LARGEST = 24 * 2**20  # bytes, below the 25 MiB that every container takes (H19)
_SLOW = 0.6  # seconds that a request has to take
_AGAIN = 3  # times that a slow request is sent once more
_CLOSE = 1.3  # times a good request that a refused one is near enough to it
_LEAST = 0.2  # of a CPU, with which a server still answers pings at once
_MOST = 48  # requests at a time that are not long
_PERIOD = 1_000_000  # microseconds in which a throttled container gets its share
_SHORT_PERIOD = 100_000  # the same where pings must not wait for it


@dataclass(frozen=True)
class Pieces:
    """A payload taken apart, so that requests with other records, and with more of them, can be made of it."""

    content_type: str
    items: tuple[bytes, ...]
    head: bytes
    separator: bytes
    tail: bytes

    def chosen(self, places: Iterable[int]) -> Payload:
        """A request with the records of these places."""
        body = self.separator.join(self.items[place] for place in places)
        return Payload(self.head + body + self.tail, self.content_type)

    def grown(self, size: int) -> Payload:
        """A request that repeats all records as often as `size` bytes allow, at least once."""
        block = self.separator.join(self.items) + self.separator
        times = max(1, (size - len(self.head) - len(self.tail)) // len(block))
        return Payload(self.head + (block * times).removesuffix(self.separator) + self.tail, self.content_type)


def media(content_type: str) -> str:
    """A content type without its parameters, in small letters."""
    return content_type.partition(";")[0].strip().lower()


def taken_apart(payload: Payload) -> Iterator[Pieces]:
    """The ways in which a payload may consist of records; what the container makes of them tells which is right."""
    kind = media(payload.content_type)
    if kind in LINES:
        lines = payload.body.replace(b"\r\n", b"\n").removesuffix(b"\n").split(b"\n")
        if kind == "text/csv" and len(list(csv.reader(payload.text.splitlines()))) != len(lines):
            return  # cells with line breaks
        yield Pieces(payload.content_type, tuple(lines), b"", b"\n", b"\n")
        if kind == "text/csv" and len(lines) > 1:
            yield Pieces(payload.content_type, tuple(lines[1:]), lines[0] + b"\n", b"\n", b"\n")
    elif kind == "application/json" or kind.endswith("+json"):
        with contextlib.suppress(ValueError):
            yield from _in_json(json_value(payload.body), payload.content_type)


def _in_json(value: object, content_type: str) -> Iterator[Pieces]:
    """A list, or a list in an object."""
    if isinstance(value, list) and value:
        yield Pieces(content_type, tuple(json.dumps(item).encode() for item in value), b"[", b",", b"]")
    if isinstance(value, dict):
        for name, part in value.items():
            for pieces in _in_json(part, content_type) if isinstance(part, list) else ():
                others = {key: other for key, other in value.items() if key != name}
                head, _, tail = json.dumps({**others, name: []}).rpartition("[]")
                yield Pieces(content_type, pieces.items, head.encode() + b"[", b",", b"]" + tail.encode())


@dataclass(frozen=True)
class Asked:
    """A request and the answer to it."""

    payload: Payload
    answer: Response

    @property
    def ok(self) -> bool:
        return self.answer.status == 200

    def __str__(self) -> str:
        return f"{self.payload.content_type}, {len(self.payload.body)} bytes, {self.answer.seconds:.2f} s"


def ask(endpoint: Endpoint, payload: Payload) -> Asked:
    """Sends a request as it is."""
    return Asked(payload, endpoint.invoke(payload.body, payload.content_type))


def slowest(endpoint: Endpoint, pieces: Pieces) -> Asked | None:
    """A good request that takes about a second; if none below 24 MiB does, the largest. None: not even a small one.

    Where a larger one is refused, such as by a front server's limit, sizes between are tried.
    """
    found, size, refused = None, 2**15, 2 * _LARGEST
    while True:
        asked = _warm(endpoint, pieces.grown(size))
        if not asked.ok:
            if found is None:
                return None
            refused = size
        else:
            found = asked
            if asked.answer.seconds > _SLOW or size >= _LARGEST:
                return found
        known = len(found.payload.body)
        if refused <= _LARGEST and refused < _CLOSE * known:
            return found
        grown = int(size * min(16, 1 / found.answer.seconds)) + 1 if asked.ok else _LARGEST
        size = min(_LARGEST, grown, (known + refused) // 2 if refused <= _LARGEST else _LARGEST)


def _warm(endpoint: Endpoint, payload: Payload) -> Asked:
    """The quickest of a few answers: a worker may load the model, or compile, when its first request comes."""
    asked = ask(endpoint, payload)
    for _ in range(_AGAIN):
        if not asked.ok or asked.answer.seconds <= _SLOW:
            break
        asked = min(asked, ask(endpoint, payload), key=lambda each: (not each.ok, each.answer.seconds))
    return asked


def cost(endpoint: Endpoint, payload: Payload) -> tuple[Asked, float]:
    """What comes of a request once the container is warm, and the seconds of CPU time that it costs."""
    ask(endpoint, payload)
    before = _cpu_seconds(endpoint)
    asked = ask(endpoint, payload)
    return asked, _cpu_seconds(endpoint) - before


def _cpu_seconds(running: Running) -> float:
    now: Any = running.container.stats(stream=False, one_shot=True)
    return float(now["cpu_stats"]["cpu_usage"]["total_usage"]) / 1e9


@contextlib.contextmanager
def throttled(running: Running, share: float, period: int = _PERIOD) -> Iterator[bool]:
    """Leaves a container this share of one CPU, in each of these microseconds; whether the engine can."""
    import docker.errors  # here: to list clauses nobody needs it

    quota = max(1000, int(share * period))
    try:
        running.container.update(cpu_period=period, cpu_quota=quota)
    except docker.errors.APIError:
        yield False
        return
    try:
        yield True
    finally:
        with contextlib.suppress(docker.errors.APIError):  # it may have ended
            running.container.update(cpu_period=100_000, cpu_quota=-1)


@dataclass(frozen=True)
class Strain:
    """What became of pings while a container was busy."""

    pings: list[Seen]
    load: str


def strain(endpoint: Endpoint, inside: Inside, heavy: Asked, pings: int = 50) -> Strain:
    """Pings from inside, ten at a time, while more requests are under way than a server usually has workers.

    Where no request takes long, a limit on the CPU makes each last about a second, as with a larger model, and there
    are more of them: a ping that waits behind none of them needs next to no CPU.
    """
    cpus, lasts = os.cpu_count() or 1, heavy.answer.seconds
    share = max(_LEAST, cpus * lasts)
    if lasts >= _SLOW or share >= cpus or not inside.from_outside:
        return _strain(endpoint, inside, heavy, pings, 2 * cpus + 8)
    return _strain(endpoint, inside, heavy, pings, _MOST, share)


def _strain(
    endpoint: Endpoint, inside: Inside, heavy: Asked, pings: int, clients: int, share: float | None = None
) -> Strain:
    """`share`: of one CPU, what is left to the container until all pings have been sent; None: all of it."""
    first, enough = threading.Event(), threading.Event()

    def keep_asking() -> bool:
        good = False
        while not enough.is_set():
            good |= ask(endpoint, heavy.payload).ok
            first.set()
        return good

    with ThreadPoolExecutor(clients + 10) as pool:
        limited = throttled(endpoint, share, _SHORT_PERIOD) if share else contextlib.nullcontext(False)
        try:
            with limited as slow:
                busy = [pool.submit(keep_asking) for _ in range(clients)]
                first.wait()
                seen = list(pool.map(lambda _: inside.ping(), range(pings)))
        finally:
            enough.set()
    if not any(each.result() for each in busy):
        unproven(f"none of {clients} requests at a time was answered with 200")
    return Strain(seen, f"{clients} requests at a time ({heavy})" + (f" on {share:.2f} CPUs" if slow else ""))


@fixture
def pieces(endpoint: Endpoint, payload: Payload, payloads: tuple[Payload, ...]) -> Pieces | None:
    """Returns a payload taken apart into records; None when `endpoint` rejects payloads assembled from records."""
    ways = (way for each in (payload, *payloads) for way in taken_apart(each))
    return next((way for way in ways if ask(endpoint, way.chosen([*range(len(way.items))][::-1] * 2)).ok), None)


@fixture
def heavy(endpoint: Endpoint, payload: Payload, pieces: Pieces | None) -> Asked:
    """A good request that takes about a second, or as long as one can be made to take."""
    return (pieces and slowest(endpoint, pieces)) or ask(endpoint, payload)


@fixture
def strained(endpoint: Endpoint, inside: Inside, heavy: Asked) -> Strain:
    """Pings from inside while `endpoint` is busy; only for clauses that run alone."""
    return strain(endpoint, inside, heavy)
