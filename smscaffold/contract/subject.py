"""What is checked: one image or two, and what they are fed."""

from __future__ import annotations

import ast
import contextlib
import dataclasses
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from smscaffold.contract.parsing import json_value
from smscaffold.contract.settings import NAME, Settings, read
from smscaffold.errors import CannotCheckError
from smscaffold.folder import ANSWERS_FILE

_LARGEST = 100 * 2**20  # bytes of a request: those of batch jobs are the largest (B6)
_SMALL = 2**20  # bytes of a file that is written by hand
#: the constants at the head of a folder's tests/conftest.py, by the settings that they stand for
_IN_CONFTEST = {"metric": "METRIC", "slow_hyperparameters": "SLOW"}
#: content type by the ending of a payload's file
MEDIA = {".csv": "text/csv", ".json": "application/json", ".jsonl": "application/jsonlines"}


@dataclass(frozen=True)
class Payload:
    """The body of a request that the container answers with 200, and its content type."""

    body: bytes
    content_type: str

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


@dataclass(frozen=True)
class Subject:
    """What is checked. Whatever nobody gave is None or empty, and what needs it stays unproven."""

    train_image: str | None = None
    serve_image: str | None = None
    #: directories by channel
    channels: Mapping[str, Path] = field(default_factory=dict)
    hyperparameters: Mapping[str, object] = field(default_factory=dict)
    #: a directory as /opt/ml/model holds it
    model: Path | None = None
    #: what its archive held besides directories and plain files, in words
    odd: tuple[str, ...] = ()
    payloads: tuple[Payload, ...] = ()
    #: what a metric's line in the log looks like (T27); empty: training is said to print none
    metric: str | None = None
    #: hyperparameters that make a training long enough to be interrupted (T30)
    slow: Mapping[str, object] = field(default_factory=dict)
    #: the names of images that were built for this, by their ids
    names: Mapping[str, str] = field(default_factory=dict)
    #: it trains on one host only
    one_host: bool = False
    #: the files of its channels lie in them directly, without folders
    flat: bool = False
    #: the container folder that was built, and whether smscaffold generated it
    folder: Path | None = None
    generated: bool = False


def read_payload(path: Path, content_type: str | None) -> Payload:
    """A payload from a file, whose ending names the content type if nobody did."""
    media = content_type or MEDIA.get(path.suffix)
    if media is None:
        raise CannotCheckError(f"what is in {path}? Say so with --content-type")
    return Payload(_plain(path, _LARGEST, "100 MiB, the most that a request can be (B6)"), media)


