"""What a batch transform needs (profile `batch`)."""

from __future__ import annotations

import http.client
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Any

from smscaffold.contract.clause import Clause, Each, Mend, UnprovenError, expect, short, skip, unproven
from smscaffold.contract.parsing import json_value
from smscaffold.contract.splitting import first_difference, predictions

if TYPE_CHECKING:
    from smscaffold.contract.lab import Lab
    from smscaffold.contract.splitting import Lines
    from smscaffold.contract.subject import Payload
    from smscaffold.sagemaker_local import Endpoint, Response

MIB = 2**20
_MUCH = 10**6  # characters of a log
_SMALL = 65536  # characters of an object with a few numbers
_TO_READ = 5  # seconds until a server has read what has come
_AT_ONCE = 100  # requests, the most that a transform sends at a time


class B1(Clause):
    """A batch transform's server is the endpoint's: `serve`, `/ping`, `/invocations`.

    It is started in the same way, with variables that tell of the transform.
    """

    requires = ("H1",)
    seconds = 4
    mend = Mend("Serve whatever SAGEMAKER_BATCH says; let it change no more than how a bad record is answered.")

    def check(self, batch: Endpoint, payloads: tuple[Payload, ...]) -> str:
        answer = batch.ping()
        expect(answer.status == 200, sent="GET /ping, all variables of a transform", expected="200", came=answer)
        with Each() as each:
            for payload in payloads:
                answer = batch.invoke(payload.body, payload.content_type)
                asked = f"POST /invocations, {payload.content_type}, all variables of a transform"
                with each():
                    good = answer.status == 200 and answer.body
                    expect(good, sent=asked, expected="200 with a prediction", came=answer)
        return f"/ping, and 200 to {', '.join(payload.content_type for payload in payloads)}"


class B2(Clause):
    """Each variable of a transform may be missing, and `SAGEMAKER_BATCH` is `true` in any case of letters.

    The platform sets the others only if the request for the transform has them. AWS's local mode says `True`.
    """

    requires = ("B1",)
    seconds = 4
    mend = Mend(
        "Have a default for each variable, and compare SAGEMAKER_BATCH without regard to case.",
        python="os.environ.get('SAGEMAKER_BATCH', '').lower() == 'true'",
        r='tolower(Sys.getenv("SAGEMAKER_BATCH")) == "true"',
        java='Boolean.parseBoolean(System.getenv("SAGEMAKER_BATCH"))',
    )

    def check(self, batch: Endpoint, bare_batch: Endpoint, payloads: tuple[Payload, ...]) -> str:
        for payload in payloads:
            bad = payload.body.rstrip(b"\r\n") + b"\n?"
            for what, body in (("the payload", payload.body), ("the payload and a bad line", bad)):
                usual, answer = (each.invoke(body, payload.content_type) for each in (batch, bare_batch))
                asked = f"POST /invocations, {payload.content_type}, {what}, with SAGEMAKER_BATCH=True and no more"
                wanted = f"{usual.status} with {_newlines(usual)} newlines, as with SAGEMAKER_BATCH=true and all others"
                same = (answer.status, _newlines(answer)) == (usual.status, _newlines(usual))
                expect(same, sent=asked, expected=wanted, came=answer)
        return "the same answers with SAGEMAKER_BATCH=True alone as with all four"


def _newlines(answer: Response) -> int:
    return answer.body.count(b"\n") if answer.status == 200 else 0


