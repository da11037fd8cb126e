"""The Dockerfile on other base images, with both builders, and with a company's package index and certificates."""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from smscaffold.sagemaker_local import endpoint, engine, run

from ..conftest import Build, Render, train_sample
from ..mirrors import certified, mirror, upstream

pytestmark = pytest.mark.docker
PLAIN_DEBIAN = "debian:trixie-slim"  # no Python in it


@functools.cache
def buildkit_cli() -> str:
    """A docker command that can use BuildKit: of old with it built in, or of today with its plugin; skip without."""
    for folder in os.environ["PATH"].split(os.pathsep):
        if docker := shutil.which("docker", path=folder):
            version = subprocess.run([docker, "--version"], capture_output=True, text=True).stdout
            plugin = subprocess.run([docker, "buildx", "version"], capture_output=True)
            if plugin.returncode == 0 or int(re.findall(r"version (\d+)", version)[0]) < 23:
                return docker
    pytest.skip("no docker command here can use BuildKit")


def trains_and_serves(train_image: str, serve_image: str, folder: Path, into: Path) -> None:
    payloads = folder / "local_test" / "payloads"
    result = train_sample(train_image, folder, into, max_depth=2)
    with endpoint(serve_image, result.model) as served:
        assert served.invoke((payloads / "iris.csv").read_bytes()).text == "setosa\nversicolor\nvirginica\n"


@pytest.mark.exhaustive
def test_a_debian_without_python_builds_with_buildkit(folder: Path, build: Build, tmp_path: Path) -> None:
    image = build(
        folder, f"--build-arg=BASE_IMAGE={PLAIN_DEBIAN}", tag="plain", docker=buildkit_cli(), DOCKER_BUILDKIT="1"
    )
    trains_and_serves(image, image, folder, tmp_path / "job")


@pytest.mark.exhaustive  # the README's command builds such images as well, and the test before has such a base
def test_split_images_build_with_the_classic_builder(render: Render, build: Build, tmp_path: Path) -> None:
    folder = render("python-flask", layout="split", train_base_image=PLAIN_DEBIAN)
    images = [build(folder, f"--target={part}", tag=part, DOCKER_BUILDKIT="0") for part in ("train", "serve")]
    trains_and_serves(*images, folder, tmp_path / "job")


def test_the_serve_image_has_no_libraries_for_training(render: Render, build: Build) -> None:
    folder = render("python-flask", layout="split")
    images = {part: build(folder, f"--target={part}", tag=f"same-{part}") for part in ("train", "serve")}
    for part, module, there in [("train", "pandas", True), ("serve", "pandas", False), ("train", "flask", False)]:
        found = run(images[part], "python3", "-c", f"import importlib.util as u; print(u.find_spec('{module}'))").logs
        assert (found != "None\n") is there, (part, module)
    train, serve = (engine().images.get(images[part]) for part in ("train", "serve"))
    assert serve.attrs["Size"] < train.attrs["Size"]
    assert (train.attrs["Config"]["Cmd"], serve.attrs["Config"]["Cmd"]) == (["train"], ["serve"])


def test_a_base_image_of_another_family_is_refused_in_one_sentence(folder: Path, build: Build, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(f"FROM {PLAIN_DEBIAN}\nRUN rm /usr/bin/apt-get\n")
    other = build(tmp_path, tag="no-apt")
    with pytest.raises(RuntimeError, match="the base image must be a Debian or an Ubuntu: it has no apt-get"):
        build(folder, f"--build-arg=BASE_IMAGE={other}", tag="refused")


def test_the_package_index_is_a_build_argument(folder: Path, build: Build) -> None:
    with pytest.raises(RuntimeError, match="127.0.0.1:9/simple"):
        build(folder, "--build-arg=PIP_INDEX_URL=http://127.0.0.1:9/simple", "--build-arg=PIP_RETRIES=0", tag="refused")


def test_a_companys_mirror_is_trusted_by_its_certificate(folder: Path, build: Build, tmp_path: Path) -> None:
    """By apt, from the first package on, and by the system."""
    shutil.copytree(folder, tmp_path / "folder")
    authority, server = certified(tmp_path)
    (tmp_path / "folder" / "certificates").mkdir()
    shutil.copy(authority, tmp_path / "folder" / "certificates")
    (tmp_path / "Dockerfile").write_text((folder / "Dockerfile").read_text().split("\nFROM base AS libraries")[0])
    sources = run(PLAIN_DEBIAN, "sh", "-c", "cat /etc/apt/sources.list /etc/apt/sources.list.d/* || true").logs
    with mirror(upstream(re.findall(r"https?://[^/\s]+", sources)[0]), server) as url:
        arguments = {"BASE_IMAGE": PLAIN_DEBIAN, "APT_MIRROR": url}
        options = ["--network=host", *(f"--build-arg={name}={value}" for name, value in arguments.items())]
        image = build(tmp_path / "folder", f"--file={tmp_path / 'Dockerfile'}", *options, tag="company")
    assert f"{url}/debian " in run(image, "cat", "/etc/apt/sources.list").logs
    assert authority.read_text().strip() in run(image, "cat", "/etc/ssl/certs/ca-certificates.crt").logs
