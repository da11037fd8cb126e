"""The container folder of r-plumber, rendered, built and trained once for all tests here."""

from __future__ import annotations

from pathlib import Path

import pytest

from smscaffold import sagemaker_local

from ..conftest import Build, Render

ALGORITHMS = Path(__file__).parent / "algorithms"


@pytest.fixture(scope="session")
def folder(render: Render) -> Path:
    """A container folder of the layout `single`."""
    return render("r-plumber")


@pytest.fixture(scope="session")
def image(folder: Path, build: Build) -> str:
    """Its image, which trains and serves."""
    return build(folder, tag="r-plumber")


@pytest.fixture(scope="session")
def model(image: str, folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a model trained by that image on its own sample data."""
    data = folder / "local_test" / "opt_ml" / "input" / "data" / "train"
    result = sagemaker_local.train(image, tmp_path_factory.mktemp("job") / "out", {"train": data})
    assert result.exit_code == 0, result.logs
    return result.model
