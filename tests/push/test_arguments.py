"""build_and_push.sh without an engine: its arguments, names and the steps it would take."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import ACCOUNT, SCRIPT, Folder, git


def test_script_passes_shellcheck(plain: Folder) -> None:
    shellcheck = shutil.which("shellcheck") or shutil.which("shellcheck", path=str(Path(sys.executable).parent))
    if not shellcheck:
        pytest.skip("needs shellcheck")
    done = subprocess.run([shellcheck, plain.path / "build_and_push.sh"], capture_output=True, text=True)
    assert done.stdout == ""


def test_script_explains_itself(plain: Folder) -> None:
    done = plain.run("--help")
    assert (done.returncode, done.stderr) == (0, "")
    for option in ("region", "profile", "account", "repository", "tag", "platform", "no-push", "dry-run", "json"):
        assert f"  --{option} " in done.stdout
    assert os.access(SCRIPT, os.X_OK)
    assert max(map(len, done.stdout.splitlines())) <= 130


REGISTRIES = {  # a region of each partition (R3)
    "us-east-1": "amazonaws.com",
    "il-central-1": "amazonaws.com",
    "us-gov-west-1": "amazonaws.com",
    "cn-north-1": "amazonaws.com.cn",
    "cn-northwest-1": "amazonaws.com.cn",
    "us-iso-east-1": "c2s.ic.gov",
    "us-isob-east-1": "sc2s.sgov.gov",
    "eu-isoe-west-1": "cloud.adc-e.uk",
    "us-isof-south-1": "csp.hci.ic.gov",
    "eusc-de-east-1": "amazonaws.eu",
}


@pytest.mark.parametrize(("region", "domain"), REGISTRIES.items())
def test_registry_of_each_partition(plain: Folder, region: str, domain: str) -> None:
    done = plain.run("--dry-run", "--tag", "v1", "--account", ACCOUNT, "--region", region)
    assert done.returncode == 0, done.stderr
    registry = f"{ACCOUNT}.dkr.ecr.{region}.{domain}"
    assert done.stdout.splitlines() == [f"{registry}/{image}:v1" for image in plain.images]


def test_dry_run_shows_the_steps_and_does_nothing(plain: Folder) -> None:
    done = plain.run("--dry-run", "--tag", "v1", "--json", "--repository", "other")
    assert done.returncode == 0, done.stderr
    registry = "ACCOUNT.dkr.ecr.eu-west-1.amazonaws.com"
    others = ["other" + image.removeprefix("team/model") for image in plain.images]
    assert json.loads(done.stdout) == {"images": [f"{registry}/{other}:v1" for other in others]}
    steps = [line.removeprefix("== ") for line in done.stderr.splitlines()]
    assert steps[0] == f"build {plain.images[0]} for linux/amd64"
    assert f"log in to {registry}" in steps
    assert steps[-1] == f"push {registry}/{others[-1]}:latest"
    assert steps.index(f"log in to {registry}") > steps.index(f"check {plain.images[-1]}")


def test_region_comes_from_the_environment(plain: Folder) -> None:
    done = plain.run("--dry-run", "--tag", "v1", AWS_DEFAULT_REGION="us-east-2")
    assert ".us-east-2." in done.stdout
    done = plain.run("--dry-run", "--tag", "v1", AWS_DEFAULT_REGION="us-east-2", AWS_REGION="us-west-2")
    assert ".us-west-2." in done.stdout
    done = plain.run("--dry-run", "--tag", "v1", "--region", "ca-central-1", AWS_REGION="us-west-2")
    assert ".ca-central-1." in done.stdout


@pytest.mark.parametrize(
    "name",
    [
        "A",
        "1x",
        "a--b",
        "a__b",
        "a//b",
        "-a",
        "a-",
        "a/",
        "a b",
        "$(touch x)",
        "a'b",
        'a"b',
        "modèle",
        "a\nb",
        "a" * 257,
        "`x`",
    ],
)
def test_odd_repository_is_refused_by_name(plain: Folder, name: str) -> None:
    done = plain.run("--repository", name, "--tag", "v1")
    assert done.returncode == 2
    suffix = {"single": "", "split": "-train"}[plain.layout]
    assert f"build_and_push.sh: '{name}{suffix}' is no repository name" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--nonsense"], "unknown argument '--nonsense'; see --help"),
        (["team"], "unknown argument 'team'; see --help"),
        (["--tag"], "--tag needs a value"),
        (["--profile", ""], "--profile needs a value"),
        (["--tag", "-v1"], "--tag must be 1 to 128 of A-Z, a-z, 0-9, _ . - with no . or - at its start, not '-v1'"),
        (["--tag", "ä"], "not 'ä'"),
        (["--tag", "a b"], "not 'a b'"),
        (["--tag", "a" * 129], "--tag must be"),
        (["--account", "12345678901"], "--account must be 12 digits, not '12345678901'"),
        (["--account", "12345678901x"], "--account must be 12 digits, not '12345678901x'"),
        (["--platform", "windows/amd64"], "--platform must be linux/amd64 or linux/arm64, not 'windows/amd64'"),
        (["--region", "us-east"], "there is no AWS region 'us-east'"),
        (["--region", "us-foo-bar-1"], "there is no AWS region 'us-foo-bar-1'"),
        (["--region", "cn-east-1"], "there is no AWS region 'cn-east-1'"),
        (["--region", "$(date)"], "there is no AWS region '$(date)'"),
        (["--repository", "a" * 250, "--tag", "v1", "--dry-run"], "is too long: SageMaker takes 255 characters"),
    ],
)
def test_wrong_argument_is_named(plain: Folder, arguments: list[str], complaint: str) -> None:
    done = plain.run(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert complaint in done.stderr


def test_longest_legal_names_pass(plain: Folder) -> None:
    done = plain.run("--dry-run", "--repository", "a" * 130, "--tag", "a" * 128)
    assert done.returncode == 0, done.stderr


def test_tag_is_the_commit(plain: Folder) -> None:
    done = plain.run("--dry-run")
    assert done.returncode == 2
    assert "there is no git commit to take the tag from: commit, or give --tag" in done.stderr
    git(plain, "init", "--quiet")
    git(plain, "add", ".")
    git(plain, "commit", "--quiet", "-m", "first")
    commit = git(plain, "rev-parse", "--short=12", "HEAD")
    assert plain.run("--dry-run").stdout.splitlines()[0].endswith(f":{commit}")
    (plain.path / "new").touch()
    assert plain.run("--dry-run").stdout.splitlines()[0].endswith(f":{commit}-dirty")


def test_missing_engine_is_named(plain: Folder) -> None:
    done = plain.run("--tag", "v1", DOCKER="nodocker")
    assert done.returncode == 1
    assert "no container engine answers to 'nodocker version'" in done.stderr
