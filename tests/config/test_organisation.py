"""The table [organisation]: what the files of a container folder say of the organisation."""

from __future__ import annotations

import itertools
import os
import subprocess
from pathlib import Path

import pytest
from config_helpers import Machine, answers
from shared_helpers import refused, write

from smscaffold import catalog

BUILT_IN = [each.name for each in catalog.templates() if each.origin == catalog.BUILT_IN and each.folder]
HEADER = ["Copyright Example", "SPDX-License-Identifier: Apache-2.0"]
#: one certificate as PEM text; nobody reads what it holds
CERTIFICATE = f"-----BEGIN CERTIFICATE-----\n{'A' * 64}\n{'B' * 64}\n{'C' * 20}\n-----END CERTIFICATE-----\n"
STANDARD = f"""
[organisation]
base_images = "registry.example/hub"
certificates = ["ca/root.crt"]
owners = ["@example/ml", "ml@example.com"]
licence_header = \"\"\"
{HEADER[0]}
{HEADER[1]}\"\"\"

[organisation.mirrors]
APT_MIRROR = "http://debian.example"

[organisation.labels]
"org.opencontainers.image.vendor" = "Example & Co"

[organisation.tags]
cost-center = "ml 42"
"""
#: what a container folder holds that is no program: the header has no place in it
DATA = {".csv", ".json", ".jsonl", ".txt", ".md", ".yml", ".html", ".crt", ".dockerignore", ".gitignore",
        ".gitattributes", ".conf.tmpl", "CODEOWNERS"}  # fmt: skip


@pytest.fixture
def standard(machine: Machine) -> Path:
    write(machine.systems.parent / "ca" / "root.crt", f"# Example's root\n{CERTIFICATE}")
    return write(machine.systems, STANDARD)


def programs(folder: Path) -> list[Path]:
    files = [path for path in folder.rglob("*") if path.is_file() and ".git" not in path.relative_to(folder).parts]
    return [path for path in files if not {path.suffix, path.name} & DATA]


@pytest.mark.parametrize("template", BUILT_IN)
@pytest.mark.parametrize("layout", ["single", "split"])
def test_it_stands_in_the_files(machine: Machine, standard: Path, template: str, layout: str) -> None:
    machine.done("new", "model", "-t", template, "-y", "--no-git", "-d", f"layout={layout}")
    folder = machine.work / "model"
    lines = (folder / "Dockerfile").read_text().splitlines()
    bases = [line.partition("=")[2] for line in lines if line.startswith("ARG ") and "IMAGE=" in line]
    assert bases
    assert all(base.startswith("registry.example/hub/library/") for base in bases)
    assert "ARG APT_MIRROR=http://debian.example" in lines
    label = 'LABEL org.opencontainers.image.vendor="Example & Co"'
    assert [line for line in lines if "image.vendor" in line] == [label] * (2 if layout == "split" else 1)
    assert "--tags 'Key=cost-center,Value=ml 42'" in (folder / "build_and_push.sh").read_text()
    assert (folder / "CODEOWNERS").read_text().splitlines()[-1] == "* @example/ml ml@example.com"
    assert (folder / "certificates" / "root.crt").read_text() == CERTIFICATE
    found = programs(folder)
    assert len(found) > 10
    for path in found:
        head = path.read_text().splitlines()[:5]
        assert [line.strip("#/* ") for line in head if line.strip("#/* ") in HEADER] == HEADER, path


@pytest.mark.parametrize("template", BUILT_IN)
def test_without_it_the_files_say_nothing(machine: Machine, template: str) -> None:
    machine.done("new", "model", "-t", template, "-y", "--no-git")
    folder = machine.work / "model"
    assert not (folder / "CODEOWNERS").exists()
    assert not (folder / "certificates").exists()
    lines = (folder / "Dockerfile").read_text().splitlines()
    assert "ARG APT_MIRROR" in lines
    assert "" not in [line for line, after in itertools.pairwise(lines) if after == ""]
    assert "--tags" not in (folder / "build_and_push.sh").read_text()
    assert (folder / "program" / "serve").read_text().startswith("#!")
    assert answers(folder)["organisation"] == {}


def test_an_image_of_another_registry_is_not_mirrored(machine: Machine, standard: Path) -> None:
    for image in ("public.example/python:3.13", "localhost/python:3.13", "host:5000/python:3.13"):
        machine.done("new", image[:4], "-y", "--no-git", "-d", f"base_image={image}")
        assert f"ARG BASE_IMAGE={image}\n" in (machine.work / image[:4] / "Dockerfile").read_text()
    machine.done("new", "cuda", "-y", "--no-git", "-d", "gpu=yes")
    assert "ARG BASE_IMAGE=registry.example/hub/nvidia/cuda:" in (machine.work / "cuda" / "Dockerfile").read_text()


def test_values_of_several_files_are_merged_one_by_one(machine: Machine, standard: Path) -> None:
    write(machine.users, '[organisation.labels]\nteam = "churn"\n[organisation]\nowners = ["@me"]\n')
    machine.done("new", "model", "-y", "--no-git")
    lines = (machine.work / "model" / "Dockerfile").read_text().splitlines()
    assert [line for line in lines if line.startswith("LABEL") and "sagemaker" not in line] == [
        'LABEL org.opencontainers.image.vendor="Example & Co"',
        'LABEL team="churn"',
    ]
    assert (machine.work / "model" / "CODEOWNERS").read_text().endswith("* @me\n")


