"""Vectors: requests and training data, each with the answer that every template gives, whatever its language.

They lie in ``tests/vectors/`` as data (its README.md says how a case is written), and run against an image whose
algorithm is an echo: it answers with the values that reached it. Numbers are compared by value, text exactly.
"""

from __future__ import annotations

import base64
import csv
import gzip
import http.client
import io
import itertools
import json
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from smscaffold.compile import PACKAGE
from smscaffold.sagemaker_local import Endpoint, LocalError, Response, endpoint, read, train

_SHIPPED = PACKAGE / "_vectors"
VECTORS = _SHIPPED if _SHIPPED.is_dir() else PACKAGE.parent / "tests" / "vectors"
CSV, JSON, JSON_LINES = "text/csv", "application/json", "application/jsonlines"
FILES = {CSV: "file.csv", JSON_LINES: "file.jsonl"}
_SECONDS = 60  # until an answer is complete


@dataclass(frozen=True)
class Case:
    """One case of a file: what the case itself says, over the file's defaults."""

    file: str
    says: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.file}: {self.says['name']}"

    def get(self, key: str, default: Any = None) -> Any:
        return self.says.get(key, default)

    @property
    def data(self) -> bytes:
        """The body of the request, or the file of the channel, in bytes."""
        if "base64" in self.says:
            return base64.b64decode(self.says["base64"])
        body = self.says.get("body", "")
        pieces = [body] if isinstance(body, str) else body
        text = "".join(piece if isinstance(piece, str) else piece[0] * piece[1] for piece in pieces)
        return gzip.compress(text.encode(), mtime=0) if self.get("gzip") else text.encode()

    @property
    def environment(self) -> dict[str, str]:
        """The environment that tells the echo algorithm which columns this case declares."""
        return {"ECHO_COLUMNS": json.dumps(self.get("columns", {})), "ECHO_OTHERS": json.dumps(self.get("others", []))}


class Outcome(NamedTuple):
    """A case that was run, and how the answer differs from the expected one; empty if it does not."""

    case: Case
    problem: str


def load(part: str) -> list[Case]:
    """Returns the cases of a part: ``serving``, ``training``, or ``cells``, which both of them have to read alike."""
    cases = []
    for path in sorted((VECTORS / part).glob("*.json")):
        content = json.loads(path.read_text(encoding="utf-8"))
        cases += [Case(f"{part}/{path.stem}", content["defaults"] | case) for case in content["cases"]]
    return cases


# --- serving ---------------------------------------------------------------------------------------------------------


def serving_cases() -> list[Case]:
    """Returns all requests; those made of cells are POST requests with nothing else to them, and values may miss."""
    cells = [
        Case(
            case.file,
            {
                "headers": [["Content-Type", case.get("format", CSV)], ["Accept", JSON]],
                "missing": True,
                "status": 400 if "refused" in case.says else 200,
                "answer": case.get("refused", case.get("answer")),
            }
            | {key: value for key, value in case.says.items() if key not in ("answer", "refused")},
        )
        for case in load("cells")
    ]
    return cells + load("serving")


def run_serving(image: str, **options: Any) -> Iterator[Outcome]:
    """Sends each request to an endpoint of the image, one container for all cases of the same columns and settings.

    `options` are those of `sagemaker_local.endpoint`. Raises LocalError when the endpoint does not start.
    """

    def settings(case: Case) -> tuple[tuple[str, str], ...]:
        own = {
            "ECHO_MISSING": str(case.get("missing", False)).lower(),
            "SAGEMAKER_BATCH": str(case.get("batch", False)).lower(),
            "MODEL_SERVER_WORKERS": "1",
        }
        return tuple(sorted((case.environment | own).items()))

    for environment, group in itertools.groupby(sorted(serving_cases(), key=settings), settings):
        with endpoint(image, None, environment=dict(environment), **options) as served:
            for case in group:
                yield Outcome(case, _problem_of_answer(served, case))


def _problem_of_answer(served: Endpoint, case: Case) -> str:
    try:
        answer = _ask(served, case)
    except (OSError, ValueError, http.client.HTTPException) as error:
        return f"no answer: {error!r}"
    status, media = case.get("status", 200), case.get("media", JSON)
    found = f"{answer.status} {answer.headers.get_content_type()} {answer.text[:300]!r}"
    if (answer.status, answer.headers.get_content_type()) != (status, media):
        return f"expected {status} {media}, found {found}"
    for name, value in case.get("answer_headers", {}).items():
        if answer.headers[name] != value:
            return f"expected the header {name}: {value}, found {answer.headers[name]}"
    try:
        fits = _fits(case, answer)
    except (ValueError, TypeError, KeyError, OverflowError, csv.Error) as error:
        return f"{found} cannot be read: {error!r}"
    return "" if fits else f"expected {case.get('answer')}, found {found}"


def _ask(served: Endpoint, case: Case) -> Response:
    """Sends the request as it is written: http.client would refuse some of what a server has to cope with."""
    method, path, body = case.get("method", "POST"), case.get("path", "/invocations"), case.data
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", f"Content-Length: {len(body)}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in case.get("headers", [])]
    request = "\r\n".join([*lines, "", ""]).encode("latin-1") + body
    with closing(served.connection(_SECONDS)) as connection:
        with suppress(BrokenPipeError, ConnectionResetError):  # refused early: the answer says why
            connection.sock.sendall(request)
        answer = http.client.HTTPResponse(connection.sock, method=method)
        answer.begin()
        return Response(answer.status, answer.headers, read(answer), 0)


