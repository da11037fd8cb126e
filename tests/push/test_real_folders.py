"""A whole container folder of each template: pushed, pulled back by digest, trained and served from what was pulled."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from smscaffold import catalog
from smscaffold.sagemaker_local import endpoint, train

from .conftest import PREFIX, Cloud, Folder, last_lines, remove_images

BUILT_IN = [template.name for template in catalog.templates() if template.origin == catalog.BUILT_IN]
# the images of all languages are pushed by the same script
TEMPLATES = [pytest.param(name, marks=[pytest.mark.exhaustive] * (name != "python-flask")) for name in BUILT_IN]


@pytest.mark.docker
@pytest.mark.parametrize("layout", [pytest.param("single", marks=pytest.mark.exhaustive), "split"])
@pytest.mark.parametrize("template", TEMPLATES)
def test_what_was_pushed_trains_and_serves(
    template: str, layout: str, cloud: Cloud, engine: str, tmp_path: Path
) -> None:
    name, path = f"{PREFIX}-{template}-{layout}", tmp_path / "folder"
    new = [sys.executable, "-m", "smscaffold", "new", path, "-t", template, "-y", "--no-git", "--quiet"]
    subprocess.run([*new, f"--data=project_name={name}", f"--data=layout={layout}"], check=True)
    folder = Folder(path, layout, name, cloud.user | {"DOCKER": engine})
    try:
        references = last_lines(folder.run("--tag", "v1"))
        remove_images(engine)
        for reference in references:
            pull = [engine, "pull", "--quiet", reference]
            subprocess.run(pull, env=os.environ | cloud.user, check=True, capture_output=True)
        data = path / "local_test" / "opt_ml" / "input" / "data" / "train"
        result = train(references[0], tmp_path / "job", {"train": data})
        assert result.exit_code == 0, result.logs
        with endpoint(references[-1], result.model) as served:
            payload = (path / "local_test" / "payloads" / "iris.csv").read_bytes()
            assert served.invoke(payload).text == "setosa\nversicolor\nvirginica\n"
    finally:
        remove_images(engine)


@pytest.mark.docker
def test_images_of_others_stay(engine: str, tmp_path: Path) -> None:
    """What these tests tidy up is theirs alone, also where an image of somebody else has the same content."""
    (tmp_path / "Dockerfile").write_text("FROM scratch\nLABEL of=both\n")
    mine, other = f"{PREFIX}-same", f"smscaffold-test/other-{os.getpid()}"
    subprocess.run([engine, "build", "--quiet", "-t", mine, "-t", other, tmp_path], check=True, capture_output=True)
    remove_images(engine)
    there = [subprocess.run([engine, "image", "inspect", name], capture_output=True) for name in (mine, other)]
    subprocess.run([engine, "rmi", other], capture_output=True)
    assert [done.returncode for done in there] == [1, 0]
