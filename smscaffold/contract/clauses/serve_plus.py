"""What makes a good endpoint (profile `serve-plus`): health, errors, connections. Its model: `serve_plus_model`."""

from __future__ import annotations

import contextlib
import dataclasses
import http.client
import re
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, ClassVar

from smscaffold.contract.clause import Clause, Each, Mend, expect, shown, skip, unproven
from smscaffold.contract.load import LINES, ask, media
from smscaffold.contract.processes import Process, kill, processes
from smscaffold.contract.splitting import alike, predictions
from smscaffold.contract.subject import Payload

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from smscaffold.contract.lab import Lab
    from smscaffold.contract.load import Asked, Pieces
    from smscaffold.sagemaker_local import Endpoint, Response

_ATTRIBUTES = "X-Amzn-SageMaker-Custom-Attributes"


class H13(Clause):
    """`/ping` is 200 only while predictions are possible.

    When what predicts has died, it is replaced, `/ping` says so, or the container ends; otherwise the platform goes on
    to send requests that nobody can answer.
    """

    requires = ("H1",)
    seconds = 6
    timed = True
    mend = Mend(
        "Let the front end answer /ping by what it knows of the workers, and a supervisor replace dead ones or end.",
        python="gunicorn replaces workers by itself; a front end that is static in /ping hides when it cannot",
        r="the bash PID 1 watches Rscript with `wait -n` and exits when it ends",
        java="one JVM that does it all needs nothing; in Spring Boot /actuator/health may stand behind /ping",
    )
    #: seconds after which the container has to tell
    within: ClassVar[float] = 30

    def check(self, lab: Lab, model: Path | None, payload: Payload, pieces: Pieces | None, heavy: Asked) -> str:
        load = pieces.grown(min(2**19, len(heavy.payload.body))) if pieces else payload
        from smscaffold import sagemaker_local as local  # here: to list clauses nobody needs docker

        with lab.endpoint(model) as broken:
            first, busiest = _busiest(broken, load)
            asked = f"SIGKILL to what predicts: {busiest[0].command[:100]}"
            if first in busiest:
                broken.kill()
                broken.until(lambda: not broken.running, "its end", 30)
                return "PID 1 itself predicts, and the container ended with it"
            for process in busiest:
                kill(broken.container, process)
            told = ""
            with contextlib.suppress(local.LocalError):
                told = broken.until(lambda: _told(broken, payload), "a sign that it knows", self.within)
            if not told:
                answer = broken.request("POST", "/invocations", payload.body, {"Content-Type": payload.content_type}, 5)
                came = f"200 to /ping for {self.within:g} s, and to a good request {shown(answer)}"
                wanted = "another status of /ping, the container's end, or predictions again"
                expect(False, sent=asked, expected=wanted, came=came)
        return f"{len(busiest)} processes that predict were killed: {told}"


def _busiest(endpoint: Endpoint, load: Payload) -> tuple[Process, list[Process]]:
    """PID 1, and what computes when requests are answered with all that is like it: PID 1 if nothing else does."""
    before = processes(endpoint.container)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: ask(endpoint, load), range(16)))
    after = processes(endpoint.container)
    used = {pid: each.seconds - (before[pid].seconds if pid in before else 0) for pid, each in after.items()}
    most = max(used.values(), default=0)
    if not most:
        unproven("none of the container's processes is seen to compute when it predicts: give a larger request")
    first, *others = after.values()
    kinds = {(each.parent, each.command) for each in others if used[each.pid] > most / 4}
    return first, [each for each in others if (each.parent, each.command) in kinds] or [first]


def _told(endpoint: Endpoint, payload: Payload) -> str:
    """How the container shows that it knows; empty if it does not."""
    if not endpoint.running:
        return "the container ended"
    if (ping := endpoint.ping()).status != 200:
        return f"/ping says {ping.status or 'nothing'}"
    headers = {"Content-Type": payload.content_type}
    answer = endpoint.request("POST", "/invocations", payload.body, headers, timeout=5)
    return "predictions still come" if answer.status == 200 else ""