def test_nobody_answers_it(machine: Machine, standard: Path) -> None:
    refused(machine.run("new", "x", "-y", "-d", "organisation={}"), "there is no question 'organisation'")
    machine.done("new", "model", "-y", "--no-git")
    standard.unlink()
    machine.done("new", "other", "-y", "--no-git", "--data-file", machine.work / "model" / ".copier-answers.yml")
    assert answers(machine.work / "other")["organisation"] == {}


class TestUpdate:
    """What later updates make of it."""

    @pytest.fixture
    def folder(self, released: Machine, standard: Path) -> Path:
        released.done("new", "model", "-y", "--quiet")
        return released.work / "model"

    def test_plain_copier_keeps_it(self, released: Machine, folder: Path, standard: Path) -> None:
        standard.unlink()
        before = answers(folder)["organisation"]
        (folder / "program" / "algorithm.py").write_text("# mine\n")
        released.commit(folder)
        copier = ["copier", "update", "--defaults", "--quiet", "--data", "layout=split"]
        assert released.command("python", "-m", *copier, cwd=folder).returncode == 0
        assert answers(folder)["organisation"] == before
        assert (folder / "Dockerfile").read_text().count("LABEL org.opencontainers.image.vendor") == 2
        assert (folder / "program" / "algorithm.py").read_text() == "# mine\n"

    def test_a_new_value_reaches_the_folder(self, released: Machine, folder: Path, standard: Path) -> None:
        assert "is up to date" in released.done("update", cwd=folder).stdout
        standard.write_text(STANDARD.replace("Copyright Example", "Copyright Example and others"))
        released.done("update", cwd=folder)
        assert "# Copyright Example and others\n" in (folder / "program" / "serve").read_text()
        released.commit(folder)
        standard.write_text("[organisation]\n")
        released.done("update", cwd=folder)
        assert not (folder / "CODEOWNERS").exists()
        assert not (folder / "certificates" / "root.crt").exists()
        assert "Copyright" not in (folder / "program" / "serve").read_text()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("labls = 3", "line 2: organisation.labls is not known (did you mean 'labels'?)"),
        ("labels = 'x'", "line 2: organisation.labels must be a table, [organisation.labels]"),
        ("labels.Vendor = 'x'", "line 2: organisation.labels.Vendor is no label"),
        ("labels.vendor = 'a\"b'", "line 2: organisation.labels.vendor must be one line of text without quotes"),
        ("labels.vendor = '$(id)'", "line 2: organisation.labels.vendor must be one line of text without quotes"),
        ("labels.vendor = 3", "line 2: organisation.labels.vendor must be one line of text"),
        ("tags.'aws:x' = 'y'", "line 2: organisation.tags.aws:x is no tag"),
        ("tags.x = 'a,b'", "line 2: organisation.tags.x must be up to 256 letters, digits"),
        ("mirrors.pip = 'https://x'", "line 2: organisation.mirrors.pip is no build argument"),
        ("mirrors.PIP_INDEX_URL = 'x'", "line 2: organisation.mirrors.PIP_INDEX_URL must be an address such as"),
        ("base_images = 'https://x'", "line 2: organisation.base_images must be a registry's host"),
        ("owners = 'x'", "line 2: organisation.owners must be a list"),
        ("owners = ['x']", "line 2: organisation.owners must list people or teams such as"),
        ("licence_header = 'a */ b'", "line 2: organisation.licence_header must do without */ and --"),
        ("certificates = ['no.crt']", "no.crt: No such file or directory"),
        ("certificates = ['smscaffold.toml']", "must list files with names of their own that end in .crt"),
        ("certificates = ['empty.crt']", "which must hold one certificate as PEM text, and holds 0"),
        ("certificates = ['two.crt']", "which must hold one certificate as PEM text, and holds 2"),
    ],
)
def test_what_is_wrong_with_it(machine: Machine, text: str, words: str) -> None:
    write(machine.systems.parent / "empty.crt", "")
    write(machine.systems.parent / "two.crt", CERTIFICATE * 2)
    write(machine.systems, f"[organisation]\n{text}\n")
    refused(machine.run("new", "x", "-y"), words, str(machine.systems))
    assert list(machine.work.iterdir()) == []


@pytest.mark.docker
def test_the_image_is_built_from_the_mirror(machine: Machine, tmp_path: Path) -> None:
    """Under a name that no registry answers to."""
    mirror = f"smscaffold-test.example/hub-{os.getpid()}"
    write(
        machine.systems, f'[organisation]\nbase_images = "{mirror}"\n[organisation.labels]\nvendor = "Example & Co"\n'
    )
    machine.done("new", "model", "-y", "--no-git")
    image, base = f"smscaffold-test/organisation-{os.getpid()}", f"{mirror}/library/python:3.13-slim-trixie"
    subprocess.run(["docker", "tag", "python:3.13-slim-trixie", base], check=True)
    try:
        build = ["docker", "build", "--quiet", "--target", "base", "--tag", image, machine.work / "model"]
        subprocess.run(build, check=True, capture_output=True)
    finally:
        subprocess.run(["docker", "rmi", "--no-prune", base], check=True, capture_output=True)
