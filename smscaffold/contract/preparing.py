"""From what the command line names to what is checked."""

from __future__ import annotations

import dataclasses
import os
import re
import shlex
import shutil
import subprocess
import tarfile
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from smscaffold.console import status
from smscaffold.contract.subject import Payload, Subject, from_folder, read_json, read_payload, targets
from smscaffold.errors import CannotCheckError


@dataclass(frozen=True)
class Given:
    """What the command line names."""

    target: str | None = None
    train_image: str | None = None
    serve_image: str | None = None
    train_data: list[str] = field(default_factory=list)
    hyperparameters: Path | None = None
    slow_hyperparameters: Path | None = None
    metric: str | None = None
    model: Path | None = None
    payloads: list[Path] = field(default_factory=list)
    content_types: list[str] = field(default_factory=list)


def prepare(given: Given, scratch: Path) -> Subject:
    """What is to be checked; a folder is built for it. `scratch` takes what has to be unpacked."""

    if given.target and (given.train_image or given.serve_image):
        raise CannotCheckError("give an image or a folder, or --train-image and --serve-image, not both")
    if given.target and Path(given.target).is_dir():
        made, names = _built(Path(given.target), scratch)
        found = dataclasses.replace(from_folder(Path(given.target), made["train"], made["serve"]), names=names)
    elif given.target:
        found = Subject(given.target, given.target)
    elif given.train_image or given.serve_image:
        found = Subject(given.train_image, given.serve_image)
    else:
        raise CannotCheckError("what is to be checked? Give an image, a folder, --train-image or --serve-image")
    more: dict[str, object] = {
        "channels": dict(_channel(word) for word in given.train_data),
        "hyperparameters": read_json(given.hyperparameters) if given.hyperparameters else {},
        "slow": read_json(given.slow_hyperparameters) if given.slow_hyperparameters else {},
        "metric": given.metric,
        "model": _model(given.model, scratch) if given.model else None,
        "payloads": tuple(_payloads(given)),
    }
    return dataclasses.replace(found, **{name: value for name, value in more.items() if value})  # type: ignore[arg-type]


def _channel(word: str) -> tuple[str, Path]:
    """`DIR` is the channel `train`, `NAME=DIR` another one."""
    name, sign, path = word.rpartition("=")
    directory = Path(path if sign and re.fullmatch(r"[A-Za-z0-9.\-_]{1,64}", name) else word)
    if not directory.is_dir():
        raise CannotCheckError(f"{directory} is not a folder: --train-data takes one, or CHANNEL=DIR")
    return name or "train", directory


def _payloads(given: Given) -> Iterator[Payload]:
    if len(given.content_types) > len(given.payloads):
        raise CannotCheckError("--content-type says what is in a --payload: there are more of it than payloads")
    for number, path in enumerate(given.payloads):
        yield read_payload(path, given.content_types[number] if number < len(given.content_types) else None)


def _model(path: Path, scratch: Path) -> Path:
    """The directory that a model's file or archive becomes; a directory is one already."""
    if path.is_dir():
        return path
    folder = scratch / "given-model"
    folder.mkdir()
    try:
        if tarfile.is_tarfile(path):
            with tarfile.open(path) as archive:
                archive.extractall(folder, filter="data")
        else:
            shutil.copy(path, folder)
    except (OSError, tarfile.TarError) as error:
        raise CannotCheckError(f"the model {path} cannot be read: {error}") from error
    return folder


def _built(folder: Path, scratch: Path) -> tuple[dict[str, str], dict[str, str]]:
    """Builds a folder's images; their ids by use and their names by id.

    The ids are what is checked: another build may take the names. DOCKER_BUILD_OPTS are more options of `docker build`.
    """
    ids: dict[str | None, str] = {}
    names: dict[str, str] = {}
    wanted = targets(folder)
    for use, target in wanted.items():
        if target not in ids:
            name = re.sub(r"[^a-z0-9]+", "-", folder.resolve().name.lower()).strip("-") or "folder"
            tag = f"smscaffold-check/{name}:{target or 'latest'}"
            ids[target] = _build(folder, ["--target", target] if target else [], tag, scratch / f"{use}.id")
            names[ids[target]] = tag
    return {use: ids[target] for use, target in wanted.items()}, names


def _build(folder: Path, options: list[str], tag: str, iid: Path) -> str:
    more = shlex.split(os.environ.get("DOCKER_BUILD_OPTS", ""))
    fixed = ["--platform", "linux/amd64", "--force-rm", "--tag", tag, "--iidfile", str(iid)]
    command = ["docker", "build", *fixed, *options, *more, str(folder)]
    tail: deque[str] = deque(maxlen=15)
    try:
        with (
            status() as show,
            subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as build,
        ):
            try:
                for line in build.stdout or ():
                    tail.append(line.rstrip())
                    show(f"building {tag}: {line.strip()}")
            except BaseException:
                build.kill()
                raise
    except FileNotFoundError:
        raise CannotCheckError("docker is not installed: a folder is built with its command") from None
    if build.returncode:
        end = "\n".join(tail)
        raise CannotCheckError(f"{folder} cannot be built: {shlex.join(command)} ends with\n{end}")
    return iid.read_text().strip()
