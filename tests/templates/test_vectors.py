"""One behaviour in all languages: every built-in template passes all vectors (tests/vectors/)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from smscaffold import catalog, vectors
from smscaffold.authoring.echo import lay_echo
from smscaffold.sagemaker_local import endpoint

from .conftest import Build, Render

pytestmark = pytest.mark.docker
TEMPLATES = [template for template in catalog.templates() if template.origin == catalog.BUILT_IN]
Image = Callable[[catalog.Template], str]


@pytest.fixture(scope="module")
def image(render: Render, build: Build) -> Image:
    """A function that builds the image of a template with its echo algorithm."""

    def image(template: catalog.Template) -> str:
        folder = render(template.name)
        assert template.folder
        assert lay_echo(template.folder, folder)
        return build(folder, tag=f"echo-{template.name}")

    return image


# python-fastapi has the modules of python-flask that read and write
@pytest.mark.parametrize(
    "template",
    [
        pytest.param(each, id=each.name, marks=[pytest.mark.exhaustive] * (each.name == "python-fastapi"))
        for each in TEMPLATES
    ],
)
def test_vectors(template: catalog.Template, image: Image, tmp_path: Path) -> None:
    built = image(template)
    check([*vectors.run_serving(built), *vectors.run_training(built, tmp_path)])
    columns = {'Größe "1"': "number", "text": "text"}
    with endpoint(built, None, environment={"SERVE_PLAYGROUND": "1", "ECHO_COLUMNS": json.dumps(columns)}) as served:
        described = json.loads(served.request("GET", "/playground/columns").text)
        assert described == [{"name": name, "type": kind} for name, kind in columns.items()]
        # H50: the log does not quote the payload, but the answer may
        assert "secret" in served.invoke("secret,a").text
        assert served.invoke('{"secret', vectors.JSON).status == 400
        assert "secret" not in served.logs()


def check(outcomes: Iterable[vectors.Outcome]) -> None:
    """All cases pass."""
    outcomes = list(outcomes)
    problems = [f"{case}: {problem}" for case, problem in outcomes if problem]
    assert outcomes
    assert not problems, f"{len(problems)} of {len(outcomes)} cases differ:\n" + "\n".join(problems)


def test_there_are_enough() -> None:
    """And each has a name of its own and a source."""
    assert len(vectors.serving_cases()) >= 120
    assert len(vectors.training_cases()) >= 60
    every = [*vectors.load("cells"), *vectors.load("serving"), *vectors.load("training")]
    assert len({str(case) for case in every}) == len(every)
    assert [str(case) for case in every if not case.get("source")] == []
