"""The first start of the server that is checked, watched from outside and from inside its network."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from smscaffold.contract.clause import UnprovenError, shown
from smscaffold.contract.injection import fixture
from smscaffold.contract.inside import Inside
from smscaffold.contract.lab import Lab
from smscaffold.contract.waiting import first_error, without_pings
from smscaffold.sagemaker_local import Endpoint, Finished, Response

PORT = 8080
_A_MOMENT = 0.05  # seconds between two looks
_LOOK = 0.5  # seconds between two looks into the container, which cost more
_LOGS = 2000  # characters of the end of a log


@dataclass
class Start:
    """How the server started."""

    served: Endpoint
    #: the addresses that it listens on at port 8080
    addresses: set[str] = field(default_factory=set)
    #: where else it listens, as `address:port`
    elsewhere: set[str] = field(default_factory=set)
    #: why nothing could be seen from inside; empty if it could
    unseen: str = ""
    #: seconds until the first 200 to a ping from outside; None: there was none
    ready: float | None = None
    #: seconds for which it was watched
    watched: float = 0
    #: the last answer to a ping that was no 200
    last: Response | None = None
    #: how it ended, if it did
    end: Finished | None = None

    @property
    def on_loopback(self) -> bool:
        """Whether it listens on port 8080 for the container itself alone."""
        return bool(self.addresses) and all(each.startswith("127.") or each == "::1" for each in self.addresses)

    @property
    def problem(self) -> str:
        """Why it does not serve, in words; empty if it does."""
        if self.end:
            cause = first_error(self.end.logs) or "the log names no error"
            return f"the container ended with exit code {self.end.exit_code} after {self.watched:.0f} s: {cause}"
        if self.ready is None:
            last = f"the last ping got {shown(self.last)}" if self.last and self.last.status else "no ping was answered"
            return f"no 200 within {self.watched:.0f} s; {last}"
        return ""

    @property
    def logs(self) -> str:
        """The end of the log, without what our pings caused."""
        return without_pings(self.end.logs if self.end else self.served.logs())[-_LOGS:]


@fixture
def start(lab: Lab, model: Path | None) -> Iterator[Start]:
    """The first start, until a ping gets 200, the container ends, or `--start-timeout` is over."""
    with lab.endpoint(model, ready_within=None) as served:
        yield _watched(lab, Start(served))


def _watched(lab: Lab, start: Start) -> Start:
    began, looked, served = time.monotonic(), 0.0, start.served
    while True:
        alive, answer = served.running, served.ping()
        start.watched = time.monotonic() - began
        if answer.status == 200:
            start.ready = lab.first_start = start.watched
            _look(lab, start)
            return start
        if not alive:
            start.end = served.wait()
            return start
        start.last = answer
        if time.monotonic() - looked > _LOOK:
            _look(lab, start)
            looked = time.monotonic()
            if start.on_loopback and lab.inside(served).ping().status == 200:
                return start
        if start.watched > lab.start_timeout:
            return start
        time.sleep(_A_MOMENT)


def _look(lab: Lab, start: Start) -> None:
    try:
        inside: Inside = lab.inside(start.served)
        found = inside.listeners()
        start.addresses |= {str(address) for address, port in found if port == PORT}
        start.elsewhere |= {f"{address}:{port}" for address, port in found if port != PORT}
        start.unseen = ""
    except UnprovenError as reason:
        start.unseen = str(reason)
    except OSError as error:  # it has just ended
        start.unseen = str(error)