class H57(Clause):
    """When a part of it is killed, it goes on, or ends with an error: never with exit code 0.

    Whoever looks at the container takes 0 for an end that somebody wanted: nobody restarts it, and no alarm comes.
    """

    requires = ("H1",)
    seconds = 8
    mend = Mend(
        "Let PID 1 wait for its children, and end with an error when one ends that it did not stop itself.",
        python="pid, status = os.wait(); then stop the others, and sys.exit(1) unless SIGTERM came",
        r="in the bash that is PID 1: `wait -n; code=$?`, and `exit $((code ? code : 1))` unless SIGTERM came",
        java="the same in a bash that starts nginx and java; a JVM alone ends with it, which is 137",
    )
    #: seconds after which a container that has lost a part is taken to go on
    within: ClassVar[float] = 4
    most: ClassVar[int] = 4

    def check(self, lab: Lab, model: Path | None) -> str:
        tried: dict[str, str] = {}
        with Each() as each:
            while self._ended(lab, model, tried, each):
                pass
        if not tried:
            skip("PID 1 is its only process")
        return "; ".join(f"without {command[:60]} it {came}" for command, came in tried.items())

    def _ended(self, lab: Lab, model: Path | None, tried: dict[str, str], each: Each) -> bool:
        """Kills one part after the other; whether the container has ended, so that the rest needs another one."""
        with lab.endpoint(model) as served:
            while len(tried) < self.most and (part := _untried(served, tried)):
                tried[part.command] = "goes on"
                kill(served.container, part)
                if served.ends(self.within):
                    code = served.wait().exit_code
                    tried[part.command] = f"ends with exit code {code}"
                    asked, came = f"SIGKILL to {part.command[:100]}", f"the container's end with exit code {code}"
                    with each():
                        expect(code != 0, sent=asked, expected="an end with an error, or none at all", came=came)
                    return True
        return False


def _untried(served: Endpoint, tried: Iterable[str]) -> Process | None:
    """The first process of another kind than those that were killed before; PID 1 is none of them."""
    if not served.running:
        return None
    _, *others = processes(served.container).values()
    return next((each for each in others if each.command not in tried), None)


class H18(Clause):
    """Custom attributes come back as legal text or not at all.

    Whatever the container puts into that header of its answer reaches the client: bytes that nobody checked may split
    the answer in two.
    """

    requires = ("H1",)
    mend = Mend("Leave the header out, or set it to a text of your own of at most 1024 visible ASCII characters.")

    def check(self, endpoint: Endpoint, payload: Payload) -> str:
        values = ("trace-1", "a" * 1024, "a%0d%0aX-Injected: 1", "%E2%80%A8", "caf\xe9\x85")
        seen = set()
        for value in values:
            answer = endpoint.invoke(payload.body, payload.content_type, **{_ATTRIBUTES: value})
            asked = f"POST /invocations, {_ATTRIBUTES}: {value[:40]!r}"
            if value.isalnum() or value == "trace-1":
                expect(answer.status == 200, sent=asked, expected="200", came=answer)
            echoes = answer.headers.get_all(_ATTRIBUTES) or []
            legal = all(re.fullmatch(r"[ -~]{0,1024}", echo) for echo in echoes) and "X-Injected" not in answer.headers
            wanted = "no such header on the answer, or at most 1024 visible ASCII characters in it"
            expect(legal, sent=asked, expected=wanted, came=f"{_ATTRIBUTES}: {echoes}")
            seen.add("returned as legal text" if echoes else "not returned")
        return f"{len(values)} values, {' and '.join(sorted(seen))}"


