"""What can be replaced in a build without editing: the builder, Maven's repository, certificates."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from smscaffold.sagemaker_local import run

from ..conftest import Build, Render
from ..java_spring.test_builds import JDK_25, build_with, builds_with_buildkit, mavens_repository  # noqa: F401
from ..mirrors import certified, files_of, mirror
from ..python_flask.test_images import trains_and_serves

pytestmark = [pytest.mark.docker, pytest.mark.exhaustive]  # the Dockerfile's other parts are those of java-spring


def test_maven_fetches_everything_from_a_mirror_with_a_companys_certificate(
    repository: Path, folder: Path, build: Build, tmp_path: Path
) -> None:
    """The Scala compiler too, which the plugin fetches by itself."""
    authority, server = certified(tmp_path)
    copy = shutil.copytree(folder, tmp_path / "folder")
    (copy / "certificates").mkdir()
    shutil.copy(authority, copy / "certificates")
    with mirror(files_of(repository), server) as url:
        builder = build_with(url, build, copy, "--target=libraries", tag="scala-http-mirror")
        image = build_with(url, build, copy, tag="scala-http-company")
    # Maven notes beside each file where it came from, such as `junit-5.jar>central=`
    origins = "find ~/.m2/repository -name _remote.repositories -exec cat {} + | grep -v '^#' | sed 's/.*>//'"
    found = subprocess.run(["docker", "run", "--rm", builder, "sh", "-c", origins], capture_output=True, text=True)
    assert set(found.stdout.split()) == {"mirror="}
    assert "Owner: CN=Company CA\n" in run(image, "keytool", "-list", "-v", "-cacerts", "-storepass", "changeit").logs


def test_a_newer_jdk_becomes_the_runtime(folder: Path, build: Build, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(JDK_25)
    jdk = build(tmp_path, tag="jdk-25")
    image = build(folder, f"--build-arg=BUILD_IMAGE={jdk}", tag="scala-http-other")
    assert run(image, "java", "-version").logs.startswith('openjdk version "25')
    trains_and_serves(image, image, folder, tmp_path / "job")


@pytest.mark.parametrize("layout", ["single", "split"])
def test_builds_with_buildkit(render: Render, build: Build, tmp_path: Path, layout: str) -> None:
    builds_with_buildkit(render("scala-http", layout=layout), layout, build, tmp_path)
