"""The author of a template: a machine with smscaffold, and a package as `smscaffold template new` made it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from authoring_helpers import Machine, build_wheel, copy_checkout, machine, release, with_pip


@pytest.fixture(scope="session")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sources of smscaffold, with a first release of their own."""
    sources = copy_checkout(tmp_path_factory.mktemp("sources") / "smscaffold")
    assert release(sources, "1.0.0").returncode == 0
    return sources


@pytest.fixture(scope="session")
def author(sources: Path, tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """A machine with that release."""
    wheel = build_wheel(sources, tmp_path_factory.mktemp("wheel"))
    return with_pip(machine(tmp_path_factory.mktemp("author"), wheel))


@pytest.fixture(scope="session")
def made(author: Machine, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A package, committed as it was made; copy it."""
    folder = tmp_path_factory.mktemp("made")
    command = ["smscaffold", "template", "new", "acme-templates", "--defaults", "--quiet"]
    author.run(*command, cwd=folder, check=True)
    return folder / "acme-templates"


@pytest.fixture
def package(made: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(made, tmp_path / "acme-templates"))


@pytest.fixture
def template(package: Path) -> Path:
    """The folder of the template in it."""
    return package / "acme_templates" / "python-http"