class B3(Clause):
    """`/execution-parameters`, if there are any, are sound, and the concurrency they promise is there.

    The platform asks once before the transform. The concurrency is at most 100, and its product with the payload at
    most 100 MB.
    """

    requires = ("B1",)
    seconds = 2
    timed = True
    mend = Mend(
        "Answer 404, or JSON such as {'MaxConcurrentTransforms': 2, 'BatchStrategy': 'MULTI_RECORD', "
        "'MaxPayloadInMB': 6} with integers, for as many requests as are really answered at a time."
    )

    def check(self, lab: Lab, batch: Endpoint, payload: Payload) -> str:
        asked = "GET /execution-parameters"
        answer = batch.request("GET", "/execution-parameters")
        if answer.status == 404:
            skip("it has no /execution-parameters, so the platform takes its defaults")
        expect(answer.status == 200, sent=asked, expected="200 or 404", came=answer)
        given = _object(answer.text)
        count, size = (given.get(name) for name in ("MaxConcurrentTransforms", "MaxPayloadInMB"))
        wanted = "MaxConcurrentTransforms and MaxPayloadInMB as whole numbers"
        expect(type(count) is int and type(size) is int, sent=asked, expected=wanted, came=answer)
        count, size = int(str(count)), int(str(size))
        sound = 1 <= count <= _AT_ONCE and size >= 0 and count * size <= 100
        expect(sound, sent=asked, expected="1 to 100 at a time, and a product of at most 100", came=answer)
        strategy = str(given.get("BatchStrategy"))
        usual = strategy.replace("_", "").upper() in ("MULTIRECORD", "SINGLERECORD")
        expect(usual, sent=asked, expected="a BatchStrategy of MULTI_RECORD or SINGLE_RECORD", came=answer)
        self._serves_at_once(lab, batch, payload, count)
        note = "" if strategy.isupper() else ", though the guide has it in capitals (D5)"
        return f"{count} at a time of {size} MB each, {strategy}{note}; so many were answered at once"

    def _serves_at_once(self, lab: Lab, batch: Endpoint, payload: Payload, count: int) -> None:
        """All requests but the last stop in the middle: it is answered while they are on their way."""
        half = len(payload.body) // 2
        asked = f"{count} requests at a time, as MaxConcurrentTransforms says, of which {count - 1} come slowly"
        with ExitStack() as closing:
            slow = [batch.connection(30) for _ in range(count - 1)]
            for connection in slow:
                closing.callback(connection.close)
                connection.putrequest("POST", "/invocations")
                connection.putheader("Content-Type", payload.content_type)
                connection.putheader("Content-Length", str(len(payload.body)))
                connection.endheaders(payload.body[:half])
            if slow:
                _read(lab, batch)
            head = {"Content-Type": payload.content_type}
            answer = batch.request("POST", "/invocations", payload.body, head, timeout=10)
            expect(answer.status == 200, sent=asked, expected="200 to the last one, within 10 s", came=answer)
            statuses = [_finish(connection, payload.body[half:]) for connection in slow]
        expect(set(statuses) <= {200}, sent=asked, expected="200 to each", came=f"statuses {statuses}")


def _read(lab: Lab, batch: Endpoint) -> None:
    """Waits until the server reads one of the requests, where that can be seen: or the last one may come first."""
    from smscaffold.sagemaker_local import TimeUpError  # here: to list clauses nobody needs docker

    with suppress(UnprovenError, TimeUpError):
        inside = lab.inside(batch)
        batch.until(lambda: inside.reads(8080), "the slow requests to be read", _TO_READ)


def _finish(connection: http.client.HTTPConnection, rest: bytes) -> int | str:
    """The status that a request gets when the rest of its body has come."""
    try:
        connection.send(rest)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return repr(error)


def _object(text: str) -> dict[str, Any]:
    try:
        value = json_value(text) if len(text) <= _SMALL else {}
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


class B4(Clause):
    """However a file is split into requests, its records get the same predictions.

    The platform sends it whole, line by line, or as many lines as fit, and a header only with the first of them.
    """

    requires = ("B1",)
    seconds = 2
    mend = Mend(
        "Read one line or many, with a final newline or without one, and let no record's answer depend on its "
        "neighbours or on a header."
    )

    def check(self, batch: Endpoint, lines: Lines) -> str:
        chosen = lines.some(30)
        wanted = lines.expected(chosen)
        ways = {"whole": (30, "\n"), "line by line": (1, ""), "line by line with newlines": (1, "\n")}
        with Each() as each:
            for name, (size, end) in {**ways, "in blocks of 7 lines": (7, "\n")}.items():
                with each():
                    self._split(batch, lines, chosen, wanted, name, size, end)
        return f"the same 30 predictions {', '.join(ways)} and in blocks of 7"

    def _split(
        self, batch: Endpoint, lines: Lines, chosen: list[int], wanted: list[Any], name: str, size: int, end: str
    ) -> None:
        asked = f"30 records, {name}"
        came: list[Any] = []
        for start in range(0, 30, size):
            body = lines.body(chosen[start : start + size]).removesuffix("\n") + end
            answer = batch.invoke(body, lines.content_type)
            expect(answer.status == 200, sent=asked, expected="200 to each request", came=answer)
            came += predictions(answer, size)
        place = first_difference(came, wanted)
        told = f"{len(came)} predictions; number {place}: {came[place or 0 : (place or 0) + 1]}"
        expect(place is None, sent=asked, expected="the predictions that the records get in the payload", came=told)