def read_json(path: Path) -> dict[str, object]:
    """A JSON object from a file of at most 1 MiB; CannotCheckError when it holds something else."""
    try:
        value = json_value(_small(path))
    except ValueError as error:
        raise CannotCheckError(f"{path} is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise CannotCheckError(f"{path} must hold a JSON object")
    return value


def _small(path: Path, folder: Path | None = None) -> bytes:
    """The content of a plain file of at most 1 MiB, which no link leads to out of `folder`, if one is named."""
    if folder:
        _refuse_link_out(path, folder)
    return _plain(path, _SMALL, "1 MiB")


def _plain(path: Path, most: int, limit: str) -> bytes:
    """The content of a plain file; CannotCheckError when it is another thing, or has more than `most` bytes.

    It is opened without waiting, because opening a FIFO would wait until somebody writes to it.
    """
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise CannotCheckError(f"{path} cannot be read: it is not a plain file")
            content = file.read(most + 1)
    except OSError as error:
        raise CannotCheckError(f"{path} cannot be read: {error.strerror}") from error
    if len(content) > most:
        raise CannotCheckError(f"{path} is larger than {limit}")
    return content


def from_folder(folder: Path, settings: Settings | None = None) -> Subject:
    """Returns what a container folder says of its images, in `local_test/` and its settings, unless others are given.

    Raises CannotCheckError when one of the files cannot be read, or is a link out of the folder.
    """
    settings = settings or read(folder / NAME)
    local = folder / "local_test"
    hyperparameters = local / "opt_ml/input/config/hyperparameters.json"
    channels = sorted(path for path in local.glob("opt_ml/input/data/*") if path.is_dir())
    payloads = sorted(path for path in local.glob("payloads/*") if path.suffix in MEDIA)
    for path in (hyperparameters, *channels, *payloads):
        _refuse_link_out(path, folder)
    typed = {path.resolve() for path, _ in settings.samples}
    found = Subject(
        channels={path.name: path for path in channels},
        hyperparameters=read_json(hyperparameters) if os.path.lexists(hyperparameters) else {},
        payloads=tuple(read_payload(path, None) for path in payloads if path.resolve() not in typed),
        folder=folder,
        generated=os.path.lexists(folder / ANSWERS_FILE),
    )
    metric, slow = _of_conftest(folder)
    found = dataclasses.replace(found, metric=metric, slow=slow)
    return with_settings(found, settings, folder)


def with_settings(subject: Subject, settings: Settings, folder: Path | None) -> Subject:
    """The subject with what smscaffold-check.toml says of it; its samples come after the payloads that were found."""
    for path, _ in settings.samples if folder else ():
        _refuse_link_out(path, folder or path)
    samples = tuple(read_payload(path, media) for path, media in settings.samples)
    return dataclasses.replace(
        subject,
        payloads=(*subject.payloads, *samples),
        metric=subject.metric if settings.metric is None else settings.metric,
        slow=subject.slow if settings.slow is None else settings.slow,
        one_host=settings.one_host,
        flat=settings.flat,
    )


def _of_conftest(folder: Path) -> tuple[str | None, Mapping[str, object]]:
    """The metric and the slow hyperparameters that the folder's tests/conftest.py assigns."""
    script = folder / "tests" / "conftest.py"
    found = _assigned(script, _small(script, folder)) if os.path.lexists(script) else {}
    said = {key: found[name] for key, name in _IN_CONFTEST.items() if name in found}
    metric, slow = said.get("metric"), said.get("slow_hyperparameters")
    if not metric and "metric" in said:
        metric = ""
    return metric if isinstance(metric, str) else None, slow if isinstance(slow, dict) else {}


def _refuse_link_out(path: Path, folder: Path) -> None:
    """The folder may be a stranger's, and what it names is handed to its image."""
    # realpath, because resolve() fails at a link to itself
    if not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder)):
        raise CannotCheckError(
            f"{path} leads out of {folder}, by a link: put a copy there, "
            "or name what you mean by --train-data, --payload or --hyperparameters"
        )


def targets(folder: Path) -> dict[str, str | None]:
    """Returns which stage of a folder's Dockerfile trains and which one serves; None stands for the whole file.

    Raises CannotCheckError when there is none.
    """
    if not os.path.lexists(folder / "Dockerfile"):
        raise CannotCheckError(
            f"{folder.resolve()} is not a container folder: it has no Dockerfile; "
            "name a folder that `smscaffold new` has written, or an image"
        )
    text = _small(folder / "Dockerfile", folder).decode("utf-8", "replace")  # Docker allows any bytes in comments
    stages = set(re.findall(r"^\s*FROM\s.*\sAS\s+(\S+)", text, re.IGNORECASE | re.MULTILINE))
    return {use: use if {"train", "serve"} <= stages else None for use in ("train", "serve")}


def _assigned(script: Path, source: bytes) -> dict[str, object]:
    """The constants that a Python file assigns to names; it is read, not run."""
    found: dict[str, object] = {}
    try:
        for line in ast.parse(source).body:
            if isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Name):
                with contextlib.suppress(ValueError, TypeError):
                    found[line.targets[0].id] = ast.literal_eval(line.value)
    except (SyntaxError, ValueError) as error:
        raise CannotCheckError(f"{script}, which may hold METRIC and SLOW, is not Python: {error}") from error
    except (RecursionError, MemoryError):
        raise CannotCheckError(
            f"{script}, which may hold METRIC and SLOW, cannot be read: it is nested too deeply"
        ) from None
    return found
