"""What every endpoint needs (profile `serve`): start, health, end. Requests are in `serve_requests`."""

from __future__ import annotations

import re
import time
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, Any, ClassVar

from smscaffold.contract.clause import Clause, Mend, expect, shown, skip, unproven
from smscaffold.contract.load import ask, cost, throttled
from smscaffold.contract.wording import files

if TYPE_CHECKING:
    from pathlib import Path

    from smscaffold.contract.inside import Inside
    from smscaffold.contract.lab import Lab
    from smscaffold.contract.load import Asked, Strain
    from smscaffold.contract.subject import Payload
    from smscaffold.sagemaker_local import Endpoint, Finished

_SERVE = "docker run IMAGE serve"
#: seconds: on loopback a connection is accepted at once, or when the kernel asks for it again, a second later
_REPEATED = 0.9
_LABEL = "com.amazonaws.sagemaker.capabilities.accept-bind-to-port"


class H1(Clause):
    """`serve` serves: `/ping` becomes 200."""

    requires = ("H10",)
    seconds = 5
    mend = Mend("Have an executable `serve` on PATH, or an ENTRYPOINT that takes the word, that listens on port 8080.")

    def check(self, endpoint: Endpoint) -> str:
        answer = endpoint.ping()
        expect(answer.status == 200, sent="GET /ping", expected="200", came=answer)
        return f"200 after {answer.seconds * 1000:.0f} ms"


class H2(Clause):
    """Whatever the environment is, it starts; an unusable value of a number that it knows ends it with a message.

    The caller may set up to 100 variables. A server that waits, or goes on with something else, hides the mistake.
    """

    requires = ("H1",)
    seconds = 8
    mend = Mend(
        "Have a default for every setting; check the numbers first of all, name the one that is wrong, exit with 1.",
        python="try: int(text) / except ValueError: sys.exit(f'serve: {name} must be a number, not {text!r}')",
        r="value <- suppressWarnings(as.integer(text)); if (is.na(value)) { message(...); quit(status = 1) }",
        java="catch NumberFormatException, print which setting it was, System.exit(1)",
    )

    #: numbers that the platform, AWS's toolkit and containers in the shape of its samples know by these names
    names: ClassVar[tuple[str, ...]] = (
        "SAGEMAKER_BIND_TO_PORT",
        "SAGEMAKER_MAX_CONCURRENT_TRANSFORMS",
        "SAGEMAKER_MAX_PAYLOAD_IN_MB",
        "SAGEMAKER_MODEL_SERVER_WORKERS",
        "SAGEMAKER_MODEL_SERVER_TIMEOUT",
        "MODEL_SERVER_WORKERS",
        "MODEL_SERVER_TIMEOUT",
    )

    def check(self, lab: Lab, model: Path | None, images: dict[str, Any]) -> str:
        many = {f"MADE_UP_{n}": "x y='\"$" * 34 for n in range(99)} | {"MADE_UP": "x" * 1024}
        with lab.endpoint(model, environment=many, ready_within=None) as crowded:
            crowded.until(lambda: crowded.ping().status == 200, "a 200 from /ping with 100 further variables")
        config = images.get("serve", images.get("train")).attrs["Config"]  # type: ignore[union-attr]
        own = [name for name, _, value in (entry.partition("=") for entry in config["Env"] or []) if value.isdigit()]
        absurd = {name: f"not-a-number-{n}" for n, name in enumerate([*self.names, *own])}
        named = self._refused(lab, model, absurd)
        claims = (config["Labels"] or {}).get(_LABEL) == "true"
        port = "SAGEMAKER_BIND_TO_PORT"
        asked, came = f"{_SERVE}, {port}={absurd[port]!r}", "200 to a ping, although its label says that it obeys it"
        expect(port in named or not claims, sent=asked, expected="its end, with the reason in the log", came=came)
        return f"starts with none, and with 100 unknown ones; ends and names {', '.join(named) or 'none: it has none'}"

    def _refused(self, lab: Lab, model: Path | None, absurd: dict[str, str]) -> list[str]:
        """The settings that end it one after the other, until it starts with the rest, which it does not know."""
        named: list[str] = []
        while rest := {name: value for name, value in absurd.items() if name not in named}:
            asked = f"{_SERVE}, an absurd value for each of {', '.join(rest)}"
            environment = {"SAGEMAKER_BATCH": "true", **rest}
            with lab.endpoint(model, environment=environment, ready_within=None) as refused:
                refused.until(lambda: not refused.running or refused.ping().status == 200, "its end or a 200", 60)
                if refused.running:
                    break
                end = refused.wait()
            expect(end.exit_code != 0, sent=asked, expected="an exit code that is not 0", came=end)
            found = [name for name, value in rest.items() if value in end.logs or re.search(rf"\b{name}\b", end.logs)]
            expect(found, sent=asked, expected="the name of a setting, or its value, in the log", came=_last_line(end))
            named += found
        return named


