"""build_and_push.sh with a real engine, a registry and an emulated cloud on this machine."""

from __future__ import annotations

import json
import os
import shutil
import subprocess

import pytest

from .conftest import ACCOUNT, SCHEMA_2, Cloud, Folder, digest_of, last_lines, make_folder, remove_images, tell_moto


@pytest.mark.docker
def test_every_builder_pushes_schema_2(folder: Folder, cloud: Cloud, builder: dict[str, str]) -> None:
    references = last_lines(folder.run("--tag", "v1", **builder))
    assert len(references) == len(folder.images)
    for reference, image in zip(references, folder.images, strict=True):
        start, _, digest = reference.partition("@")
        assert start == f"{cloud.registry}/{image}"
        assert cloud.tags(image) == ["latest", "v1"]
        content_type, body = cloud.get(f"{image}/manifests/v1")
        manifest = json.loads(body)
        assert content_type == manifest["mediaType"] == SCHEMA_2
        assert manifest["config"]["mediaType"] == "application/vnd.docker.container.image.v1+json"
        assert cloud.get(f"{image}/manifests/{digest}")[1] == cloud.get(f"{image}/manifests/latest")[1] == body
        config = json.loads(cloud.get(f"{image}/blobs/{manifest['config']['digest']}")[1])
        assert (config["os"], config["architecture"]) == ("linux", "amd64")
    remove_images(builder["DOCKER"])


@pytest.mark.docker
@pytest.mark.parametrize("layout", ["single"])
def test_new_repository_has_the_organisations_tags(folder: Folder, cloud: Cloud) -> None:
    tags = {"cost-center": "ml 42", "owner": "a@example.com"}
    make_folder(folder.path, folder.layout, folder.name, tags=tags)
    last_lines(folder.run("--tag", "v1"))
    [found] = cloud.aws("ecr", "describe-repositories", "--repository-names", folder.name)["repositories"]  # type: ignore[misc]
    told = cloud.aws("ecr", "list-tags-for-resource", "--resource-arn", found["repositoryArn"])["tags"]
    assert {each["Key"]: each["Value"] for each in told} == tags  # type: ignore[attr-defined]


@pytest.mark.docker
@pytest.mark.parametrize("layout", ["split"])
def test_new_repository_is_set_up_and_an_existing_one_left_alone(folder: Folder, cloud: Cloud) -> None:
    last_lines(folder.run("--tag", "v1"))
    for image in folder.images:
        [found] = cloud.aws("ecr", "describe-repositories", "--repository-names", image)["repositories"]  # type: ignore[misc]
        assert found["imageScanningConfiguration"] == {"scanOnPush": True}
        assert found["imageTagMutability"] == "IMMUTABLE_WITH_EXCLUSION"
        filters = [item["filter"] for item in found["imageTagMutabilityExclusionFilters"]]
        assert filters == ["latest", "*-dirty"]
        policy = cloud.aws("ecr", "get-lifecycle-policy", "--repository-name", image)["lifecyclePolicyText"]
        [rule] = json.loads(str(policy))["rules"]
        assert 100 <= len(str(policy)) <= 30720
        assert rule["selection"]["tagStatus"] == "untagged"
        cloud.aws("ecr", "delete-lifecycle-policy", "--repository-name", image)
    again = folder.run("--tag", "v2", "--json")
    assert "create the repository" not in again.stderr
    assert [uri.partition("@")[0] for uri in json.loads(again.stdout)["images"]] == [
        f"{cloud.registry}/{image}" for image in folder.images
    ]
    for image in folder.images:
        assert cloud.tags(image) == ["latest", "v1", "v2"]
        done = subprocess.run(
            ["aws", "ecr", "get-lifecycle-policy", "--repository-name", image],
            env=os.environ | cloud.user,
            capture_output=True,
        )
        assert done.returncode != 0