class H20(Clause):
    """Bad requests get a 4xx with a short text, and do no harm.

    The caller sees status and text as a ModelError; a 5xx says that the container is at fault, and batch transforms
    repeat it. 415 for an unknown Content-Type and 406 for an Accept that cannot be met are usual, not prescribed.
    """

    requires = ("H1",)
    quick = True
    mend = Mend(
        "Answer what cannot be read with 400, an unknown Content-Type with 415, an Accept that cannot be met with 406 "
        "and an unknown path with 404, with a sentence and without the stack trace.",
        python="an errorhandler for HTTPException and one for ValueError",
        r="plumber: pr_set_error and pr_set_404 with an own status",
        java="@ExceptionHandler methods; server.error.include-stacktrace=never",
    )

    def check(self, endpoint: Endpoint, payloads: tuple[Payload, ...]) -> str:
        seen = []
        with Each() as each:
            for payload in payloads:
                for bad in _bad(payload):
                    seen.append(self._refused(endpoint, *bad, each))
            answer = endpoint.request("GET", "/made-up")
            with each():
                expect(answer.status == 404, sent="GET /made-up", expected="404", came=answer)
            _short("GET /made-up", answer, each)
            with each(weight=3):
                answer = endpoint.ping()
                expect(answer.status == 200, sent="GET /ping after bad requests", expected="200", came=answer)
            with each(weight=3):
                answer = ask(endpoint, payloads[0]).answer
                expect(answer.status == 200, sent="a good request after bad ones", expected="200", came=answer)
        return f"{', '.join(dict.fromkeys(seen))}; good ones still get 200"

    def _refused(
        self, endpoint: Endpoint, what: str, body: bytes, headers: dict[str, str], any_type: bool, each: Each
    ) -> str:
        asked = f"POST /invocations, {headers['Content-Type']}, {what}"
        answer = endpoint.request("POST", "/invocations", body, headers)
        wanted = "200 or a 4xx" if any_type else "a 4xx"
        good = 400 <= answer.status < 500 or (any_type and answer.status == 200)
        with each(weight=2 if answer.status == 0 else answer.status >= 500):
            expect(good, sent=asked, expected=wanted, came=answer)
        _short(asked, answer, each)
        return f"{what}: {answer.status}"


def _bad(payload: Payload) -> Iterator[tuple[str, bytes, dict[str, str], bool]]:
    """What is bad, the body, the headers, and whether a model may take it all the same."""
    kind = media(payload.content_type)
    typed = {"Content-Type": payload.content_type}
    takes_all = kind not in (*LINES, "application/json")
    yield "an empty body", b"", typed, takes_all
    yield "a body of random bytes", bytes(range(256)), typed, takes_all
    yield "a made-up Content-Type", payload.body, {"Content-Type": "application/x-made-up"}, False
    yield "a made-up Accept", payload.body, {**typed, "Accept": "application/x-made-up"}, False


def _short(asked: str, answer: Response, each: Each) -> None:
    if answer.status != 200:
        with each():
            expect(len(answer.text) <= 2048, sent=asked, expected="at most 2048 characters", came=answer)
        with each():
            trace = re.search(r"Traceback \(most recent|^\s+at [\w.$/]+\(", answer.text, re.MULTILINE)
            expect(not trace, sent=asked, expected="no stack trace", came=answer)


