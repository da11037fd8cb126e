"""What every endpoint needs (profile `serve`): start, health, end. Requests are in `serve_requests`."""

from __future__ import annotations

import re
import time
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, Any, ClassVar

from smscaffold.contract.clause import BrokenError, Clause, Each, Evidence, Mend, expect, shown, skip, unproven
from smscaffold.contract.load import ask, cost, throttled
from smscaffold.contract.wording import files

if TYPE_CHECKING:
    from pathlib import Path

    from smscaffold.contract.injection import Fixtures
    from smscaffold.contract.lab import Lab
    from smscaffold.contract.load import Asked, Strain
    from smscaffold.contract.starting import Start
    from smscaffold.contract.subject import Payload
    from smscaffold.sagemaker_local import Endpoint, Finished

_SERVE = "docker run IMAGE serve"
#: seconds: on loopback a connection is accepted at once, or when the kernel asks for it again, a second later
_REPEATED = 0.9
_EVERYWHERE = {"0.0.0.0", "::"}
_LABEL = "com.amazonaws.sagemaker.capabilities.accept-bind-to-port"


class H1(Clause):
    """`serve` serves: `/ping` becomes 200."""

    requires = ("H10",)
    seconds = 70  # all that serves waits for it
    quick = True
    mend = Mend(
        "Have an executable `serve` on PATH, or an ENTRYPOINT that takes the word, that listens on port 8080; mend "
        "first what the log names. A model that takes longer to load: --start-timeout SECONDS."
    )

    def check(self, start: Start) -> str:
        if start.ready is None:
            raise BrokenError(Evidence(_SERVE, "200 from /ping", start.problem, start.logs))
        return f"200 to a ping {start.ready:.1f} s after the start"


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
        with lab.endpoint(model, environment=many):
            pass
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
                if not lab.settles(refused):
                    unproven(f"{asked}: neither its end nor a 200 within {lab.patience:.0f} s")
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
        with lab.endpoint(model, hostname=name) as named:
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
    timed = True
    quick = True
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
            ended = leaving.ends(self.grace)
            took, asked = time.monotonic() - began, f"POST /invocations ({usual}), and SIGTERM while it runs"
            if not ended:
                leaving.kill()
            end, late = leaving.wait(), question.result()
            with Each() as each:
                with each():
                    whole = (late.answer.status, len(late.answer.body)) == (usual.answer.status, len(usual.answer.body))
                    expect(whole, sent=asked, expected=f"as without SIGTERM {shown(usual.answer)}", came=late.answer)
                with each():
                    came = f"it still ran after {took:.0f} s"
                    expect(ended, sent=asked, expected=f"its end within {self.grace:g} s", came=came)
        return f"the request was answered whole, and the container ended with {end.exit_code} after {took:.1f} s"


class H10(Clause):
    """It listens on port 8080, on all interfaces.

    On loopback alone, nothing from outside the container gets through.
    """

    seconds = 70
    quick = True
    mend = Mend(
        "Bind to 0.0.0.0:8080.", python="gunicorn --bind 0.0.0.0:8080", r='pr_run(host = "0.0.0.0", port = 8080)'
    )

    def check(self, start: Start) -> str:
        asked, wanted = "a look at /proc/net/tcp inside", "0.0.0.0:8080 or [::]:8080, which is all interfaces"
        found = ", ".join(sorted(start.addresses))
        if start.addresses:
            expect(start.addresses & _EVERYWHERE, sent=asked, expected=wanted, came=f"listens on {found}, port 8080")
            return f"listens on {found}; " + ("a ping from outside gets 200" if start.ready else start.problem)
        if start.ready:
            return f"a ping from outside gets 200; from inside nothing could be seen: {start.unseen}"
        if not start.end and start.elsewhere and not start.unseen:
            elsewhere = ", ".join(sorted(start.elsewhere)[:5])
            expect(False, sent=asked, expected=wanted, came=f"listens on {elsewhere} after {start.watched:.0f} s")
        return unproven(f"{start.problem}; see H1")


