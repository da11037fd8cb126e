"""What every endpoint needs of requests (profile `serve`)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, ClassVar

from smscaffold.contract.clause import Clause, Each, Mend, expect, shown, unproven
from smscaffold.contract.load import LINES, ask, cost, media, throttled
from smscaffold.contract.subject import Payload

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from smscaffold.contract.inside import Inside
    from smscaffold.contract.lab import Lab
    from smscaffold.contract.load import Asked, Pieces
    from smscaffold.sagemaker_local import Endpoint, Response

MIB = 2**20
_MADE_UP = "application/x-made-up"


class H14(Clause):
    """`/invocations` reads the body by Content-Type and answers with 200 in the first supported type of Accept.

    Without Accept, or with `*/*`, it takes its default. Parameters and the case of a content type do not matter, nor do
    the kind of line ends and a missing final one. The answer says its own Content-Type.
    """

    requires = ("H1",)
    seconds = 2
    quick = True
    mend = Mend(
        "Read the body by Content-Type, answer in the first supported type of Accept, and set Content-Type.",
        python="request.mimetype has neither parameters nor capitals; str.splitlines() knows all line ends",
        r="req$HTTP_CONTENT_TYPE: tolower(trimws(sub(';.*', '', type))); readr and read.csv take all line ends",
        java="MediaType.parseMediaType(type).isCompatibleWith(...); String.lines() knows all line ends",
    )

    def check(self, endpoint: Endpoint, offered: tuple[Payload, ...]) -> str:
        with Each() as each:
            plain = [ask(endpoint, payload).answer for payload in offered]
            for payload, answer in zip(offered, plain, strict=True):
                asked = f"POST /invocations, {payload.content_type}, {len(payload.body)} bytes"
                with each(weight=2):
                    expect(
                        answer.status == 200 and answer.body, sent=asked, expected="200 with a prediction", came=answer
                    )
                with each(weight=1):
                    typed = _made(answer) or answer.status != 200
                    expect(typed, sent=asked, expected="a Content-Type on the answer", came=answer)
            good = {payload: answer for payload, answer in zip(offered, plain, strict=True) if answer.status == 200}
            known = {_made(answer) for answer in good.values()} - {""}
            for payload, answer in good.items():
                self._same(endpoint, payload, answer, each)
                for other in sorted(known - {_made(answer)}):
                    self._other(endpoint, payload, _made(answer), other, each)
        seen = [f"{payload.content_type} -> {_made(answer)}" for payload, answer in good.items()]
        return f"{', '.join(seen)}; also with Accept, parameters, capitals, other line ends"

    def _same(self, endpoint: Endpoint, payload: Payload, usual: Response, each: Each) -> None:
        """Requests that differ in form alone."""
        steady = ask(endpoint, payload).answer.body == usual.body
        for what, variant, headers in _variants(payload, _made(usual)):
            answer = endpoint.invoke(variant.body, variant.content_type, **headers)
            same = (answer.status, _made(answer)) == (200, _made(usual))
            same = same and (not steady or answer.body.strip() == usual.body.strip())
            asked = f"POST /invocations, {payload.content_type}, but {what}"
            with each():
                expect(same, sent=asked, expected=f"the answer to the same without that: {shown(usual)}", came=answer)

    def _other(self, endpoint: Endpoint, payload: Payload, usual: str, other: str, each: Each) -> None:
        """A type that it answers other requests in: the answer is in this type, or a refusal."""
        asked = f"POST /invocations, {payload.content_type}, Accept: "
        refused = endpoint.invoke(payload.body, payload.content_type, Accept=other)
        with each(weight=1):
            good = 400 <= refused.status < 500 or (refused.status == 200 and _made(refused) == other)
            expect(good, sent=asked + other, expected=f"200 in {other}, or a 4xx", came=refused)
        first = other if refused.status == 200 and _made(refused) == other else usual
        accept = f"{_MADE_UP}, {other};q=0.9, {usual};q=0.8"
        answer = endpoint.invoke(payload.body, payload.content_type, Accept=accept)
        with each():
            good = answer.status == 200 and _made(answer) == first
            expect(good, sent=asked + accept, expected=f"200 in {first}, the first that it supports", came=answer)


def _made(answer: Response) -> str:
    """The content type of an answer, without parameters; empty if it says none."""
    return media(answer.headers["Content-Type"] or "")


def _variants(payload: Payload, usual: str) -> Iterator[tuple[str, Payload, dict[str, str]]]:
    """What is different about a request that has to be answered the same, the request, and its further headers."""
    for accept in ("*/*", usual, f"{_MADE_UP}, {usual};q=0.5"):
        yield f"with Accept: {accept}", payload, {"Accept": accept}
    kind, sign, parameters = payload.content_type.partition(";")
    types = [kind.upper() + sign + parameters, f"{payload.content_type};x-made-up=1"]
    if "charset" not in parameters.lower():
        types.append(f"{payload.content_type}; charset=utf-8")
    for content_type in types:
        yield f"with Content-Type: {content_type}", Payload(payload.body, content_type), {}
    if media(kind) in LINES and b'"' not in payload.body:  # a line end in quotes would be content
        body = payload.body.replace(b"\r\n", b"\n").removesuffix(b"\n")
        ends = {"LF and no final one": body, "LF": body + b"\n", "CRLF": body.replace(b"\n", b"\r\n") + b"\r\n"}
        for name, text in ends.items():
            yield f"with line ends {name}", Payload(text, payload.content_type), {}


class H16(Clause):
    """A request may last for 60 s.

    Servers have shorter limits of their own, such as the 30 s of gunicorn, and kill what the platform would wait for.
    The check slows a large request down by a limit on the CPU, and lifts that in the end.
    """

    requires = ("H1",)
    seconds = 60
    idle = True
    mend = Mend(
        "Let no timeout of the server be below 60 s.",
        python="gunicorn --timeout 70; behind nginx also proxy_read_timeout 70s",
        r="behind nginx proxy_read_timeout 70s",
        java="leave server.tomcat.connection-timeout alone, it is for headers; raise spring.mvc.async.request-timeout",
    )
    #: seconds for which the request is made to last
    lasts: ClassVar[float] = 50

    def check(self, lab: Lab, model: Path | None, heavy: Asked) -> str:
        with lab.endpoint(model) as served:
            _, seconds = cost(served, heavy.payload)
            for often in (2, 8):  # where little time is measured, little of it is certain
                answer = self._slowed(served, lab.inside(served), heavy.payload, seconds, often * self.lasts)
                asked = f"POST /invocations ({heavy}), made to last for {self.lasts:g} s by a limit on the CPU"
                expect(answer.status == 200, sent=asked, expected="200, however late", came=answer)
                if answer.seconds >= 0.9 * self.lasts:
                    return f"200 after {answer.seconds:.1f} s"
        unproven(f"the largest request that can be made here lasts only for {answer.seconds:.1f} s")

    def _slowed(self, served: Endpoint, inside: Inside, payload: Payload, seconds: float, longer: float) -> Response:
        """What comes of a request of so many CPU seconds that would last for `longer`, but goes on in the end.

        It is slowed down a little until the server has read it, for that is when the server's clock starts.
        """
        with ThreadPoolExecutor(1) as pool:
            with throttled(served, seconds / 5) as slow:
                if not slow:
                    unproven("the engine cannot limit a container's CPU, so no request can be slowed down")
                question = pool.submit(ask, served, payload)
                served.until(lambda: question.done() or inside.reads(8080), "the request to be read")
                with throttled(served, seconds / longer):
                    wait([question], self.lasts)
            return question.result().answer


#: how long the platform lets each header be
_HEADERS = {
    "X-Amzn-SageMaker-Custom-Attributes": 1024,
    "X-Amzn-SageMaker-Target-Model": 1024,
    "X-Amzn-SageMaker-Target-Variant": 63,
    "X-Amzn-SageMaker-Target-Container-Hostname": 63,
    "X-Amzn-SageMaker-Inference-Id": 64,
    "X-Amzn-SageMaker-Enable-Explanations": 64,
    "X-Amzn-SageMaker-Inference-Component": 63,
    "X-Amzn-SageMaker-Session-Id": 256,
    "X-Amzn-SageMaker-Prefix-Aware-Id": 64,
    "X-Amzn-SageMaker-Request-Id": 36,
    "X-Made-Up": 1024,
}


class H17(Clause):
    """The platform's headers, and unknown ones, change nothing; their names are in any case.

    Each may be as long as the platform allows.
    """

    requires = ("H1",)
    quick = True
    mend = Mend("Ask for headers without regard to case, ignore those that you do not know, allow 16 KiB of them.")

    def check(self, endpoint: Endpoint, payload: Payload) -> str:
        first, usual = (ask(endpoint, payload).answer for _ in range(2))
        made = usual.headers["Content-Type"] or "*/*"
        long = {name: "a" * length for name, length in _HEADERS.items()}
        content_type = payload.content_type
        ways = {
            "all headers of the platform, each as long as it may be": {"Content-Type": content_type, **long},
            "these in small letters": {"content-type": content_type, **{name.lower(): long[name] for name in long}},
            "these in capitals": {"CONTENT-TYPE": content_type, **{name.upper(): long[name] for name in long}},
            "Content-Type and Accept of 1024 characters": {
                "Content-Type": f"{content_type}; x=".ljust(1024, "a"),
                "Accept": f"{made}, {_MADE_UP};q=0.1;x=".ljust(1024, "a"),
            },
        }
        with Each() as each:
            for what, headers in ways.items():
                answer = endpoint.request("POST", "/invocations", payload.body, headers)
                same = answer.status == 200 and (answer.body == usual.body or first.body != usual.body)
                asked = f"POST /invocations, {content_type}, with {what}"
                with each():
                    expect(same, sent=asked, expected=f"the answer without them: {shown(usual)}", came=answer)
        return f"the same answer with {len(long)} headers at full length, in any case"


class H19(Clause):
    """It takes bodies of 25 MiB.

    Front servers often have a lower limit: 5 MiB in a known sample, 1 MiB in nginx by itself. What the model then says
    of such a body does not matter here.
    """

    requires = ("H1",)
    seconds = 3
    quick = True
    mend = Mend(
        "Raise the limit on the body in every server on the way, to 100 MiB for batch transforms.",
        python="behind nginx client_max_body_size 100m; in Flask MAX_CONTENT_LENGTH",
        r="behind nginx client_max_body_size 100m; plumber's options_plumber(maxRequestSize = 0) is the default",
        java="server.tomcat.max-swallow-size=-1, and max-http-form-post-size for forms",
    )

    def check(self, endpoint: Endpoint, payloads: tuple[Payload, ...], pieces: Pieces | None, heavy: Asked) -> str:
        large = _large(25 * MIB - 1024, payloads, pieces, heavy)
        answer = ask(endpoint, large).answer
        asked = f"POST /invocations, {large.content_type}, {len(large.body)} bytes"
        good = answer.status not in (0, 411, 413, 502, 503, 504)
        wanted = "200, or an error of the model's: not 413, not a closed connection"
        expect(good, sent=asked, expected=wanted, came=answer)
        return f"{answer.status} to {len(large.body)} bytes of {large.content_type} after {answer.seconds:.1f} s"


def _large(size: int, payloads: tuple[Payload, ...], pieces: Pieces | None, heavy: Asked) -> Payload:
    """A request of this size, valid unless that is impossible or would take too long to answer."""
    for payload in payloads:
        if media(payload.content_type) == "application/json":
            return Payload(payload.body.ljust(size), payload.content_type)
    if pieces and heavy.answer.seconds * size / len(heavy.payload.body) < 60:
        return pieces.grown(size)
    return Payload(payloads[0].body.ljust(size), payloads[0].content_type)