class H21(Clause):
    """A connection carries several requests, and bodies may come in chunks.

    The platform keeps connections open, and sends the large bodies of a batch transform in chunks.
    """

    requires = ("H1",)
    timed = True
    mend = Mend(
        "Speak HTTP/1.1: keep connections open, send Content-Length or chunks, read chunked bodies.",
        python="http.server: protocol_version = 'HTTP/1.1'; the WSGI server has to give wsgi.input_terminated",
        r="httpuv does both; behind nginx set keepalive_timeout and leave chunked_transfer_encoding on",
        java="read the body as a stream, not by getContentLength()",
    )

    def check(self, endpoint: Endpoint, payload: Payload, answer: Response) -> str:
        half = len(payload.body) // 2
        asked = f"POST /invocations, {payload.content_type}"
        with Each() as each:
            with each(), contextlib.closing(endpoint.connection(60)) as connection:
                came = _over(connection, payload, payload.body)
                expect(came.status == 200, sent=asked, expected="200", came=came)
                sized = "Content-Length" in came.headers or came.headers["Transfer-Encoding"] == "chunked"
                expect(sized, sent=asked, expected="Content-Length or chunks", came=f"{came.headers}")
                first = connection.sock
                expect(first, sent=asked, expected="a connection that stays open", came=f"{came.headers}")
                came = _over(connection, payload, payload.body)
                good = came.status == 200 and connection.sock is first
                expect(good, sent=f"{asked}, a second one on the connection", expected="200", came=came)
            with each(weight=1), contextlib.closing(endpoint.connection(30)) as connection:
                came = _over(connection, payload, [payload.body[:half], payload.body[half:]])
                steady = ask(endpoint, payload).answer.body == answer.body
                good = came.status == 200 and (came.body == answer.body or not steady)
                expect(good, sent=f"{asked}, in two chunks", expected=f"as without: {shown(answer)}", came=came)
        return "two requests on one connection, and one in two chunks"


def _over(connection: http.client.HTTPConnection, payload: Payload, body: bytes | Iterable[bytes]) -> Response:
    """What comes of a request over a connection of one's own."""
    from smscaffold import sagemaker_local as local

    started = time.monotonic()
    try:
        connection.request("POST", "/invocations", body, {"Content-Type": payload.content_type})
        answer = connection.getresponse()
        return local.Response(answer.status, answer.headers, local.read(answer), time.monotonic() - started)
    except (OSError, ValueError, http.client.HTTPException) as error:
        return local.Response(0, http.client.HTTPMessage(), repr(error).encode(), time.monotonic() - started)


class H22(Clause):
    """Requests at the same time get their own answers.

    The platform sends as many as come; a variable that two requests share shows only then.
    """

    requires = ("H1",)
    seconds = 3
    mend = Mend("Keep nothing of a request in variables that others see, such as globals and fields of a controller.")

    def check(self, endpoint: Endpoint, payloads: tuple[Payload, ...], pieces: Pieces | None, answer: Response) -> str:
        count = 64 if answer.seconds < 0.2 else 16
        questions = list(_questions(pieces, payloads, count))
        alone = [_beginning(endpoint, question) for question in questions]
        if any(each.status != 200 for each in alone) or len({each.body for each in alone}) < 2:
            unproven("all good requests that can be made get one and the same answer: give two --payload that do not")
        if not _alike(_beginning(endpoint, questions[0]), alone[0]):
            unproven("its answers to one and the same request differ, so they cannot be told apart")
        with ThreadPoolExecutor(count) as pool:
            together = list(pool.map(lambda question: _beginning(endpoint, question), questions))
        wrong = [place for place in range(count) if not _alike(together[place], alone[place])]
        asked = f"{count} requests at the same time, and before one after the other"
        if wrong:
            first = wrong[0]
            came = f"{len(wrong)} others; one was {shown(alone[first])}, and is {shown(together[first])}"
            expect(False, sent=asked, expected="the same answers", came=came)
        return f"{count} at the same time, each answered as by itself"


def _beginning(endpoint: Endpoint, question: Payload) -> Response:
    """The answer with the first MiB of its body: many are kept to be compared, and each may have 64 MiB."""
    answer = ask(endpoint, question).answer
    return dataclasses.replace(answer, body=answer.body[: 2**20])


def _questions(pieces: Pieces | None, payloads: tuple[Payload, ...], count: int) -> Iterator[Payload]:
    """As many requests, of which each has another content than its neighbour."""
    records = len(pieces.items) if pieces else 0
    for n in range(count):
        if pieces and records > 1:
            yield pieces.chosen((n >> bit) % 2 * (1 + n % (records - 1)) for bit in range(7))
        else:
            yield payloads[n % len(payloads)]


def _alike(one: Response, other: Response) -> bool:
    same = one.status == other.status and one.headers.get_content_type() == other.headers.get_content_type()
    return same and (one.body == other.body or alike(predictions(one), predictions(other)))
