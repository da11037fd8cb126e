"""What the tests of all templates share: container folders, rendered and built."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from smscaffold import sagemaker_local

SHARED = ("algorithm", "breakage", "growth", "serving")
pytest.register_assert_rewrite(*(f"{__package__}.{name}_tests" for name in SHARED))

#: how many workers the tests of a template have in CI, by the front end where there is more than one
WORKERS = {
    ("python_flask", None): 2,
    ("r_plumber", None): 1,
    ("java_spring", "nginx"): 2,
    ("java_spring", "direct"): 1,
}

Render = Callable[..., Path]
Build = Callable[..., str]
Mounts = dict[str, Path]


# before those with a mark are left out
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks as exhaustive what CI need not try: other numbers of workers than in `WORKERS`, and images without nginx.

    CI runs the folder's own tests on an image without nginx.
    """
    for item in items:
        params = item.callspec.params if hasattr(item, "callspec") else {}
        workers, front = params.get("served", params.get("impatient")), params.get("fronted")
        if workers in (1, 2):
            again = workers != WORKERS.get((item.path.parent.name, front), workers)
        else:
            again = front == "direct"
        if again:
            item.add_marker(pytest.mark.exhaustive)


@pytest.fixture(scope="session")
def render(tmp_path_factory: pytest.TempPathFactory) -> Render:
    """A function that makes a container folder: `render("python-flask", layout="split")`."""

    def render(template: str, **answers: str) -> Path:
        folder = tmp_path_factory.mktemp(Path(template).name) / "folder"
        data = [f"--data={key}={value}" for key, value in {"project_name": "smscaffold-test", **answers}.items()]
        command = [sys.executable, "-m", "smscaffold", "new", str(folder), f"--template={template}", "--defaults"]
        subprocess.run([*command, "--no-git", "--quiet", *data], check=True)
        return folder

    return render


@pytest.fixture(scope="session")
def build() -> Iterator[Build]:
    """A function that builds an image of a folder and returns its name; the names are removed in the end."""
    made: list[str] = []

    def build(folder: Path, *options: str, tag: str, docker: str = "docker", **environment: str) -> str:
        image = f"smscaffold-test/{tag}-{os.getpid()}"
        arguments = ["--quiet", "--force-rm", "--platform=linux/amd64", f"--tag={image}", *options, str(folder)]
        command = [docker, "build", *arguments]
        with lock("images", fcntl.LOCK_SH), lock(language(folder)):
            done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **environment})
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
        made.append(image)
        return image

    yield build
    if made:
        with lock("images"):  # the classic builder fails where an image goes while it looks for what is in its cache
            subprocess.run(["docker", "image", "rm", "--force", *made], check=False, stdout=subprocess.DEVNULL)


def sample_fixtures(template: str) -> tuple[Any, Any, Any]:
    """The fixtures `folder`, `image` and `model` of a template, made once for all tests of its package."""

    @pytest.fixture(scope="session")
    def folder(render: Render) -> Path:
        """A container folder of the layout `single`."""
        return render(template)

    @pytest.fixture(scope="session")
    def image(folder: Path, build: Build) -> str:
        """Its image, which trains and serves, with nginx in front."""
        return build(folder, tag=template)

    @pytest.fixture(scope="session")
    def model(image: str, folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
        """The directory of a model trained by that image on its own sample data."""
        return train_sample(image, folder, tmp_path_factory.mktemp("job") / "out").model

    return folder, image, model


@pytest.fixture
def fronted(image: str) -> str:
    """The image with the front end to test; a template with more than one tries them in turn."""
    return image


def train_sample(image: str, folder: Path, into: Path, **hyperparameters: object) -> sagemaker_local.TrainingResult:
    """What training on the sample data of the folder leaves; it has to succeed."""
    data = folder / "local_test" / "opt_ml" / "input" / "data" / "train"
    result = sagemaker_local.train(image, into, {"train": data}, hyperparameters=hyperparameters)
    assert result.exit_code == 0, result.logs
    return result


@contextmanager
def lock(name: str, kind: int = fcntl.LOCK_EX) -> Iterator[None]:
    """Tests run side by side: what one of them builds is in the cache for the next one in that language."""
    with (Path(tempfile.gettempdir()) / f"smscaffold-test-{name}.lock").open("w") as file:
        fcntl.flock(file, kind)
        yield


def language(folder: Path) -> str:
    """Of a container folder; empty for any other folder with a Dockerfile."""
    answers = folder / ".copier-answers.yml"
    found = re.search(r"^_src_path: .*?(\w+)-\w+$", answers.read_text(), re.MULTILINE) if answers.is_file() else None
    return found[1] if found else ""


def run_tests(folder: Path, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The folder's own tests, with the libraries of this project's environment."""
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options, "tests"],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
    )


def breaks(folder: Path, into: Path, file: str, there: str, instead: str) -> Path:
    """A copy of the folder in which `there` was replaced in one of its files."""
    shutil.copytree(folder, into)
    text = (into / file).read_text()
    assert there in text
    (into / file).write_text(text.replace(there, instead))
    return into