def _fits(case: Case, answer: Response) -> bool:
    wanted, text = case.get("answer"), answer.body.decode("utf-8")
    if answer.status >= 400:
        return same({"error": wanted}, json.loads(text))
    if case.get("media", JSON) == JSON:
        return same({"predictions": wanted}, json.loads(text))
    lines = text.removesuffix("\n")
    if case.get("media") == JSON_LINES:
        return same(wanted, [json.loads(line) for line in lines.split("\n")])
    rows = list(csv.reader(io.StringIO(lines, newline=""), strict=True))
    return [len(row) for row in rows] == [len(row) for row in wanted] and all(
        map(_same_cell, itertools.chain(*wanted), itertools.chain(*rows))
    )


def _same_cell(wanted: Any, found: str) -> bool:
    """Is a cell of CSV the text of that value?"""
    if isinstance(wanted, dict):  # {"json": value}: the value as JSON
        return same(wanted["json"], json.loads(found))
    if isinstance(wanted, bool) or wanted is None:
        return found == ("" if wanted is None else str(wanted).lower())
    return found == wanted if isinstance(wanted, str) else float(found) == float(wanted)


def same(wanted: Any, found: Any) -> bool:
    """Are two JSON values the same? Numbers by value; an expected list of words below `error` is part of the text."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        if set(wanted) == {"error"} == set(found) and isinstance(wanted["error"], list):
            said = found["error"]
            return isinstance(said, str) and bool(said) and all(word in said for word in wanted["error"])
        return wanted.keys() == found.keys() and all(same(wanted[name], found[name]) for name in wanted)
    if isinstance(wanted, list) and isinstance(found, list):
        return len(wanted) == len(found) and all(map(same, wanted, found))
    if any(value is None or isinstance(value, (bool, str, list, dict)) for value in (wanted, found)):
        return type(wanted) is type(found) and bool(wanted == found)
    return float(wanted) == float(found)


# --- training --------------------------------------------------------------------------------------------------------


def training_cases() -> list[Case]:
    """Returns all channels and hyperparameters."""
    return load("cells") + load("training")


def run_training(image: str, work: Path, **options: Any) -> Iterator[Outcome]:
    """Has the echo algorithm read each channel in a training job, one job for all cases of the same columns.

    `work` is an empty folder for what the jobs read and leave; `options` are those of `sagemaker_local.train`.
    """
    given = [case for case in training_cases() if "columns" not in case.says]
    channels = [case for case in training_cases() if "columns" in case.says]
    groups = itertools.groupby(sorted(channels, key=_columns), _columns)
    for number, (_, group) in enumerate(groups):
        yield from _train_on_channels(image, work / f"channels-{number}", list(group), **options)
    for number, case in enumerate(given):
        yield Outcome(case, _problem_of_hyperparameters(image, work / f"hyperparameters-{number}", case, **options))


def _columns(case: Case) -> str:
    return json.dumps(case.environment)


def _train_on_channels(image: str, work: Path, cases: list[Case], **options: Any) -> Iterator[Outcome]:
    channels = {}
    for number, case in enumerate(cases):
        folder = channels[f"case-{number}"] = work / f"case-{number}"
        folder.mkdir(parents=True)
        (folder / FILES[case.get("format", CSV)]).write_bytes(case.data)
    result = train(image, work / "out", channels, environment=cases[0].environment, **options)
    seen = _seen(result.model)
    for number, case in enumerate(cases):
        found = seen.get("channels", {}).get(f"case-{number}", {"exit code": result.exit_code, "log": result.logs})
        yield Outcome(case, _problem_of_channel(case, found))


def _problem_of_channel(case: Case, found: dict[str, Any]) -> str:
    if "refused" in case.says:
        words = case.says["refused"]
        return "" if same({"error": words}, found) else f"expected an error with {words}, found {str(found)[:300]}"
    wanted = case.says["answer"]
    rows = found.get("rows")
    declared = len(case.says["columns"])
    if isinstance(rows, list) and len(rows) == len(wanted) and all(isinstance(row, list) for row in rows):
        # a language in which the call declares every column has numbers that nobody declared as text
        rows = [[*row[:declared], *map(_label, wanted[at][declared:], row[declared:])] for at, row in enumerate(rows)]
    return "" if same(wanted, rows) else f"expected {wanted}, found {str(found)[:300]}"


def _label(wanted: Any, found: Any) -> Any:
    if wanted is None and found in ("NA", "NaN"):
        return None
    with suppress(ValueError):
        if isinstance(wanted, (int, float)) and isinstance(found, str) and float(found) == wanted:
            return wanted
    return found


def _problem_of_hyperparameters(image: str, work: Path, case: Case, **options: Any) -> str:
    folder = work / "data"
    folder.mkdir(parents=True)
    (folder / "file.csv").write_bytes(b"1,a\n")
    content = case.data if "base64" in case.says else case.says["hyperparameters"]
    config = {"hyperparameters.json": content}
    result = train(image, work / "out", {"train": folder}, config=config, **options)
    if "failure" in case.says:
        said = result.failure or ""
        fits = result.exit_code == 1 and all(word in said for word in case.says["failure"])
        return "" if fits else f"expected a failure with {case.says['failure']}, found {result.exit_code}: {said[:300]}"
    found = _seen(result.model).get("hyperparameters")
    return "" if same(case.says["answer"], found) else f"expected {case.says['answer']}, found {found}, {result.logs}"


def _seen(model: Path) -> dict[str, Any]:
    """What the echo algorithm has saved; nothing if it did not."""
    try:
        seen = json.loads((model / "seen.json").read_bytes())
    except (OSError, ValueError):
        return {}
    if not isinstance(seen, dict):
        raise LocalError("The echo algorithm saved a seen.json that is not an object.")
    return seen
