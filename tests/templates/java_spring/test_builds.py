"""What can be replaced in a build without editing: the base images, the builder, Maven's repository, certificates."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from smscaffold.sagemaker_local import run

from ..conftest import Build, Render
from ..mirrors import certified, files_of, mirror
from ..python_flask.test_images import buildkit_cli, trains_and_serves

pytestmark = pytest.mark.docker
DEBIAN = "debian:trixie-slim"
# Debian's Java puts its manual pages where the slim image has no folder
JDK_25 = f"""
FROM {DEBIAN}
RUN mkdir -p /usr/share/man/man1 && apt-get update \\
&& apt-get install -y --no-install-recommends ca-certificates maven openjdk-25-jdk-headless
"""


@pytest.fixture(scope="module", name="repository")
def mavens_repository(builder: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What Maven has fetched into the build stage: a mirror can offer it as it lies there."""
    folder = tmp_path_factory.mktemp("mirror")
    copy = ["docker", "run", "--rm", f"--volume={folder}:/out", builder, "sh", "-c", "cp -r ~/.m2/repository /out"]
    subprocess.run(copy, check=True, capture_output=True)
    return folder / "repository"


def build_with(url: str, build: Build, folder: Path, *options: str, tag: str) -> str:
    """An image built with that mirror; its server is reached over the network of this machine."""
    return build(folder, "--network=host", f"--build-arg=MAVEN_MIRROR={url}", *options, tag=tag)


def builds_with_buildkit(folder: Path, layout: str, build: Build, into: Path) -> None:
    targets = {"single": [""], "split": ["train", "serve"]}[layout]
    images = [
        build(folder, f"--target={target}", tag=f"kit{target}", docker=buildkit_cli(), DOCKER_BUILDKIT="1")
        for target in targets
    ]
    trains_and_serves(images[0], images[-1], folder, into / "job")


@pytest.mark.exhaustive  # the next one has a mirror as well
def test_maven_fetches_everything_from_the_mirror(repository: Path, folder: Path, build: Build) -> None:
    with mirror(files_of(repository)) as url:
        image = build_with(url, build, folder, "--target=libraries", tag="java-spring-mirror")
    # Maven notes beside each file where it came from, such as `junit-5.jar>central=`
    origins = "find ~/.m2/repository -name _remote.repositories -exec cat {} + | grep -v '^#' | sed 's/.*>//'"
    found = subprocess.run(["docker", "run", "--rm", image, "sh", "-c", origins], capture_output=True, text=True).stdout
    assert set(found.split()) == {"mirror="}


@pytest.mark.exhaustive
def test_a_companys_certificates_are_trusted(repository: Path, folder: Path, build: Build, tmp_path: Path) -> None:
    """By Maven, whose mirror has one of them, and in the image by Java and by the system."""
    authority, server = certified(tmp_path)
    copy = shutil.copytree(folder, tmp_path / "folder")
    with mirror(files_of(repository), server) as url:
        with pytest.raises(RuntimeError, match="PKIX path building failed"):
            build_with(url, build, copy, "--target=libraries", tag="java-spring-untrusted")
        (copy / "certificates").mkdir()
        shutil.copy(authority, copy / "certificates")
        image = build_with(url, build, copy, tag="java-spring-company")
    assert "Owner: CN=Company CA\n" in run(image, "keytool", "-list", "-v", "-cacerts", "-storepass", "changeit").logs
    assert authority.read_text().strip() in run(image, "cat", "/etc/ssl/certs/ca-certificates.crt").logs


@pytest.mark.exhaustive
def test_other_base_and_build_images(folder: Path, build: Build, tmp_path: Path) -> None:
    """A newer JDK, which becomes the runtime, on a base image that has a language of its own."""
    (tmp_path / "Dockerfile").write_text(JDK_25)
    jdk = build(tmp_path, tag="jdk-25")
    images = ["--build-arg=BASE_IMAGE=python:3.13-slim-trixie", f"--build-arg=BUILD_IMAGE={jdk}"]
    image = build(folder, *images, tag="java-spring-other")
    assert run(image, "java", "-version").logs.startswith('openjdk version "25')
    assert run(image, "python3", "--version").logs.startswith("Python 3.13")
    trains_and_serves(image, image, folder, tmp_path / "job")


def test_a_base_image_of_another_family_is_refused_in_one_sentence(folder: Path, build: Build, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(f"FROM {DEBIAN}\nRUN rm /usr/bin/apt-get\n")
    other = build(tmp_path, tag="no-apt")
    with pytest.raises(RuntimeError, match="the base image must be a Debian or an Ubuntu: it has no apt-get"):
        build(folder, f"--build-arg=BASE_IMAGE={other}", tag="refused")


@pytest.mark.exhaustive
@pytest.mark.parametrize("layout", ["single", "split"])
def test_builds_with_buildkit(render: Render, build: Build, tmp_path: Path, layout: str) -> None:
    builds_with_buildkit(render("java-spring", layout=layout), layout, build, tmp_path)
