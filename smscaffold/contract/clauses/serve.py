"""What every endpoint needs (profile `serve`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from smscaffold.contract.clause import Clause, Mend, expect, skip

if TYPE_CHECKING:
    from pathlib import Path

    from smscaffold.contract.inside import Inside
    from smscaffold.contract.lab import Lab
    from smscaffold.contract.subject import Payload
    from smscaffold.sagemaker_local import Endpoint, Response


class H1(Clause):
    """`serve` serves: `/ping` becomes 200."""

    requires = ("H10",)
    seconds = 5
    mend = Mend("Have an executable `serve` on PATH, or an ENTRYPOINT that takes the word, that listens on port 8080.")

    def check(self, endpoint: Endpoint) -> str:
        answer = endpoint.ping()
        expect(answer.status == 200, sent="GET /ping", expected="200", came=answer)
        return f"200 after {answer.seconds * 1000:.0f} ms"


class H10(Clause):
    """It listens on port 8080, on all interfaces.

    On loopback alone, nothing from outside the container gets through.
    """

    seconds = 3
    mend = Mend(
        "Bind to 0.0.0.0:8080.", python="gunicorn --bind 0.0.0.0:8080", r='pr_run(host = "0.0.0.0", port = 8080)'
    )

    def check(self, lab: Lab, model: Path | None) -> str:
        with lab.endpoint(model, ready_within=None) as served:
            inside = lab.inside(served)
            found = served.until(lambda: _addresses(inside, 8080), "a listener on port 8080")
            asked, wanted = "a look at /proc/net/tcp inside", "0.0.0.0 or ::, which is all interfaces"
            came = f"listens on {', '.join(sorted(found))}"
            expect(found & {"0.0.0.0", "::"}, sent=asked, expected=wanted, came=came)
            served.until(lambda: served.ping().status == 200, "a 200 from outside")
        return f"{came}; a ping from outside gets 200"


def _addresses(inside: Inside, port: int) -> set[str]:
    return {str(address) for address, its_port in inside.listeners() if its_port == port}


class H11(Clause):
    """`/ping` is 200 within 2 s, to GET and to POST.

    The documentation names both methods (D6). An empty body is the minimum, so another one is no fault.
    """

    requires = ("H1",)
    mend = Mend("Answer /ping without a look at the method, and never behind predictions.")

    def check(self, endpoint: Endpoint) -> str:
        for method in ("GET", "POST"):
            answer = endpoint.request(method, "/ping", timeout=2)
            expect(answer.status == 200, sent=f"{method} /ping", expected="200 within 2 s", came=answer)
        return "200 to GET and to POST"


class H12(Clause):
    """Without a usable model it never says 200: it ends, with the reason in the log.

    One that starts with nothing to serve keeps the platform waiting for minutes, or gets requests it cannot answer.
    """

    requires = ("H1",)
    seconds = 4
    mend = Mend(
        "Load the model before the server starts to listen, and let an error end the program with a code not 0."
    )

    def check(self, lab: Lab, model: Path | None) -> str:
        if model is None:
            skip("no model was given, and none is trained: there is nothing to damage")
        damaged = lab.folder()
        for path in sorted(model.rglob("*")):
            copy = damaged / path.relative_to(model)
            copy.mkdir() if path.is_dir() else copy.write_bytes(path.read_bytes()[:100])
        asked = "docker run IMAGE serve, each file of the model cut after 100 bytes"
        with lab.endpoint(damaged, ready_within=None) as broken:
            broken.until(lambda: not broken.running or broken.ping().status == 200, "its end or a 200", 60)
            expect(not broken.running, sent=asked, expected="its end, and no 200 from /ping", came=broken.ping())
            end = broken.wait()
        expect(end.exit_code != 0, sent=asked, expected="an exit code that is not 0", came=end)
        expect(end.logs.strip(), sent=asked, expected="the reason in the log", came="an empty log")
        return f"exit code {end.exit_code}: {end.logs.strip().splitlines()[-1][:80]}"


class H14(Clause):
    """`/invocations` answers a good request with 200 and says in which content type."""

    requires = ("H1",)
    mend = Mend("Read the body by Content-Type, answer in the first supported type of Accept, and set Content-Type.")

    def check(self, endpoint: Endpoint, payloads: tuple[Payload, ...]) -> str:
        seen = []
        for payload in payloads:
            answer: Response = endpoint.invoke(payload.body, payload.content_type)
            asked = f"POST /invocations, {payload.content_type}, {len(payload.body)} bytes"
            expect(answer.status == 200 and answer.body, sent=asked, expected="200 with a prediction", came=answer)
            media = answer.headers.get_content_type() if answer.headers["Content-Type"] else None
            expect(media, sent=asked, expected="a Content-Type on the answer", came=answer)
            seen.append(f"{payload.content_type} -> {media}")
        return ", ".join(seen)
