"""What the platform's further features expect of an endpoint: shared machines, logs, metrics, isolation, records."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from smscaffold.contract.clause import Clause, Each, Mend, UnprovenError, expect, shown, skip, unproven
from smscaffold.contract.parsing import has_too_much, json_value

if TYPE_CHECKING:
    from smscaffold.contract.lab import Lab
    from smscaffold.contract.subject import Payload
    from smscaffold.sagemaker_local import Endpoint, Response

_LINE = r"[a-zA-Z_:][\w:]*(\{[^{}]*\})?[ \t]+([-+]?(Inf|NaN)|[-+]?[\d.]+([eE][-+]?\d+)?)([ \t]+-?[\d.]+)?"
_MEDIA = re.compile(r"[-\w.+]+/[-\w.+]+")
_REQUESTS = 40
_METRICS = 4 * 2**20  # bytes
_MUCH = 10**6  # characters of a log


class H43(Clause):
    """On a share of a machine it starts as many workers as fit the share, not the machine.

    A copy of an inference component gets a part of the instance's CPUs and memory, and sees all of them.
    """

    strength = "SHOULD"
    requires = ("H1",)
    seconds = 6
    mend = Mend(
        "Count CPUs by the limit of the container's cgroup, not by what the machine has.",
        python="read /sys/fs/cgroup/cpu.max; os.cpu_count() and multiprocessing.cpu_count() are the machine's",
        r="parallelly::availableCores(), not parallel::detectCores(); RcppParallel and data.table have limits to set",
        java="Java 17 does so by itself, unless -XX:-UseContainerSupport or -XX:ActiveProcessorCount is set",
    )

    def check(self, lab: Lab, model: Path | None, endpoint: Endpoint, payload: Payload) -> str:
        from smscaffold.sagemaker_local import LocalError  # here: to list clauses nobody needs docker

        cpus = os.cpu_count() or 1
        pretended = 3 * cpus + 6
        limits: dict[str, Any] = {"nano_cpus": 10**9, "mem_limit": "1g"}
        asked = f"a start with --cpus 1 --memory 1g on a machine that seems to have {pretended} CPUs"
        try:
            with lab.endpoint(model, mounts=_machine(lab.folder(), pretended), **limits) as part:
                answer = part.invoke(payload.body, payload.content_type)
                expect(answer.status == 200, sent=f"{asked}, and a request", expected="200", came=answer)
                usual, here = _tasks(endpoint), _tasks(part)
                wanted = f"not many more than the {usual} processes and threads without limits on {cpus} CPUs"
                few = here <= usual + (pretended - cpus) / 2
                expect(few, sent=asked, expected=wanted, came=f"{here} processes and threads")
        except LocalError as problem:
            if "refuses to run" in str(problem):
                unproven(f"this engine cannot pretend that there are other CPUs: {problem}")
            raise
        return f"{here} processes and threads on 1 of {pretended} pretended CPUs, {usual} on the {cpus} of this machine"


def _machine(folder: Path, cpus: int) -> dict[str, Path]:
    """Files that tell of so many CPUs, by where programs look for them."""
    online, info = folder / "online", folder / "cpuinfo"
    online.write_text(f"0-{cpus - 1}\n")
    mounts = {"/sys/devices/system/cpu/online": online}
    real = Path("/proc/cpuinfo")
    if real.exists():
        first = real.read_text().split("\n\n")[0]
        blocks = (re.sub(r"(?m)^(processor\s*: )\d+", rf"\g<1>{number}", first) for number in range(cpus))
        info.write_text("".join(f"{block}\n\n" for block in blocks))
        mounts["/proc/cpuinfo"] = info
    return mounts


def _tasks(served: Endpoint) -> int:
    """How many processes and threads a container has."""
    told: Any = served.container.stats(stream=False)
    return int(
        told.get("pids_stats", {}).get("current")
        or unproven("the engine does not tell how many processes a container has")
    )


class H50(Clause):
    """The log has at most a line for each request, at once, and nothing of what was in it.

    Everything on stdout and stderr is kept by the platform, and paid for. Payloads are often personal data.
    """

    requires = ("H1",)
    seconds = 6
    mend = Mend(
        "Log a line for a request, or none; never its body, also not in errors. Flush lines.",
        python="PYTHONUNBUFFERED=1, or print(..., flush=True); gunicorn --access-logfile - is one line",
        r="message() is flushed at once, cat() to stdout is when a line ends in a terminal only: flush(stdout())",
        java="Log to the console through the logging framework; no request logging filter with includePayload",
    )

    def check(self, lab: Lab, model: Path | None, payloads: tuple[Payload, ...]) -> str:
        with lab.endpoint(model) as served:
            before = served.logs()
            for number in range(_REQUESTS):
                payload = payloads[number % len(payloads)]
                answer = served.invoke(payload.body, payload.content_type)
                expect(answer.status == 200, sent=f"request {number + 1}", expected="200", came=answer)
            during = served.logs()[len(before) :]
            served.stop(10)
            after = served.logs()[len(before) + len(during) :]
        asked = f"{_REQUESTS} good requests"
        text = (during + after).replace("\\", "")
        leaked = [needle for payload in payloads for needle in _needles(payload) if needle in text]
        with Each() as each:
            with each(weight=1):
                came = f"{leaked[:1]} in the log"
                expect(not leaked, sent=asked, expected="no part of a payload in the log", came=came)
            with each():
                told = f"{len(after.splitlines())} more lines when it was stopped"
                expect(len(after.splitlines()) < _REQUESTS, sent=asked, expected="lines in the log at once", came=told)
            told = f"{len(during.splitlines())} lines"
            with each():
                few = len(during.splitlines()) <= _REQUESTS
                expect(few, sent=asked, expected=f"at most {_REQUESTS} lines", came=told)
            with each():
                came = f"{len(text)} characters"
                expect(len(text) < _MUCH, sent=asked, expected=f"less than {_MUCH} characters", came=came)
        return f"{told} for {_REQUESTS} requests, none with a payload"


def _needles(payload: Payload) -> list[str]:
    """Beginnings of the payload's lines that are long enough to be nothing else."""
    return [line.strip()[:24] for line in payload.text.splitlines() if len(line.strip()) >= 8]


