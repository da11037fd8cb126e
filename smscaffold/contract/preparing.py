"""From what the command line names to what is checked."""

from __future__ import annotations

import dataclasses
import os
import re
import shlex
import shutil
import subprocess
import tarfile
import zlib
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from smscaffold.console import status
from smscaffold.contract.clause import short
from smscaffold.contract.settings import Settings
from smscaffold.contract.subject import Payload, Subject, from_folder, read_json, read_payload, targets, with_settings
from smscaffold.errors import CannotCheckError

_HEADERS = (
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
)
_LONGEST_HEADER = 2**20  # bytes
_LINE = 65536  # characters of a build's log that are read at once


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
    #: a container folder that brings the inputs for these images, which were built from it already
    folder: Path | None = None


def prepare(given: Given, scratch: Path, settings: Settings | None = None) -> Subject:
    """What is to be checked; a folder is built for it. `scratch` takes what has to be unpacked.

    What `given` names wins over the settings (by default the folder's own), and these over what the folder brings.

    Raises CannotCheckError; for what is wrong with the inputs, before the engine is asked for anything.
    """
    if given.target and (given.train_image or given.serve_image):
        raise CannotCheckError("give an image or a folder, or --train-image and --serve-image, not both")
    folder = _folder(given)
    if folder or given.folder:
        found = from_folder(folder or Path(given.folder or ""), settings)
        found = dataclasses.replace(found, train_image=given.train_image, serve_image=given.serve_image)
    else:
        found = with_settings(Subject(*_images(given)), settings or Settings(), None)
    model, odd = _model(given.model, scratch) if given.model else (None, [])
    more: dict[str, object] = {
        "channels": dict(_channel(word) for word in given.train_data) or None,
        "hyperparameters": read_json(given.hyperparameters) if given.hyperparameters else None,
        "slow": read_json(given.slow_hyperparameters) if given.slow_hyperparameters else None,
        "metric": given.metric,
        "model": model,
        "odd": tuple(odd),
        "payloads": tuple(_payloads(given)) or None,
    }
    given_more = {name: value for name, value in more.items() if value is not None}
    found = dataclasses.replace(found, **given_more)  # type: ignore[arg-type]
    _check_metric(found.metric)
    stages, options = (targets(folder), _build_options()) if folder else ({}, [])
    _require_engine()
    if folder:
        made, names = _built(folder, stages, options, scratch)
        found = dataclasses.replace(found, train_image=made["train"], serve_image=made["serve"], names=names)
    return found


def _folder(given: Given) -> Path | None:
    return Path(given.target) if given.target and Path(given.target).is_dir() else None


def _images(given: Given) -> tuple[str | None, str | None]:
    """The image that trains and the one that serves."""
    if not (given.target or given.train_image or given.serve_image):
        raise CannotCheckError("what is to be checked? Give an image, a folder, --train-image or --serve-image")
    return given.target or given.train_image, given.target or given.serve_image


def _channel(word: str) -> tuple[str, Path]:
    """`DIR` is the channel `train`, `NAME=DIR` another one."""
    name, sign, path = word.partition("=")
    named = sign and re.fullmatch(r"[A-Za-z0-9.\-_]{1,64}", name)
    directory = Path(path if named else word)
    if not directory.is_dir():
        raise CannotCheckError(f"{directory} is not a folder: --train-data takes one, or CHANNEL=DIR")
    return name if named else "train", directory


def _check_metric(metric: str | None) -> None:
    from smscaffold.sagemaker_local import no_expression  # here: to list clauses nobody needs docker

    if problem := no_expression(metric or ""):
        raise CannotCheckError(f"the metric {short(repr(metric))} {problem}")


def _payloads(given: Given) -> Iterator[Payload]:
    if len(given.content_types) > len(given.payloads):
        raise CannotCheckError("--content-type says what is in a --payload: there are more of it than payloads")
    for number, path in enumerate(given.payloads):
        yield read_payload(path, given.content_types[number] if number < len(given.content_types) else None)


class _Member(tarfile.TarInfo):
    """An entry of an archive that nobody vouches for: Python would read a header of any size into memory."""

    def _proc_member(self, archive: tarfile.TarFile) -> tarfile.TarInfo:
        if self.type in _HEADERS and self.size > _LONGEST_HEADER:
            raise ValueError(f"it has a header of more than {_LONGEST_HEADER} bytes")
        return super()._proc_member(archive)  # type: ignore[misc,no-any-return]


def _model(path: Path, scratch: Path) -> tuple[Path, list[str]]:
    """The directory that a model's file or archive becomes, and in words what of the archive was left out of it.

    A directory is one already.
    """
    from smscaffold.sagemaker_local import LocalError, unpack

    if path.is_dir():
        return path, []
    folder = scratch / "given-model"
    folder.mkdir()
    try:
        if path.exists() and not path.is_file():
            raise OSError("it is neither a file nor a folder")
        try:
            archive = tarfile.open(path, tarinfo=_Member)  # noqa: SIM115 - one that is no archive is told apart here
        except tarfile.ReadError:
            shutil.copy(path, folder)
            return folder, []
        with archive:
            return folder, unpack(archive, folder, f"the model {path}")
    except LocalError as error:
        raise CannotCheckError(str(error).rstrip(".")) from error
    except (OSError, EOFError, ValueError, RecursionError, tarfile.TarError, zlib.error) as error:
        raise CannotCheckError(f"the model {path} cannot be read: {error}") from error


def _build_options() -> list[str]:
    """The user's further options of `docker build`."""
    try:
        return shlex.split(os.environ.get("DOCKER_BUILD_OPTS", ""))
    except ValueError as error:
        raise CannotCheckError(f"DOCKER_BUILD_OPTS cannot be taken apart: {error}") from error


def _require_engine() -> None:
    from smscaffold.sagemaker_local import LocalError, engine

    try:
        engine()
    except LocalError as error:
        raise CannotCheckError(f"{str(error).rstrip('.')}; `smscaffold doctor` looks closer") from error


def _built(
    folder: Path, stages: dict[str, str | None], options: list[str], scratch: Path
) -> tuple[dict[str, str], dict[str, str]]:
    """Builds a folder's images, by use a stage or the whole; their ids by use and their names by id.

    The ids are what is checked: another build may take the names.
    """
    ids: dict[str | None, str] = {}
    names: dict[str, str] = {}
    for use, target in stages.items():
        if target not in ids:
            name = re.sub(r"[^a-z0-9]+", "-", folder.resolve().name.lower()).strip("-") or "folder"
            tag = f"smscaffold-check/{name}:{target or 'latest'}"
            stage = ["--target", target] if target else []
            ids[target] = _build(folder, [*stage, *options], tag, scratch / f"{use}.id")
            names[ids[target]] = tag
    return {use: ids[target] for use, target in stages.items()}, names


def _build(folder: Path, options: list[str], tag: str, iid: Path) -> str:
    fixed = ["--platform", "linux/amd64", "--force-rm", "--tag", tag, "--iidfile", str(iid)]
    command = ["docker", "build", *fixed, *options, str(folder)]
    tail: deque[str] = deque(maxlen=15)
    try:
        with (
            status() as show,
            subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, errors="replace") as build,
        ):
            try:
                for line in iter(lambda: build.stdout.readline(_LINE), ""):  # type: ignore[union-attr]
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