class B5(Clause):
    """One line comes out for each record that goes in, in their order, also where some are bad.

    Without that, output cannot be joined to input. A request that fails costs the whole file its output.
    """

    requires = ("B4",)
    seconds = 2
    mend = Mend(
        "With SAGEMAKER_BATCH=true, answer a bad record with a placeholder such as ERROR at its place, not the whole "
        "request with a 4xx; separate answers by newlines."
    )

    def check(self, batch: Endpoint, lines: Lines) -> str:
        chosen = lines.some(1000)
        wanted = lines.expected(chosen)
        bad = (1, 500, 999)
        came: list[Any] = []
        with Each() as each:
            for asked, places in (("1000 records", ()), ("1000 records, of which numbers 1, 500 and 999 are '?'", bad)):
                with each():
                    body = ["?" if at in places else lines.records[place] for at, place in enumerate(chosen)]
                    answer = batch.invoke("\n".join(body), lines.content_type)
                    wants = "200, with a placeholder for a bad one"
                    expect(answer.status == 200, sent=asked, expected=wants, came=answer)
                    came = predictions(answer, 1000)
                    told = f"{len(came)} lines: {short(answer.text, 100)}"
                    expect(len(came) == 1000, sent=asked, expected="1000 lines", came=told)
                    good = [at for at in range(1000) if at not in places]
                    differs = first_difference([came[at] for at in good], [wanted[at] for at in good])
                    where = good[differs or 0]
                    told = f"at {where} came {came[where]!r}, where {wanted[where]!r} belongs"
                    expect(differs is None, sent=asked, expected="each answer at its record's place", came=told)
        if len({str(each) for each in wanted}) == 1:
            unproven("all records get the same answer, so their order cannot be seen: give a payload of different ones")
        return f"1000 lines for 1000 records, in order; for bad ones {came[1]!r}"


class B6(Clause):
    """100 MiB arrive, in chunks without a length, as a transform without a limit sends them.

    Servers that look at Content-Length alone read nothing then, and many have a limit of their own.
    """

    requires = ("B1",)
    seconds = 6
    mend = Mend(
        "Read bodies with Transfer-Encoding: chunked, and let 100 MiB in. In nginx `client_max_body_size 100m`; a "
        "server that cannot read chunks gets whole bodies from nginx by `proxy_request_buffering on`.",
        python="gunicorn reads chunks, with wsgi.input_terminated; Flask's development server does not",
        java="spring.servlet.multipart.* does not count here; Tomcat: server.tomcat.max-swallow-size=-1",
    )

    def check(self, batch: Endpoint, bare_batch: Endpoint, payloads: tuple[Payload, ...]) -> str:
        with Each() as each:
            for payload in payloads:
                with each():
                    self._chunks(batch, payload)
            with each(weight=1):
                answer = self._much(bare_batch, payloads)
        return f"chunks are read; {answer.status} to 99 MiB after {answer.seconds:.1f} s"

    def _chunks(self, batch: Endpoint, payload: Payload) -> None:
        third = len(payload.body) // 3 + 1
        pieces = [payload.body[start : start + third] for start in range(0, len(payload.body), third)]
        whole, answer = (batch.invoke(body, payload.content_type) for body in (payload.body, pieces))
        asked = f"POST /invocations, {payload.content_type}, chunked, {len(pieces)} chunks"
        expected = "the answer to the whole body"
        expect(answer.status == whole.status == 200, sent=asked, expected=expected, came=answer)
        same = first_difference(predictions(answer), predictions(whole)) is None
        expect(same, sent=asked, expected=f"{expected}: {short(whole.text, 100)}", came=answer)

    def _much(self, batch: Endpoint, payloads: tuple[Payload, ...]) -> Response:
        chosen = min(payloads, key=lambda each: each.content_type != "application/json")
        # white space, which JSON allows: the size is meant, not the work; elsewhere it is part of the last record
        json_ = chosen.content_type == "application/json"
        filled = [*[b" " * MIB] * 99, chosen.body] if json_ else [chosen.body.rstrip(b"\r\n"), *[b" " * MIB] * 99]
        answer = batch.invoke(filled, chosen.content_type)
        asked = f"POST /invocations, {chosen.content_type}, chunked, 99 MiB of spaces and the payload"
        arrived = answer.status == 200 if json_ else answer.status not in (0, 413, 502, 503, 504)
        expect(arrived, sent=asked, expected="200" if json_ else "200, or an error that the model names", came=answer)
        return answer