def _last_line(end: Finished) -> str:
    return (end.logs.strip().splitlines() or ["an empty log"])[-1]


class H3(Clause):
    """It serves under any host name.

    The name of the container in a model of several is its host name, of up to 63 characters.
    """

    strength = "SHOULD"
    requires = ("H1",)
    seconds = 2
    mend = Mend("Bind to 0.0.0.0 and not to the host name, and expect nothing of what it looks like.")

    def check(self, lab: Lab, model: Path | None) -> str:
        name = "Container-1-" + "x" * 51
        with lab.endpoint(model, hostname=name, ready_within=None) as named:
            named.until(lambda: named.ping().status == 200, f"a 200 from /ping under the host name {name}")
            answers = [ask(named, payload).answer for payload in lab.subject.payloads[:1]]
        for answer in answers:
            expect(answer.status == 200, sent=f"a good request, host name {name}", expected="200", came=answer)
        return f"serves as {name}"


class H4(Clause):
    """On SIGTERM it answers what it has begun, and ends within 30 s.

    So it goes whenever an endpoint is updated or shrinks: whoever asks at that moment gets an answer or an error.
    """

    requires = ("H1",)
    seconds = 8
    mend = Mend(
        "Handle SIGTERM in PID 1: stop accepting, finish the requests, exit; wrappers end in `exec`.",
        python="gunicorn does it with --graceful-timeout 25 if it is PID 1 or gets the signal handed on",
        r="a bash PID 1 traps TERM and lets the workers finish before it ends (N3)",
        java="server.stop(seconds) in a shutdown hook; in Spring Boot server.shutdown=graceful",
    )

    #: seconds after SIGTERM for which the request is made to last, by a limit on the CPU
    lasts: ClassVar[float] = 3
    #: seconds until SIGKILL
    grace: ClassVar[float] = 30

    def check(self, lab: Lab, model: Path | None, heavy: Asked) -> str:
        with lab.endpoint(model) as leaving, ThreadPoolExecutor(1) as pool:
            inside = lab.inside(leaving)
            usual, seconds = cost(leaving, heavy.payload)
            with throttled(leaving, seconds / (5 * self.lasts)):
                question = pool.submit(ask, leaving, heavy.payload)
                leaving.until(lambda: question.done() or inside.reads(8080), "the request to be read")
                leaving.kill("SIGTERM")
                began = time.monotonic()
                if question.done():
                    unproven("the request was over before the container could be stopped: give a larger one")
                wait([question], self.lasts)
            leaving.until(lambda: not leaving.running, "its end after SIGTERM", self.grace)
            took, end, late = time.monotonic() - began, leaving.wait(), question.result()
            asked = f"POST /invocations ({usual}), and SIGTERM while it runs"
            whole = (late.answer.status, len(late.answer.body)) == (usual.answer.status, len(usual.answer.body))
            expect(whole, sent=asked, expected=f"as without SIGTERM {shown(usual.answer)}", came=late.answer)
        return f"the request was answered whole, and the container ended with {end.exit_code} after {took:.1f} s"


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
    """`/ping` is 200 within 2 s, to GET and to POST, also while the container is busy.

    The documentation names both methods (D6). An empty body is the minimum, so another one is no fault.
    """

    requires = ("H1",)
    alone = True
    seconds = 10
    mend = Mend(
        "Answer /ping without a look at the method, and never behind predictions.",
        python="gunicorn: more threads than requests, or a front end that answers /ping itself",
        r="plumber does one thing at a time: a front end such as nginx answers /ping, and knows whether R lives",
        java="keep predictions in a pool of their own, smaller than that of the server",
    )

    def check(self, endpoint: Endpoint, strained: Strain) -> str:
        for method in ("GET", "POST"):
            answer = endpoint.request(method, "/ping", timeout=2)
            expect(answer.status == 200, sent=f"{method} /ping", expected="200 within 2 s", came=answer)
        slowest = max(strained.pings, key=lambda ping: (ping.status != 200, ping.seconds))
        asked = f"GET /ping from inside, during {strained.load}"
        good = slowest.status == 200 and slowest.seconds < 2
        expect(good, sent=asked, expected="200 within 2 s", came=slowest)
        return f"200 to GET and to POST; within {slowest.seconds * 1000:.0f} ms during {strained.load}"