class H11(Clause):
    """`/ping` is 200 within 2 s, to GET and to POST, also while the container is busy.

    The documentation names both methods (D6). An empty body is the minimum, so another one is no fault.
    """

    requires = ("H1",)
    alone = True
    quick = True
    seconds = 10
    mend = Mend(
        "Answer /ping without a look at the method, and never behind predictions.",
        python="gunicorn: more threads than requests, or a front end that answers /ping itself",
        r="plumber does one thing at a time: a front end such as nginx answers /ping, and knows whether R lives",
        java="keep predictions in a pool of their own, smaller than that of the server",
    )

    def check(self, endpoint: Endpoint, fixtures: Fixtures) -> str:
        with Each() as each:
            with each(weight=1):
                busy = self._while_busy(fixtures.get("strained"))
            for method in ("GET", "POST"):
                with each():
                    answer = endpoint.request(method, "/ping", timeout=2)
                    expect(answer.status == 200, sent=f"{method} /ping", expected="200 within 2 s", came=answer)
        return f"200 to GET and to POST; {busy}"

    def _while_busy(self, strained: Strain) -> str:
        slow = [ping for ping in strained.pings if ping.status != 200 or ping.seconds >= 2]
        slowest = max(strained.pings, key=lambda ping: (ping.status != 200, ping.seconds))
        asked = f"GET /ping from inside, {len(strained.pings)} times during {strained.load}"
        came = f"{len(slow)} not; the slowest: {shown(slowest)}"
        expect(not slow, sent=asked, expected="200 within 2 s each time", came=came)
        return f"within {slowest.seconds * 1000:.0f} ms during {strained.load}"


class H12(Clause):
    """It is ready in time and stays so; without a usable model it never says 200: it ends, with the reason in the log.

    One that starts with nothing to serve keeps the platform waiting for minutes, or gets requests it cannot answer.
    """

    requires = ("H10",)
    timed = True
    quick = True
    seconds = 6
    mend = Mend(
        "Load the model before the server starts to listen, and let an error end the program with a code not 0."
    )

    def check(self, start: Start, lab: Lab, model: Path | None) -> str:
        if start.end:
            unproven(f"{start.problem}; see H1")
        served = start.served
        with Each() as each:
            with each(weight=2):
                wanted = f"200 from /ping within {lab.start_timeout:g} s; --start-timeout changes that"
                expect(start.ready is not None, sent=_SERVE, expected=wanted, came=start.problem)
                ready = f"ready after {start.ready:.1f} s"
                for _ in range(20):
                    answer = served.ping()  # one that comes too late is H11's
                    steady = answer.status in (0, 200)
                    expect(steady, sent="GET /ping after the first 200", expected="200", came=answer)
            if start.ready is None:
                skip("it was not ready")
            if model is None:
                return f"{ready}; without a model there is nothing to damage"
            good = [ask(served, payload) for payload in lab.subject.payloads[:1]]
            ways = {"/opt/ml/model empty": None, "each file of the model empty": 0, "each file of the model cut": 100}
            with ThreadPoolExecutor(len(ways)) as pool:
                tried = {way: pool.submit(self._end, lab, _damaged(lab, model, ways[way]), way, good) for way in ways}
            ends: list[str] = []
            for end in tried.values():
                with each():
                    ends.append(end.result())
        if not any(ends):
            skip(f"{ready}; it answers the same with an empty /opt/ml/model: it needs no model")
        return f"{ready}; without a usable model {next(filter(None, ends))}"

    def _end(self, lab: Lab, damaged: Path, way: str, good: list[Asked]) -> str:
        """How it ends; empty if it answers as with the good model: then it does without."""
        asked = f"{_SERVE}, {way}"
        with lab.endpoint(damaged, ready_within=None) as broken:
            came = f"neither its end nor a 200 within {lab.patience:.0f} s: it runs on and serves nothing"
            expect(lab.settles(broken), sent=asked, expected="its end, with the reason in the log", came=came)
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