@pytest.mark.docker
@pytest.mark.parametrize("layout", ["split"])
def test_no_push_builds_and_needs_no_account(folder: Folder, cloud: Cloud, engine: str) -> None:
    done = folder.run("--no-push", AWS_ENDPOINT_URL="http://127.0.0.1:1", PATH=os.environ["PATH"])
    assert last_lines(done) == folder.images
    for image in folder.images:
        assert subprocess.run([engine, "image", "inspect", image], capture_output=True).returncode == 0
        assert cloud.tags(image) == []
    assert json.loads(folder.run("--no-push", "--json").stdout) == {"images": folder.images}


@pytest.mark.docker
@pytest.mark.parametrize("layout", ["single"])
def test_account_comes_from_sts(folder: Folder) -> None:
    done = folder.run("--tag", "v1", ECR_REGISTRY="", DOCKER_BUILD_OPTS="--no-such-option")
    assert done.returncode == 1  # the build fails, after STS was asked
    done = folder.run("--tag", "v1", "--dry-run", ECR_REGISTRY="")
    assert "ACCOUNT.dkr.ecr" in done.stdout
    script = 'case $1 in login) echo "$*" >&2; exit 1 ;; esac\nexec docker "$@"'
    done = folder.run("--tag", "v1", ECR_REGISTRY="", DOCKER=folder.engine(script))
    assert f"login --username AWS --password-stdin {ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com\n" in done.stderr


@pytest.mark.docker
@pytest.mark.parametrize("layout", ["single"])
def test_tag_of_another_image_is_not_overwritten(folder: Folder, cloud: Cloud) -> None:
    last_lines(folder.run("--tag", "v1"))
    for image in folder.images:  # pushes do not reach moto: tell it what ECR would know
        tell_moto(cloud, image, "v1")
    again = folder.run("--tag", "v1")
    assert last_lines(again)
    assert f"{cloud.registry}/{folder.images[0]}:v1 is there already" in again.stderr
    (folder.path / "content").write_text("changed")
    before = cloud.get(f"{folder.images[0]}/manifests/v1")
    done = folder.run("--tag", "v1")
    assert done.returncode == 1
    assert f"the tag v1 of {folder.images[0]} is another image already, sha256:" in done.stderr
    assert "commit your changes, or give another --tag" in done.stderr
    assert cloud.get(f"{folder.images[0]}/manifests/v1") == before
    assert cloud.get(f"{folder.images[0]}/manifests/latest") == before


@pytest.mark.docker
@pytest.mark.parametrize("layout", ["single"])
def test_existing_repositories_keep_their_own_rules(folder: Folder, cloud: Cloud) -> None:
    """And a warning of the CLI, as behind some proxies, is not taken for ECR's answer."""
    for image in folder.images:
        cloud.aws("ecr", "create-repository", "--repository-name", image, "--image-tag-mutability", "IMMUTABLE")
    aws = folder.path / "bin" / "aws"
    aws.parent.mkdir()
    real = shutil.which("aws", path=cloud.user["PATH"])
    aws.write_text(f'#!/bin/sh\necho "InsecureRequestWarning: unverified" >&2\nexec {real} "$@"\n')
    aws.chmod(0o755)
    done = folder.run("--tag", "v1", PATH=f"{aws.parent}:{cloud.user['PATH']}")
    assert last_lines(done)
    assert f"latest stays as it is: no tag of {folder.images[0]} can be moved" in done.stderr
    assert cloud.tags(folder.images[0]) == ["v1"]


@pytest.mark.docker
@pytest.mark.parametrize("layout", ["single"])
def test_dirty_tag_moves(folder: Folder, cloud: Cloud) -> None:
    first = last_lines(folder.run("--tag", "abc-dirty"))
    for image in folder.images:
        tell_moto(cloud, image, "abc-dirty")
    (folder.path / "content").write_text("changed")
    second = last_lines(folder.run("--tag", "abc-dirty"))
    assert set(first).isdisjoint(second)
    assert f"@{digest_of(cloud, folder.images[0], 'abc-dirty')}" in second[0]
