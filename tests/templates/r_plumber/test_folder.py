"""The container folder itself, its R code, and its Dockerfile with packages from elsewhere."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from smscaffold.sagemaker_local import engine, run

from ..conftest import Build, Render
from ..python_flask.test_images import buildkit_cli, trains_and_serves

LINT = """
found <- c(lintr::lint_dir("/folder/program"), lintr::lint_dir("/folder/tests/testthat"))
for (lint in found) cat(lint$filename, ":", lint$line_number, ": ", lint$message, "\\n", sep = "")
"""


@pytest.mark.parametrize("layout", ["single", "split"])
def test_has_at_most_37_files(render: Render, layout: str) -> None:
    files = [path for path in render("r-plumber", layout=layout).rglob("*") if path.is_file()]
    assert len(files) <= 37, sorted(map(str, files))


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


# a package in plain R, and one with a part in C
OUR_OWN = {
    "DESCRIPTION": "Package: ourOwn\nVersion: 1.0\nTitle: T\nDescription: D.\nLicense: None\nAuthor: A\n"
    "Maintainer: A <a@b.example>\n",
    "NAMESPACE": "export(answer)\n",
    "R/answer.R": "answer <- function() 42\n",
}
OUR_OWN_IN_C = OUR_OWN | {
    "NAMESPACE": "useDynLib(ourOwn, C_answer = answer)\nexport(answer)\n",
    "R/answer.R": "answer <- function() .Call(C_answer)\n",
    "src/answer.c": "#include <Rinternals.h>\nSEXP answer(void) { return ScalarReal(42); }\n",
}


@pytest.fixture
def with_repository(folder: Path, tmp_path: Path) -> Callable[[dict[str, str]], Path]:
    """A function that copies the folder and puts a repository into its images, which stands in for CRAN."""

    def with_repository(package: dict[str, str]) -> Path:
        copy = shutil.copytree(folder, tmp_path / "folder")
        for name, text in package.items():
            path = tmp_path / "ourOwn" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        repository = copy / "program" / "repository" / "src" / "contrib"
        repository.mkdir(parents=True)
        subprocess.run(["tar", "-czf", repository / "ourOwn_1.0.tar.gz", "-C", tmp_path, "ourOwn"], check=True)
        compiled = "yes" if "src/answer.c" in package else "no"
        (repository / "PACKAGES").write_text(f"Package: ourOwn\nVersion: 1.0\nNeedsCompilation: {compiled}\n")
        dockerfile = copy / "Dockerfile"
        before = "ARG CRAN_REPOSITORY\n"
        dockerfile.write_text(dockerfile.read_text().replace(before, f"{before}COPY program/repository /repository\n"))
        (copy / "packages.txt").write_text("rpart # a tree\nourOwn\n")
        return copy

    return with_repository


REPOSITORY = "--build-arg=CRAN_REPOSITORY=file:///repository"
ANSWER = ("Rscript", "--vanilla", "-e", "cat(ourOwn::answer())")


@pytest.mark.docker
def test_packages_that_debian_lacks_come_from_the_repository(
    with_repository: Callable[[dict[str, str]], Path], build: Build
) -> None:
    folder = with_repository(OUR_OWN)
    assert run(build(folder, REPOSITORY, tag="r-packages"), *ANSWER).logs == "42"
    (folder / "packages.txt").write_text("nobodysPackage\n")
    with pytest.raises(RuntimeError, match="neither Debian nor file:///repository has a package .* nobodysPackage"):
        build(folder, REPOSITORY, tag="r-packages")
    with pytest.raises(RuntimeError, match="install_packages.sh: file:///nowhere cannot be reached: "):
        build(folder, "--build-arg=CRAN_REPOSITORY=file:///nowhere", tag="r-packages")


LOCK = {
    "R": {"Version": "4.5.0", "Repositories": [{"Name": "CRAN", "URL": "https://cran.r-project.org"}]},
    "Packages": {"ourOwn": {"Package": "ourOwn", "Version": "1.0", "Source": "Repository", "Repository": "CRAN"}},
}
#: makes an older version of the package, and the index of old ones, as CRAN has it
OLDER = """
cd /tmp && tar -xzf /repository/src/contrib/ourOwn_1.0.tar.gz
sed -i 's/1.0/0.9/' ourOwn/DESCRIPTION && sed -i 's/42/41/' ourOwn/R/answer.R
mkdir -p /repository/src/contrib/Archive/ourOwn /repository/src/contrib/Meta
tar -czf /repository/src/contrib/Archive/ourOwn/ourOwn_0.9.tar.gz ourOwn
Rscript -e 'f <- "ourOwn/ourOwn_0.9.tar.gz"; d <- data.frame(size = 1, mtime = Sys.time(), row.names = f)' \
  -e 'saveRDS(list(ourOwn = d), "/repository/src/contrib/Meta/archive.rds")'
