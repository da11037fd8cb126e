"""The container folder itself: how its code is written, and what lies in which image."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from smscaffold.sagemaker_local import engine, run

from ..conftest import Build, Render

RUFF = [sys.executable, "-m", "ruff"]
RULES = ["--select=A,ANN,ASYNC,B,E,F,FAST,I,N,PTH,RUF,SIM,UP,W", "--ignore=ANN401"]
STYLE = ["--isolated", "--no-cache", "--line-length=120", "--target-version=py311"]


@pytest.mark.parametrize(
    "command",
    [["check", *RULES, "main.py"], ["format", "--check", "main.py", "gunicorn.conf.py"]],
    ids=["check", "format"],
)
def test_the_application_is_written_as_fastapis_users_do(folder: Path, command: list[str]) -> None:
    done = subprocess.run([*RUFF, *command, *STYLE], cwd=folder / "program", capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.docker
def test_the_application_has_one_route(image: str) -> None:
    """No /docs, /openapi.json and the like, for whoever reaches it past nginx."""
    code = "import main; print(*(route.path for route in main.app.routes))"
    assert run(image, "python3", "-c", code).logs == "/invocations\n"


@pytest.mark.docker
@pytest.mark.exhaustive
def test_the_serve_image_has_no_libraries_for_training(render: Render, build: Build) -> None:
    folder = render("python-fastapi", layout="split")
    images = {part: build(folder, f"--target={part}", tag=f"fastapi-{part}") for part in ("train", "serve")}
    for part, module, there in [("train", "pandas", True), ("serve", "pandas", False), ("train", "fastapi", False)]:
        found = run(images[part], "python3", "-c", f"import importlib.util as u; print(u.find_spec('{module}'))").logs
        assert (found != "None\n") is there, (part, module)
    commands = [engine().images.get(image).attrs["Config"]["Cmd"] for image in images.values()]
    assert commands == [["train"], ["serve"]]
