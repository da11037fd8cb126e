"""Where containers are started for checks: SageMaker's ways on this machine, and nothing left afterwards.

What is started carries a label, so that `close` finds it in whatever state an interruption left it.
"""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import re
import tarfile
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import docker.errors

from smscaffold import sagemaker_local as local
from smscaffold.contract import owner
from smscaffold.contract.clause import BrokenError, UnprovenError, skip, unproven
from smscaffold.contract.inside import Inside
from smscaffold.contract.subject import Subject
from smscaffold.contract.waiting import ended, in_vain, without_pings
from smscaffold.contract.wording import SCHEMA_2
from smscaffold.errors import CannotCheckError

R = TypeVar("R", bound=local.Running)

LABEL = "smscaffold.check"
#: seconds that the first start of a server may take, unless the user says otherwise (H12)
START = 180.0
_PATIENCE = 5  # times the first start that each further one may take
_LEAST = 30.0  # seconds that a start may take in any case
_NAMED = 3  # variables that are named in a command


class Lab:
    """Starts containers of the images that are checked. `**options` are those of `sagemaker_local`.

    A clause that breaks while such a container runs gets the container's log as evidence.
    """

    def __init__(self, subject: Subject, scratch: Path, start_timeout: float | None = None) -> None:
        self.subject = subject
        #: seconds that the first start of a server may take
        self.start_timeout = start_timeout or START
        #: seconds that it took
        self.first_start: float | None = None
        self.run_id = uuid.uuid4().hex[:12]
        self._owner = owner.owner()
        self.closed = False
        #: what trainings get unless they ask for another one; `trained` opens it where it has to (T45)
        self.network_mode = "none"
        #: disk space for all that is copied out of containers
        self.room = local.Room(scratch)
        self._scratch = scratch
        self._numbers = itertools.count()

    @property
    def train_image(self) -> str:
        """The image that trains."""
        return self.subject.train_image or skip("there is no image that trains")

    @property
    def serve_image(self) -> str:
        """The image that serves."""
        return self.subject.serve_image or skip("there is no image that serves")

    @property
    def patience(self) -> float:
        """Seconds that a start may take: a multiple of the first one's, so that a slow server is not called dead."""
        return max(_LEAST, _PATIENCE * self.first_start) if self.first_start else self.start_timeout

    def folder(self) -> Path:
        """A new, empty folder, which is gone with the run."""
        folder = self._scratch / f"{next(self._numbers):03}"
        folder.mkdir()
        return folder

    def run(self, image: str, *command: str, **options: Any) -> local.Finished:
        """Runs a command to its end."""
        return local.run(image, *command, **self._labelled(options))

    @contextlib.contextmanager
    def training(
        self,
        channels: Mapping[str, Path] | None = None,
        *,
        hyperparameters: Mapping[str, object] | None = None,
        **options: Any,
    ) -> Iterator[local.Training]:
        """Starts a training, with the subject's channels and hyperparameters unless others are given."""
        if channels is None:
            channels = self.subject.channels or unproven("give the data to train on: --train-data DIR")
        given = self.subject.hyperparameters if hyperparameters is None else hyperparameters
        into, options = self.folder() / "result", self._labelled({"network_mode": self.network_mode, **options})
        options |= {"hyperparameters": given, "room": self.room}
        sent = spoken("train", options)
        with local.training(self.train_image, into, channels, **options) as job, _telling(job, sent):
            yield job

    def train(
        self, channels: Mapping[str, Path] | None = None, *, timeout: float = 600, **options: Any
    ) -> local.TrainingResult:
        """Runs a training to its end."""
        with self.training(channels, **options) as job:
            return job.wait(timeout)

    @contextlib.contextmanager
    def endpoint(
        self, model: Path | None, *, ready_within: float | None = 0, **options: Any
    ) -> Iterator[local.Endpoint]:
        """Starts an endpoint on a model, and waits for the first 200 to a ping.

        `ready_within`: seconds until then; 0 stands for `patience`, and with None nothing is waited for.
        """
        labelled, sent = self._labelled({**options, "ready_within": None}), spoken("serve", options)
        with local.endpoint(self.serve_image, model, **labelled) as served, _telling(served, sent):
            if ready_within is not None:
                limit = ready_within or self.patience
                served.until(lambda: served.ping().status == 200, "a 200 from /ping", limit)
            yield served

    def settles(self, served: local.Endpoint) -> bool:
        """Waits until a server has ended or says 200; False when it does neither for as long as a start may take."""
        try:
            served.until(lambda: not served.running or served.ping().status == 200, "its end or a 200", self.patience)
        except local.TimeUpError:
            return False
        return True

    @contextlib.contextmanager
    def network(self) -> Iterator[str]:
        """A network of containers that reaches no other; its name."""
        name = f"smscaffold-{uuid.uuid4().hex[:12]}"
        labels = self._labelled({})["labels"]
        network = local.engine().networks.create(name, internal=True, labels=labels)
        try:
            yield name
        finally:
            with contextlib.suppress(docker.errors.NotFound):
                network.remove()

    @contextlib.contextmanager
    def volume(self) -> Iterator[str]:
        """A volume that containers can share; its name."""
        volume = local.engine().volumes.create(labels=self._labelled({})["labels"])
        try:
            yield volume.name
        finally:
            with contextlib.suppress(docker.errors.NotFound):
                volume.remove()

    def inside(self, running: local.Running) -> Inside:
        """What is to be seen from inside a running container's network (G1)."""
        return Inside(running.container)

    def image(self, name: str) -> Any:
        """An image as the engine describes it (G9); `attrs["Config"]` and so on."""
        try:
            return local.engine().images.get(name)
        except docker.errors.ImageNotFound:
            raise CannotCheckError(f"there is no image {name} on this machine: build it, or pull it") from None

    def manifest(self, name: str) -> tuple[str, str]:
        """The type of an image's manifest, and who says so: its registry, or the engine that would push it (R11)."""
        host, slash, _ = name.partition("/")
        if slash and (set(".:") & set(host) or host == "localhost"):
            try:
                found = local.engine().images.get_registry_data(name).attrs["Descriptor"]
                return str(found.get("MediaType") or found.get("mediaType")), f"registry {host}"
            except docker.errors.APIError as error:
                if any(each.startswith(f"{host}/") for each in self.image(name).attrs.get("RepoDigests") or ()):
                    unproven(f"it is in the registry {host}, which does not tell: {error.explanation or error}")
        descriptor = self.image(name).attrs.get("Descriptor") or {}  # only where the engine keeps manifests
        if "mediaType" in descriptor:
            return str(descriptor["mediaType"]), "the engine's image store"
        info = local.engine().info()
        if "io.containerd.snapshotter" in str(info.get("DriverStatus")):
            unproven("this engine keeps manifests and does not tell: give an image by its name in a registry")
        return SCHEMA_2, f"docker push from this engine ({info['Driver']})"

    @contextlib.contextmanager
    def archive(self, image: str, path: str) -> Iterator[tarfile.TarFile | None]:
        """What an image holds at a path, with all below it, to be read once; None if nothing is there.

        Nothing is started for it.
        """
        name = f"smscaffold-{uuid.uuid4().hex[:12]}"
        container = local.engine().containers.create(image, ["-"], name=name, **self._labelled({}))
        try:
            with local.archive(container, path) as archive:
                yield archive
        except docker.errors.NotFound:
            yield None
        finally:
            container.remove(force=True, v=True)

    def close(self) -> None:
        """Removes whatever is left of this run; nothing new starts afterwards."""
        self.closed = True
        _remove(f"{LABEL}={self.run_id}")

    def _labelled(self, options: dict[str, Any]) -> dict[str, Any]:
        if self.closed:
            raise CannotCheckError("the check was stopped")
        return {**options, "labels": {LABEL: self.run_id, owner.LABEL: self._owner}}


