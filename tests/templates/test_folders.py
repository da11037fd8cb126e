"""Every built-in template, in every layout and with every front end: its folder, and that its own tests pass."""

from __future__ import annotations

import itertools
import re
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from shared_helpers import write

from smscaffold import catalog
from smscaffold.compile import compile_template
from smscaffold.template_config import load_config

from .conftest import Build, Render, run_tests

# what these show is shown by others: each layout, each front end and all that is shared has its turn without them
AGAIN = (
    "java-spring-single-direct",
    "java-spring-single-nginx",
    "java-spring-split-nginx",
    "python-fastapi-single-nginx",
    "python-fastapi-split-nginx",
    "r-plumber-split-nginx",
    "scala-http-single-nginx",
    "scala-http-split-nginx",
)


def variants() -> Iterator[Any]:
    """(template, answers) of each."""
    for template in catalog.templates():
        if template.origin == catalog.BUILT_IN and template.folder:
            with tempfile.TemporaryDirectory() as root:
                compile_template(template.folder, Path(root) / "template")
                questions = load_config(Path(root) / "template").questions
            for layout, front_end in itertools.product(*(questions[n].choices or [] for n in ("layout", "front_end"))):
                answers = {"layout": layout, "front_end": front_end}
                name = f"{template.name}-{layout}-{front_end}"
                yield pytest.param(template.name, answers, id=name, marks=[pytest.mark.exhaustive] * (name in AGAIN))


VARIANTS = list(variants())
CODE = (".py", ".R", ".java", ".scala")


@pytest.mark.parametrize(("template", "answers"), VARIANTS)
def test_readme_is_short_and_its_tables_are_whole(render: Render, template: str, answers: dict[str, str]) -> None:
    lines = (render(template, **answers) / "README.md").read_text().splitlines()
    assert len(lines) <= 220
    start = lines.index("| file | what it is |")
    assert "`tests/`" in next(lines[i - 1] for i in range(start, len(lines)) if not lines[i])


@pytest.mark.parametrize(
    "template", [template.name for template in catalog.templates() if template.origin == "built-in"]
)
def test_what_fit_gets_is_there(render: Render, template: str) -> None:
    """Each name in the README's table is one that the folder's own code knows."""
    folder = render(template)
    (table,) = re.findall(r"\| `fit` gets \| \|\n((?:\|.*\n)+)", (folder / "README.md").read_text())
    names = set(re.findall(r"[.$]([A-Za-z]\w+)", " ".join(row.split("|")[1] for row in table.splitlines()[1:])))
    assert {"metric", "checkpoint", "resume", "hosts", "files"} <= names
    sources = [path for path in folder.rglob("*") if path.suffix in CODE or path.parts[-2:] == ("program", "train")]
    code = "\n".join(path.read_text() for path in sources)
    assert [name for name in sorted(names) if not re.search(rf"\b{name}\b", code)] == []


def test_training_data_stays_out_of_git_but_for_the_sample(render: Render) -> None:
    for template in ("python-flask", "java-spring", "scala-http"):
        folder = render(template)
        data = folder / "local_test" / "opt_ml" / "input" / "data"
        for name in ("train/customers.csv", "train/deeper/more.csv", "test/customers.csv"):
            write(data / name, "x\n")
        subprocess.run(["git", "init", "-q", folder], check=True)
        subprocess.run(["git", "-C", folder, "add", "--all"], check=True)
        listed = subprocess.run(["git", "-C", folder, "ls-files", data], capture_output=True, text=True, check=True)
        assert listed.stdout.split() == ["local_test/opt_ml/input/data/train/iris.csv"]


# two run them elsewhere: by the README's command (python_flask/test_folder.py), after an update (update/test_docker.py)
ELSEWHERE = ("python-flask-split-nginx", "python-flask-single-nginx")


@pytest.mark.docker
@pytest.mark.parametrize(("template", "answers"), [v for v in VARIANTS if v.id not in ELSEWHERE])
def test_its_tests_pass(
    render: Render, build: Build, template: str, answers: dict[str, str], request: pytest.FixtureRequest
) -> None:
    folder = render(template, **answers)
    kinds = ["train", "serve"] if answers["layout"] == "split" else [""]
    name = request.node.callspec.id
    images = [build(folder, *([f"--target={kind}"] if kind else []), tag=f"{name}{kind}") for kind in kinds]
    done = run_tests(folder, TRAIN_IMAGE=images[0], SERVE_IMAGE=images[-1])
    assert done.returncode == 0, done.stdout + done.stderr
