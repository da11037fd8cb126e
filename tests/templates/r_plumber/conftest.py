"""The container folder of r-plumber, rendered, built and trained once for all tests here, with other algorithms."""

from __future__ import annotations

from pathlib import Path

from ..conftest import Mounts, sample_fixtures

folder, image, model = sample_fixtures("r-plumber")


def algorithm(name: str) -> Mounts:
    """The mount that puts one of the algorithms here into an image."""
    return {"/opt/program/algorithm.R": Path(__file__).parent / "algorithms" / f"{name}.R"}