def remove_leftovers() -> None:
    """Removes containers, networks and volumes of runs that were killed, if they were this user's, on this machine."""
    with contextlib.suppress(docker.errors.APIError):
        _remove(owner.LABEL, owner.has_ended)


def _remove(label: str, whose: Callable[[str], bool] = lambda name: True) -> None:
    """Removes what has a label, and an owner that fits.

    A container gets the labels of its image too, which may say anything: so its name has to be one of ours as well.
    """
    engine, mine = local.engine(), {"label": label}
    for container in engine.containers.list(all=True, filters=mine, sparse=True):  # type: ignore[arg-type]
        ours = all(re.fullmatch("/smscaffold-[0-9a-f]{12}", name) for name in container.attrs["Names"])
        if ours and whose(container.attrs["Labels"].get(owner.LABEL, "")):
            with contextlib.suppress(docker.errors.APIError):
                container.remove(force=True, v=True)
    others: list[Any] = [*engine.networks.list(filters=mine), *engine.volumes.list(filters=mine)]
    for each in others:
        if whose((each.attrs["Labels"] or {}).get(owner.LABEL, "")):
            with contextlib.suppress(docker.errors.APIError):
                each.remove()


def spoken(word: str, options: Mapping[str, Any]) -> str:
    """The command line that starts a container with these options, as a person would write it."""
    words = ["docker run"]
    environment = options.get("environment") or {}
    words += [f"-e {name}={str(value)[:40]}" for name, value in list(environment.items())[:_NAMED]]
    words += [f"(and {len(environment) - _NAMED} more variables)"] if len(environment) > _NAMED else []
    flags = {"user": "user", "hostname": "hostname", "mem_limit": "memory", "network_mode": "network"}
    words += [f"--{flag} {options[name]}" for name, flag in flags.items() if name in options]
    return " ".join([*words, "IMAGE", word])


@contextlib.contextmanager
def _telling(running: local.Running, sent: str) -> Iterator[None]:
    """Turns what goes wrong with a running container into a finding, with the container's log.

    Where only time ran out, nothing is proven: the machine may have been too busy.
    """
    try:
        yield
    except BrokenError as broken:
        if not any(each.logs for each in broken.findings):
            first = dataclasses.replace(broken.findings[0], logs=without_pings(running.logs()))
            raise BrokenError(first, *broken.findings[1:]) from None
        raise
    except local.TimeUpError as problem:
        raise UnprovenError(in_vain(problem, sent)) from problem
    except local.LocalError as problem:
        raise BrokenError(ended(problem, sent)) from problem
