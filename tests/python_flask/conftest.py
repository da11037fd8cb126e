"""The container folders of python-flask, rendered and built once for all tests here."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from smscaffold import sagemaker_local

ALGORITHMS = Path(__file__).parent / "algorithms"
Render = Callable[..., Path]
Build = Callable[..., str]


@pytest.fixture(scope="session")
def render(tmp_path_factory: pytest.TempPathFactory) -> Render:
    """A function that makes a container folder: `render(layout="split")`."""

    def render(**answers: str) -> Path:
        folder = tmp_path_factory.mktemp("python-flask") / "folder"
        data = [f"--data={key}={value}" for key, value in {"project_name": "smscaffold-test", **answers}.items()]
        command = [sys.executable, "-m", "smscaffold", "new", str(folder), "--template=python-flask", "--defaults"]
        subprocess.run([*command, "--no-git", "--quiet", *data], check=True)
        return folder

    return render


@pytest.fixture(scope="session")
def build() -> Iterator[Build]:
    """A function that builds an image of a folder and returns its name; the names are removed in the end."""
    made: list[str] = []

    def build(folder: Path, *options: str, tag: str, docker: str = "docker", **environment: str) -> str:
        image = f"smscaffold-test/{tag}-{os.getpid()}"
        command = [docker, "build", "--quiet", "--platform=linux/amd64", f"--tag={image}", *options, str(folder)]
        with one_build_at_a_time():
            done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **environment})
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
        made.append(image)
        return image

    yield build
    if made:
        subprocess.run(["docker", "image", "rm", "--force", *made], check=False, stdout=subprocess.DEVNULL)


@contextmanager
def one_build_at_a_time() -> Iterator[None]:
    """Tests may run side by side: what one of them builds is in the cache for the next."""
    with (Path(tempfile.gettempdir()) / "smscaffold-test-build.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def folder(render: Render) -> Path:
    """A container folder of the layout `single`."""
    return render()


@pytest.fixture(scope="session")
def image(folder: Path, build: Build) -> str:
    """Its image, which trains and serves."""
    return build(folder, tag="single")


@pytest.fixture(scope="session")
def model(image: str, folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a model trained by that image on its own sample data."""
    data = folder / "local_test" / "opt_ml" / "input" / "data" / "train"
    result = sagemaker_local.train(image, tmp_path_factory.mktemp("job") / "out", {"train": data})
    assert result.exit_code == 0, result.logs
    return result.model


def run_tests(folder: Path, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The folder's own tests, with the libraries of this project's environment."""
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options, "tests"],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
    )
