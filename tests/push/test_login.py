"""Engines that keep no passwords of their own: a credential helper has them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import PASSWORD, Cloud, Folder, last_lines, nothing_pushed, remove_images

pytestmark = [pytest.mark.docker, pytest.mark.parametrize("layout", ["single"])]

# As docker-credential-ecr-login answers: it gives credentials, and keeps none.
HELPER = """\
#!/bin/sh
registry=$(cat)
case $1:$registry in
  get:{registry} | get:http*://{registry}) echo '{{"Username": "AWS", "Secret": "{secret}"}}' ;;
  get:*) echo 'credentials not found in native keychain'; exit 1 ;;
  *) echo 'not implemented'; exit 1 ;;
esac
"""


@pytest.fixture(params=["docker", "podman"])
def which_engine(request: pytest.FixtureRequest) -> str:
    if not shutil.which(request.param):
        pytest.skip(f"needs {request.param}")
    return str(request.param)


def with_helper(folder: Folder, cloud: Cloud, helper: str, settings: object) -> dict[str, str]:
    """The environment of a user whose engine asks a credential helper."""
    program = folder.path / "bin" / f"docker-credential-{helper}"
    program.parent.mkdir()
    program.write_text(HELPER.format(registry=cloud.registry, secret=PASSWORD))
    program.chmod(0o755)
    config = folder.path / "docker-config"
    config.mkdir()
    (config / "config.json").write_text(json.dumps(settings, indent=4))
    return {
        "PATH": f"{program.parent}:{cloud.user['PATH']}",
        "DOCKER_CONFIG": str(config),
        "REGISTRY_AUTH_FILE": str(config / "config.json"),
    }


def for_all(_: Cloud) -> object:
    return {"auths": {}, "credsStore": "ecr-login"}


def for_this_one(cloud: Cloud) -> object:
    return {"credHelpers": {"public.ecr.aws": "other", cloud.registry: "ecr-login", "gcr.io": "gcloud"}}


def for_this_one_beside_one_for_all(cloud: Cloud) -> object:
    return {"credsStore": "desktop", "credHelpers": {cloud.registry: "ecr-login"}}


@pytest.mark.parametrize("settings", [for_all, for_this_one, for_this_one_beside_one_for_all])
def test_ecrs_helper_needs_no_login(folder: Folder, cloud: Cloud, settings: Callable[[Cloud], object]) -> None:
    environment = with_helper(folder, cloud, "ecr-login", settings(cloud))
    done = folder.run("--tag", "v1", **environment)
    assert last_lines(done)
    assert f"no login is needed: docker-credential-ecr-login has the credentials of {cloud.registry}\n" in done.stderr
    assert "not implemented" not in done.stderr
    assert cloud.tags(folder.images[0]) == ["latest", "v1"]


def test_another_helper_that_keeps_no_passwords(folder: Folder, cloud: Cloud, which_engine: str) -> None:
    environment = with_helper(folder, cloud, "acme", {"credHelpers": {cloud.registry: "acme"}})
    done = folder.run("--tag", "v1", DOCKER=which_engine, **environment)
    assert last_lines(done)
    assert f"no login is needed: docker-credential-acme has the credentials of {cloud.registry}\n" in done.stderr
    assert cloud.tags(folder.images[0]) == ["latest", "v1"]
    remove_images(which_engine)


def test_a_helper_that_has_no_password_does_not_hide_a_failed_login(folder: Folder, cloud: Cloud) -> None:
    environment = with_helper(folder, cloud, "acme", {"credsStore": "acme"})
    helper = Path(environment["PATH"].split(":")[0], "docker-credential-acme")
    helper.write_text(helper.read_text().replace("get:", "no:"))
    done = folder.run("--tag", "v1", **environment)
    assert done.returncode == 1
    assert f"could not log in to {cloud.registry}: the reason stands above; log in to AWS again" in done.stderr
    assert nothing_pushed(cloud, folder)


def test_a_helper_of_another_registry_changes_nothing(folder: Folder, cloud: Cloud) -> None:
    settings = {"credHelpers": {cloud.registry.replace(":", "."): "ecr-login", "x" + cloud.registry: "ecr-login"}}
    done = folder.run("--tag", "v1", **with_helper(folder, cloud, "ecr-login", settings))
    assert last_lines(done)
    assert "no login is needed" not in done.stderr