class H51(Clause):
    """`/metrics`, if there is one, is in Prometheus' text format.

    The platform scrapes it every 60 s, if the endpoint's configuration says so.
    """

    requires = ("H1",)
    mend = Mend(
        "Let a client library of Prometheus write /metrics, or answer 404.",
        python="prometheus_client.generate_latest()",
        java="spring-boot-starter-actuator with micrometer-registry-prometheus, and the path mapped to /metrics",
    )

    def check(self, endpoint: Endpoint) -> str:
        answer = endpoint.request("GET", "/metrics", timeout=10)
        if answer.status != 200:
            skip(f"GET /metrics gets {answer.status}: it offers no metrics")
        size = len(answer.body)
        expect(size <= _METRICS, sent="GET /metrics", expected="at most 4 MiB of metrics", came=f"{size} bytes")
        lines = [line for line in answer.text.splitlines() if line.strip() and not line.startswith("#")]
        wrong = next((line for line in lines if not re.fullmatch(_LINE, line.strip())), None)
        expected = 'lines such as `requests_total{code="200"} 5`'
        expect(lines and wrong is None, sent="GET /metrics", expected=expected, came=wrong or answer)
        return f"{len(lines)} values"


class H52(Clause):
    """It serves without a network.

    Models with network isolation, those of the marketplace among them, reach nothing: no storage, no package index.
    """

    requires = ("H1",)
    seconds = 4
    mend = Mend("Have everything in the image or the model: download and install nothing at the start or in requests.")

    def check(self, lab: Lab, model: Path | None, payloads: tuple[Payload, ...]) -> str:
        with lab.endpoint(model, ready_within=None, network_mode="none", ports=None) as served:
            try:
                inside = lab.inside(served)
            except UnprovenError:
                ended = "an end of the container" if served.running else shown(served.wait())
                expect(served.running, sent="a start with --network none", expected="/ping gets 200", came=ended)
                raise
            served.until(lambda: inside.ping().status == 200, "a 200 from /ping, without a network", lab.patience)
            for payload in payloads:
                typed = payload.content_type
                answer = inside.request("POST", "/invocations", payload.body, timeout=60, Content_Type=typed)
                asked = f"POST /invocations, {payload.content_type}, with --network none"
                expect(answer.status == 200, sent=asked, expected="200", came=answer)
        return f"200 to {', '.join(payload.content_type for payload in payloads)} with --network none"


