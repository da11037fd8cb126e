"""Checkpoints that cannot be read must not take the places of those that can, in any language (T32)."""

from __future__ import annotations

from pathlib import Path

import pytest

from smscaffold import catalog, sagemaker_local

from .conftest import Build, Render

pytestmark = pytest.mark.docker
BUILT_IN = [template.name for template in catalog.templates() if template.origin == catalog.BUILT_IN]
# python-fastapi has python-flask's `train`
TEMPLATES = [pytest.param(name, marks=[pytest.mark.exhaustive] * (name == "python-fastapi")) for name in BUILT_IN]
SUFFIX = {"java": "ser", "python": "pickle", "r": "rds", "scala": "ser"}


@pytest.mark.parametrize("template", TEMPLATES)
def test_unreadable_ones_take_no_place(template: str, render: Render, build: Build, tmp_path: Path) -> None:
    folder = render(template)
    image = build(folder, tag=f"checkpoints-{template}")
    suffix = SUFFIX[template.split("-")[0]]
    before = tmp_path / "before"
    before.mkdir()
    for number in (900, 901):
        (before / f"round-{number:06d}.{suffix}").write_text("not readable")
    data = {"train": folder / "local_test" / "opt_ml" / "input" / "data" / "train"}
    first = sagemaker_local.train(image, tmp_path / "1", data, checkpoints=before, hyperparameters={"max_depth": 3})
    assert first.exit_code == 0, first.logs
    kept = {path.name for path in first.checkpoints.iterdir()}
    assert kept == {f"round-{number:06d}.{suffix}" for number in (2, 3, 900, 901)}
    options = {"checkpoints": first.checkpoints, "hyperparameters": {"max_depth": 4}}
    second = sagemaker_local.train(image, tmp_path / "2", data, **options)
    assert "resumed after round 3" in second.logs
    assert "round=4" in second.logs
    assert "round=3 " not in second.logs
    kept = {path.name for path in second.checkpoints.iterdir()}
    assert kept == {f"round-{number:06d}.{suffix}" for number in (3, 4, 900, 901)}
