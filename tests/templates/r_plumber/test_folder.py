"""The container folder itself, its R code, and its Dockerfile with packages from elsewhere."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from smscaffold.sagemaker_local import engine, run

from ..conftest import Build, Render

LINT = """
found <- c(lintr::lint_dir("/folder/program"), lintr::lint_dir("/folder/tests/testthat"))
for (lint in found) cat(lint$filename, ":", lint$line_number, ": ", lint$message, "\\n", sep = "")
"""


@pytest.mark.parametrize("layout", ["single", "split"])
def test_has_at_most_35_files(render: Render, layout: str) -> None:
    files = [path for path in render("r-plumber", layout=layout).rglob("*") if path.is_file()]
    assert len(files) <= 35, sorted(map(str, files))


@pytest.mark.docker
def test_lintr_finds_nothing(folder: Path, image: str, build: Build, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(
        f"FROM {image}\nRUN apt-get update && apt-get install -y --no-install-recommends r-cran-lintr\n"
    )
    lintr = build(tmp_path, tag="lintr")
    done = run(lintr, "Rscript", "--vanilla", "-e", LINT, mounts={"/folder": folder}, timeout=120)
    assert (done.exit_code, done.logs) == (0, "")


@pytest.mark.docker
def test_the_serve_image_has_no_packages_for_training(render: Render, build: Build) -> None:
    folder = render("r-plumber", layout="split")
    images = {part: build(folder, f"--target={part}", tag=f"r-{part}") for part in ("train", "serve")}
    for part, package, there in [("train", "testthat", 1), ("serve", "testthat", 0), ("train", "plumber", 0)]:
        find = f"cat(requireNamespace('{package}', quietly = TRUE) + 0)"
        assert run(images[part], "Rscript", "--vanilla", "-e", find).logs == str(there), (part, package)
    train_image, serve_image = (engine().images.get(images[part]) for part in ("train", "serve"))
    assert (train_image.attrs["Config"]["Cmd"], serve_image.attrs["Config"]["Cmd"]) == (["train"], ["serve"])
    for name in images.values():
        assert run(name, "sh", "-c", "command -v python3 gcc || true").logs == "", "neither Python nor a compiler"


@pytest.mark.docker
def test_packages_that_debian_lacks_come_from_the_repository(folder: Path, build: Build, tmp_path: Path) -> None:
    """A repository in the build context stands in for CRAN."""
    shutil.copytree(folder, tmp_path / "folder")
    package = tmp_path / "ourOwn"
    (package / "R").mkdir(parents=True)
    (package / "DESCRIPTION").write_text(
        "Package: ourOwn\nVersion: 1.0\nTitle: T\nDescription: D.\nLicense: None\nAuthor: A\n"
        "Maintainer: A <a@b.example>\n"
    )
    (package / "NAMESPACE").write_text("export(answer)\n")
    (package / "R" / "answer.R").write_text("answer <- function() 42\n")
    repository = tmp_path / "folder" / "program" / "repository" / "src" / "contrib"
    repository.mkdir(parents=True)
    subprocess.run(["tar", "-czf", repository / "ourOwn_1.0.tar.gz", "-C", tmp_path, "ourOwn"], check=True)
    (repository / "PACKAGES").write_text("Package: ourOwn\nVersion: 1.0\n")
    (tmp_path / "folder" / "packages.txt").write_text("rpart # a tree\nourOwn\n")
    dockerfile = tmp_path / "folder" / "Dockerfile"
    before = "ARG CRAN_REPOSITORY\n"
    dockerfile.write_text(dockerfile.read_text().replace(before, f"{before}COPY program/repository /repository\n"))
    options = {"tag": "r-packages"}
    image = build(tmp_path / "folder", "--build-arg=CRAN_REPOSITORY=file:///repository", **options)
    assert run(image, "Rscript", "--vanilla", "-e", "cat(ourOwn::answer())").logs == "42"
    (tmp_path / "folder" / "packages.txt").write_text("nobodysPackage\n")
    with pytest.raises(RuntimeError, match="neither Debian nor file:///repository has a package .* nobodysPackage"):
        build(tmp_path / "folder", "--build-arg=CRAN_REPOSITORY=file:///repository", **options)


@pytest.mark.docker
def test_a_base_image_of_another_family_is_refused_in_one_sentence(folder: Path, build: Build, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM debian:trixie-slim\nRUN rm /usr/bin/apt-get\n")
    other = build(tmp_path, tag="no-apt")
    with pytest.raises(RuntimeError, match="the base image must be a Debian or an Ubuntu: it has no apt-get"):
        build(folder, f"--build-arg=BASE_IMAGE={other}", tag="refused")