class H53(Clause):
    """The Content-Type of an answer is what the answer is.

    Captured data are stored by it: as text if it is one of the CSV or JSON types, in base64 otherwise.
    """

    strength = "SHOULD"
    requires = ("H1",)
    mend = Mend(
        "Set the Content-Type of each answer yourself.",
        python="Flask says text/html of a string: Response(text, mimetype='text/csv')",
        r='a serializer for each type: `#* @serializer contentType list(type = "text/csv")`',
        java="ResponseEntity.ok().contentType(...)",
    )

    def check(self, endpoint: Endpoint, payloads: tuple[Payload, ...]) -> str:
        seen = []
        for payload in payloads:
            answer = endpoint.invoke(payload.body, payload.content_type)
            media = answer.headers.get_content_type()
            problem = _inexact(media, answer)
            asked, wanted = f"POST /invocations, {payload.content_type}", f"{media}, as the Content-Type says"
            expect(not problem, sent=asked, expected=wanted, came=f"{problem}: {shown(answer)}")
            seen.append(media)
        return f"answers are {', '.join(dict.fromkeys(seen))}"


def _inexact(media: str, answer: Response) -> str:
    """Why a body is not of its media type; empty if it is, or if nobody can tell."""
    if has_too_much(answer.text):
        return ""
    kind = _json_kind(answer.text)
    markup = answer.text.lstrip().startswith("<")
    if media == "application/json" or media.endswith("+json"):
        return "" if kind else "no JSON"
    if re.fullmatch(r"application/(x-)?(jsonl|jsonlines|ndjson)", media):
        lines = answer.text.removesuffix("\n").split("\n") if answer.text else []
        return "" if all(map(_json_kind, lines)) else "lines that are no JSON"
    if media == "text/csv":
        return "JSON" if kind in ("list", "dict") else "markup" if markup else ""
    return "no markup" if media == "text/html" and not markup else ""


def _json_kind(text: str) -> str:
    """The type of the JSON value that a text is; empty if it is none."""
    try:
        return type(json_value(text)).__name__
    except ValueError:
        return ""


class H55(Clause):
    """Each sample payload gets a 200 of a response type that can be asked for.

    The model registry and the recommender of instances go by two lists: the content types that requests may have, and
    those of responses.
    """

    strength = "MAY"
    requires = ("H1",)
    mend = Mend("Answer `Accept: T` with T wherever T is what a request without Accept gets.")

    def check(self, endpoint: Endpoint, payloads: tuple[Payload, ...]) -> str:
        responses = []
        for payload in payloads:
            usual = endpoint.invoke(payload.body, payload.content_type)
            media = usual.headers.get("Content-Type", "").partition(";")[0].strip()
            asked = f"POST /invocations, {payload.content_type}"
            typed = usual.status == 200 and _MEDIA.fullmatch(media)
            expect(typed, sent=asked, expected="200 with a Content-Type of two parts", came=usual)
            answer = endpoint.invoke(payload.body, payload.content_type, Accept=media)
            same = answer.status == 200 and answer.headers.get_content_type() == media.lower()
            expect(same, sent=f"{asked}, Accept: {media}", expected=f"200 with {media}", came=answer)
            responses.append(media)
        requests = ", ".join(payload.content_type for payload in payloads)
        return f"SupportedContentTypes: {requests}; SupportedResponseMIMETypes: {', '.join(dict.fromkeys(responses))}"