class H12(Clause):
    """It is ready in time and stays so; without a usable model it never says 200: it ends, with the reason in the log.

    One that starts with nothing to serve keeps the platform waiting for minutes, or gets requests it cannot answer.
    """

    requires = ("H1",)
    seconds = 6
    mend = Mend(
        "Load the model before the server starts to listen, and let an error end the program with a code not 0."
    )
    #: seconds until the first 200; the platform waits for 8 min, on serverless for 3
    within: ClassVar[float] = 180

    def check(self, lab: Lab, model: Path | None) -> str:
        began = time.monotonic()
        with lab.endpoint(model, ready_within=None) as served:
            served.until(lambda: served.ping().status == 200, "a 200 from /ping", self.within)
            ready = f"ready after {time.monotonic() - began:.1f} s"
            for _ in range(20):
                answer = served.ping()
                expect(answer.status == 200, sent="GET /ping after the first 200", expected="200", came=answer)
            good = [ask(served, payload) for payload in lab.subject.payloads[:1]]
        if model is None:
            return f"{ready}; without a model there is nothing to damage"
        ways = {"an empty /opt/ml/model": None, "each file of the model empty": 0, "each file of the model cut": 100}
        with ThreadPoolExecutor(len(ways)) as pool:
            ends = list(pool.map(lambda way: self._end(lab, _damaged(lab, model, ways[way]), way, good), ways))
        if not any(ends):
            skip(f"{ready}; it answers the same with an empty /opt/ml/model: it needs no model")
        return f"{ready}; without a usable model {next(filter(None, ends))}"

    def _end(self, lab: Lab, damaged: Path, way: str, good: list[Asked]) -> str:
        """How it ends; empty if it answers as with the good model: then it does without."""
        asked = f"{_SERVE}, {way}"
        with lab.endpoint(damaged, ready_within=None) as broken:
            broken.until(lambda: not broken.running or broken.ping().status == 200, "its end or a 200", 60)
            if broken.running and (good or unproven("it starts with a damaged model: give a --payload to see more")):
                answer = ask(broken, good[0].payload).answer
                same = answer.status == 200 and answer.body == good[0].answer.body
                came = f"a 200 to /ping, and to a good request {shown(answer)}"
                expect(same, sent=asked, expected="its end, and no 200 from /ping", came=came)
                return ""
            end = broken.wait()
        expect(end.exit_code != 0, sent=asked, expected="an exit code that is not 0", came=end)
        expect(end.logs.strip(), sent=asked, expected="the reason in the log", came="an empty log")
        return f"exit code {end.exit_code}: {_last_line(end)[:80]}"


def _damaged(lab: Lab, model: Path, keep: int | None) -> Path:
    """A copy of a model with so many bytes of each file, at most the half; None: without files."""
    damaged = lab.folder()
    for path in files(model) if keep is not None else ():
        copy = damaged / path.relative_to(model)
        copy.parent.mkdir(parents=True, exist_ok=True)
        with path.open("rb") as file:
            copy.write_bytes(file.read(min(keep or 0, path.stat().st_size // 2)))
    return damaged


class H15(Clause):
    """It accepts connections within 250 ms, also while it is busy.

    The platform gives up on one that is not accepted by then.
    """

    requires = ("H1",)
    alone = True
    seconds = 1
    mend = Mend("Never compute in the loop that accepts, and let the backlog of the listener be 128 or more.")

    def check(self, strained: Strain) -> str:
        times = sorted(ping.accepted for ping in strained.pings)
        late = [seconds for seconds in times if seconds > _REPEATED]
        asked = f"{len(times)} connections from inside, during {strained.load}"
        came = f"{len(late)} accepted after a second or more, or not at all"
        expect(not late, sent=asked, expected="each accepted within 250 ms", came=came)
        if times[-1] > 0.25:
            unproven(f"this machine is too busy to measure: {times[-1] * 1000:.0f} ms for what takes none or a second")
        return f"{len(times)} of {len(times)} within {times[-1] * 1000:.0f} ms during {strained.load}"


class H23(Clause):
    """It serves with `/opt/ml/model` read-only.

    The platform mounts it so: nothing can be written, locked, compiled or cached there.
    """

    requires = ("H1",)
    mend = Mend(
        "Write what has to be written at run time to /tmp.",
        python="set PYTHONDONTWRITEBYTECODE=1 if code lies beside the model; point caches such as HF_HOME to /tmp",
    )

    def check(self, endpoint: Endpoint, offered: tuple[Payload, ...], model: Path | None) -> str:
        for payload in offered:
            asked = f"POST /invocations, {payload.content_type}, with /opt/ml/model read-only"
            answer = ask(endpoint, payload).answer
            expect(answer.status == 200, sent=asked, expected="200", came=answer)
        return "200 to each payload" if model else "200 to each payload, with no /opt/ml/model at all"
