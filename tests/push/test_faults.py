"""What can go wrong: each ends at once, non-zero, with the step and what to do."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess

import pytest

from .conftest import DEADLINE, Cloud, Folder, digest_of, last_lines, nothing_pushed, remove_images, tell_moto


@pytest.mark.docker
def test_build_failure_stops_before_any_push(folder: Folder, cloud: Cloud) -> None:
    with (folder.path / "Dockerfile").open("a") as file:  # in split the last image fails: the first must not be pushed
        file.write("COPY missing /missing\n")
    done = folder.run("--tag", "v1")
    assert (done.returncode, done.stdout) == (1, "")
    assert "missing" in done.stderr
    assert (
        f"could not build {folder.images[-1]} for linux/amd64: the reason stands above; nothing was pushed"
        in done.stderr
    )
    assert nothing_pushed(cloud, folder)


@pytest.mark.docker
@pytest.mark.parametrize("layout", ["single"])
def test_wrong_platform_is_refused(folder: Folder, cloud: Cloud, builder: dict[str, str]) -> None:
    """As a base image for another platform makes it, which some builders take without a word."""
    docker = builder["DOCKER"]
    script = f'if [ "$1" = build ]; then set -- "${{@/linux\\/amd64/linux/arm64}}"; fi\nexec {docker} "$@"'
    done = folder.run("--tag", "v1", **{**builder, "DOCKER": folder.engine(script)})
    if done.returncode == 0:
        pytest.skip("this builder ignores --platform")
    assert done.returncode == 1
    expected = f"{folder.images[0]} is for linux/arm64, not for linux/amd64: look at its base image; nothing was pushed"
    assert expected in done.stderr
    assert nothing_pushed(cloud, folder)
    remove_images(docker)


@pytest.mark.docker
@pytest.mark.parametrize("layout", ["single"])
def test_oci_manifest_is_refused(folder: Folder, cloud: Cloud) -> None:
    if not shutil.which("podman"):
        pytest.skip("needs podman")
    script = '[ "$1" != build ] || set -- "${@/#docker/oci}"\nexec podman "$@"'
    done = folder.run("--tag", "v1", DOCKER=folder.engine(script))
    assert done.returncode == 1
    assert "has a manifest of type application/vnd.oci.image.manifest.v1+json, which SageMaker refuses" in done.stderr
    assert nothing_pushed(cloud, folder)
    remove_images("podman")


@pytest.mark.docker
@pytest.mark.parametrize("layout", ["single"])
def test_an_engine_that_says_no_type_is_no_proof(folder: Folder, cloud: Cloud) -> None:
    """Some engines behind docker's commands do not say the type of a manifest, and push one of OCI's."""
    if not shutil.which("podman"):
        pytest.skip("needs podman")
    script = (
        '[ "$1" != build ] || set -- "${@/#docker/oci}"\n[ "$1" != push ] || set -- "${@/#v2s2/oci}"\n'
        'case $1:$2 in image:inspect) podman "$@" | sed /ManifestType/d ;; *) exec podman "$@" ;; esac'
    )
    done = folder.run("--tag", "v1", DOCKER=folder.engine(script))
    assert (done.returncode, done.stdout) == (1, "")
    name = f"{cloud.registry}/{folder.images[0]}@{digest_of(cloud, folder.images[0], 'v1')}"
    assert f"{name} has a manifest of type application/vnd.oci.image.manifest.v1+json, which SageMaker" in done.stderr
    assert cloud.tags(folder.images[0]) == ["v1"], "latest stays at the image that SageMaker takes"
    remove_images("podman")


@pytest.mark.docker
@pytest.mark.parametrize("layout", ["single"])
def test_expired_credentials(folder: Folder, cloud: Cloud) -> None:
    cloud.let_credentials_expire(True)
    try:
        first = folder.run("--tag", "v1", ECR_REGISTRY="")
        second = folder.run("--tag", "v1")
    finally:
        cloud.let_credentials_expire(False)
    assert (first.returncode, first.stdout) == (1, "")
    assert "could not ask AWS for your account: log in to AWS again if your credentials have expired" in first.stderr
    assert "== build" not in first.stderr
    assert second.returncode == 1
    assert f"could not log in to {cloud.registry}: the reason stands above; log in to AWS again" in second.stderr
    assert nothing_pushed(cloud, folder)


@pytest.mark.docker
@pytest.mark.parametrize("layout", ["single"])
def test_refused_login(folder: Folder, cloud: Cloud) -> None:
    script = '[ "$1" != login ] || exec docker "$@" <<<wrong\nexec docker "$@"'
    done = folder.run("--tag", "v1", DOCKER=folder.engine(script))
    assert done.returncode == 1
    assert f"could not log in to {cloud.registry}: " in done.stderr
    assert nothing_pushed(cloud, folder)


@pytest.mark.docker
def test_registry_dies_in_the_middle_and_a_rerun_goes_on(folder: Folder, cloud: Cloud) -> None:
    """In split the train image is there already then: half pushed."""
    pid = cloud.processes["registry"].pid
    script = f'[ "$1" != push ] || [[ $2 != *{folder.images[-1]}:v1 ]] || kill {pid}\nexec docker "$@"'
    done = folder.run("--tag", "v1", DOCKER=folder.engine(script))
    assert (done.returncode, done.stdout) == (1, "")
    failed = f"{cloud.registry}/{folder.images[-1]}:v1"
    assert f"could not push {failed}: the reason stands above; run this script again to go on from here" in done.stderr
    cloud.processes["registry"].wait(DEADLINE)
    cloud.start_registry()
    assert cloud.tags(folder.images[-1]) == []
    if folder.layout == "split":
        assert cloud.tags(folder.images[0]) == ["latest", "v1"]
        tell_moto(cloud, folder.images[0], "v1")
    references = last_lines(folder.run("--tag", "v1"))
    assert len(references) == len(folder.images)
    for image in folder.images:
        assert cloud.tags(image) == ["latest", "v1"]


@pytest.mark.docker
@pytest.mark.parametrize("layout", ["single"])
def test_registry_with_a_full_disk(folder: Folder, cloud: Cloud) -> None:
    """A limit on the registry's file size stands for the full disk: it cannot store the layer."""
    (folder.path / "content").write_bytes(os.urandom(300_000))
    prlimit = shutil.which("prlimit")
    if not prlimit or not shutil.which("podman"):
        pytest.skip("needs prlimit, and podman, which gives up sooner than docker")
    pid = str(cloud.processes["registry"].pid)
    subprocess.run([prlimit, "--pid", pid, "--fsize=100000:unlimited"], check=True)
    try:
        done = folder.run("--tag", "v1", DOCKER="podman")
        remove_images("podman")
    finally:
        cloud.processes["registry"].send_signal(signal.SIGTERM)
        cloud.processes["registry"].wait(DEADLINE)
        cloud.start_registry()
    assert (done.returncode, done.stdout) == (1, "")
    assert f"could not push {cloud.registry}/{folder.images[0]}:v1" in done.stderr


@pytest.mark.docker
@pytest.mark.parametrize("layout", ["single"])
def test_lifecycle_rule_refused_leaves_no_repository(folder: Folder, cloud: Cloud) -> None:
    wrapper = folder.path / "bin"
    wrapper.mkdir()
    aws = shutil.which("aws", path=cloud.user["PATH"])
    (wrapper / "aws").write_text(
        '#!/bin/bash\ncase " $* " in *" put-lifecycle-policy "*) echo AccessDeniedException >&2; exit 254 ;; esac\n'
        f'exec {aws} "$@"\n'
    )
    (wrapper / "aws").chmod(0o755)
    done = folder.run("--tag", "v1", PATH=f"{wrapper}:{cloud.user['PATH']}")
    assert done.returncode == 1
    assert f"could not create the repository {folder.images[0]}: the reason stands above" in done.stderr
    assert "AccessDeniedException" in done.stderr
    assert last_lines(folder.run("--tag", "v1"))