class B7(Clause):
    """The same request gets the same answer each time.

    The platform repeats what failed or took too long, up to three times; so may a whole transform be.
    """

    requires = ("B1",)
    mend = Mend("Keep no state between requests, and draw no random numbers while predicting, or seed them.")

    def check(self, batch: Endpoint, payloads: tuple[Payload, ...]) -> str:
        for payload in payloads:
            asked = f"POST /invocations, {payload.content_type}, the same body again and again, 2 at a time"
            with ThreadPoolExecutor(2) as pool:
                answers = list(pool.map(lambda _, each=payload: batch.invoke(each.body, each.content_type), range(6)))
            for answer in answers:
                expect(answer.status == 200, sent=asked, expected="200 each time", came=answer)
                same = first_difference(predictions(answer), predictions(answers[0])) is None
                expected = f"the first answer: {short(answers[0].text, 150)}"
                expect(same, sent=asked, expected=expected, came=answer)
        return f"six times the same answer to {', '.join(payload.content_type for payload in payloads)}"


class B8(Clause):
    """Content-Type and Accept may be 256 characters long.

    A transform's request sets them, parameters included. The model lies in /opt/ml/model and can only be read.
    """

    strength = "SHOULD"
    requires = ("B1",)
    mend = Mend("Compare media types without their parameters, and limit no header to less than 1024 characters.")

    def check(self, batch: Endpoint, payloads: tuple[Payload, ...]) -> str:
        for payload in payloads:
            usual = batch.invoke(payload.body, payload.content_type)
            given = usual.headers.get_content_type()
            long, accept = (f"{media}; x=".ljust(256, "y") for media in (payload.content_type, given))
            asked = f"POST /invocations, Content-Type: {short(long, 40)}, Accept: {short(accept, 40)}"
            answer = batch.invoke(payload.body, long, Accept=accept)
            same = answer.status == 200 and first_difference(predictions(answer), predictions(usual)) is None
            expect(same, sent=asked, expected=f"200 with {short(usual.text, 100)}", came=answer)
        return f"the same answers to {', '.join(payload.content_type for payload in payloads)} with 256 characters"


class B9(Clause):
    """10,000 records leave less than 1 MB in the log, and not a line each.

    The logs of a transform are paid for by their volume, and a line for each record buries what went wrong. Half as
    many lines as records are too many: an engine hands on the last ones late.
    """

    requires = ("B4",)
    seconds = 2
    mend = Mend("Log no records; one line for a request is enough.")

    def check(self, batch: Endpoint, lines: Lines) -> str:
        before = batch.logs()
        if len(before) >= _MUCH:
            unproven(f"the log has {len(before)} characters before these records, so what they add cannot be told")
        for _ in range(10):
            answer = batch.invoke(lines.body(lines.some(1000)), lines.content_type)
            expect(answer.status == 200, sent="1000 records, ten times", expected="200", came=answer)
        new = batch.logs()[len(before) :]
        told = f"{len(new)} characters in {new.count(chr(10))} lines, beginning with {short(new, 200)}"
        little = len(new) < _MUCH and new.count("\n") < 5_000
        expect(little, sent="10,000 records", expected="less than 1 MB, and less than 5,000 lines", came=told)
        return f"{len(new)} characters in {new.count(chr(10))} lines"
