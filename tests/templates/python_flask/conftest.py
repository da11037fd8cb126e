"""The container folder of python-flask, rendered, built and trained once for all tests here, with other algorithms."""

from __future__ import annotations

from pathlib import Path

from ..conftest import Mounts, sample_fixtures

folder, image, model = sample_fixtures("python-flask")


def algorithm(name: str) -> Mounts:
    """The mount that puts one of the algorithms here into an image."""
    return {"/opt/program/algorithm.py": Path(__file__).parent / "algorithms" / f"{name}.py"}