"""


@pytest.mark.docker
@pytest.mark.exhaustive
def test_a_version_that_is_named_and_a_lockfile(
    with_repository: Callable[[dict[str, str]], Path], image: str, build: Build
) -> None:
    folder = with_repository(OUR_OWN)
    repository = f"{folder / 'program' / 'repository'}:/repository"
    command = ["docker", "run", "--rm", f"--volume={repository}", image, "bash", "-ec", OLDER]
    subprocess.run(command, check=True, capture_output=True)
    (folder / "packages.txt").write_text("rpart\nourOwn@0.9\n")
    pinned = build(folder, REPOSITORY, tag="r-pinned")
    assert run(pinned, *ANSWER).logs == "41"
    tools = "command -v gcc || Rscript -e 'cat(requireNamespace(\"remotes\", quietly = TRUE))'"
    assert run(pinned, "sh", "-c", tools).logs == "FALSE", "what only the build needs is gone"
    (folder / "packages.txt").write_text("rpart\nourOwn@0.1\n")
    with pytest.raises(RuntimeError, match="install_packages.sh: file:///repository has no ourOwn 0.1: "):
        build(folder, REPOSITORY, tag="r-pinned")
    (folder / "packages.txt").write_text("rpart\n")
    (folder / "renv.lock").write_text(json.dumps(LOCK))
    assert run(build(folder, REPOSITORY, tag="r-locked"), *ANSWER).logs == "42"


@pytest.mark.docker
@pytest.mark.exhaustive
def test_a_package_in_c_is_compiled_and_the_compiler_stays_out_of_the_image(
    with_repository: Callable[[dict[str, str]], Path], image: str, build: Build
) -> None:
    compiled = build(with_repository(OUR_OWN_IN_C), REPOSITORY, tag="r-compiled")
    assert run(compiled, *ANSWER).logs == "42"
    without, with_package = (run(name, "dpkg-query", "--show").logs for name in (image, compiled))
    assert with_package == without, "the same Debian packages as without it"
    assert run(compiled, "sh", "-c", "command -v gcc make || ls /tmp").logs == ""
    sizes = [engine().images.get(name).attrs["Size"] for name in (image, compiled)]
    assert sizes[1] - sizes[0] < 10e6, "nor anything else of it"


@pytest.mark.docker
@pytest.mark.exhaustive
def test_a_base_image_of_another_family_is_refused_in_one_sentence(folder: Path, build: Build, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM debian:trixie-slim\nRUN rm /usr/bin/apt-get\n")
    other = build(tmp_path, tag="no-apt")
    with pytest.raises(RuntimeError, match="the base image must be a Debian or an Ubuntu: it has no apt-get"):
        build(folder, f"--build-arg=BASE_IMAGE={other}", tag="refused")


@pytest.mark.docker
def test_a_base_image_with_another_r_is_refused_in_one_sentence(
    image: str, folder: Path, build: Build, tmp_path: Path
) -> None:
    """R in /usr/local does not find the distribution's packages."""
    (tmp_path / "Rscript").write_text('#!/bin/sh\nexec env R_LIBS_SITE=/none /usr/bin/Rscript "$@"\n')
    (tmp_path / "Dockerfile").write_text(
        f"FROM {image}\nCOPY Rscript /usr/local/bin/\nRUN chmod 755 /usr/local/bin/Rscript\n"
    )
    other = build(tmp_path, tag="other-r")
    with pytest.raises(RuntimeError, match="the base image must have the distribution's own R"):
        build(folder, f"--build-arg=BASE_IMAGE={other}", tag="refused")


@pytest.mark.docker
@pytest.mark.exhaustive
@pytest.mark.parametrize("layout", ["single", "split"])
def test_builds_with_buildkit(render: Render, build: Build, tmp_path: Path, layout: str) -> None:
    """On base images of one's own: of a split folder each part can have another."""
    folder = render("r-plumber", layout=layout, train_base_image="python:3.13-slim-trixie")
    targets = {"single": [""], "split": ["train", "serve"]}[layout]
    images = [
        build(folder, f"--target={target}", tag=f"r-kit{target}", docker=buildkit_cli(), DOCKER_BUILDKIT="1")
        for target in targets
    ]
    trains_and_serves(images[0], images[-1], folder, tmp_path / "job")
