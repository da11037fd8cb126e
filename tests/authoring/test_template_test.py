"""``smscaffold template test``: what it promises, and every variant of it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from authoring_helpers import NO_ENGINE, Machine, append, refused, write

QUESTION = """
size:
  type: str
  ask: "{{{{ 'size' not in fixed_answers }}}}"
  choices: [small, large]
  default: {default}
  when: "{{{{ layout == 'split' }}}}"
"""


def test_each_layout_and_each_other_choice(author: Machine, template: Path) -> None:
    append(template / "copier.yml", QUESTION.format(default="small"))
    done = author.run("smscaffold", "template", "test", cwd=template, check=True, **NO_ENGINE)
    lines = [re.sub(r"\(\d+\.\d s\)|\d+ files", "", line).strip() for line in done.stdout.splitlines()]
    assert lines[0] == "python-http: copier.yml: 10 questions"
    variants = ["layout=single", "layout=split", "layout=split size=large"]
    assert lines[1:-1:2] == [f"python-http: {variant}: rendered:" for variant in variants]
    skipped = "its tests: skipped: No Docker engine answers: start Docker, or set DOCKER_HOST, and try again."
    assert lines[2:-1:2] == [f"python-http: {variant}: {skipped}" for variant in variants]
    said = "skipped: copier.yml names no echo algorithm (_smscaffold: {echo: FOLDER})"
    assert lines[-1] == f"python-http: vectors: {said}"


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("  title: .*", "", "_smscaffold has no title"),
        ("^base_image:", "image:", "there is no question base_image"),
        ("^!include .*", "", "there is no question project_name"),
        (r"  ask: .*base_image' not.*", "", "base_image has no line ask: \"{{ 'base_image' not in fixed_answers }}\""),
        ("  default: direct", "  default: nginx", "front_end has no default that fits"),
        ("  help: What faces", "  placeholdr: What faces", "smscaffold cannot ask front_end: placeholdr"),
        (
            "search\\(image_reference",
            "search('^[A-Z]'",
            "the default of base_image, 'python:3.13-slim-trixie', does not fit: must be",
        ),
        ("  help: What faces", "  help: What {{ faces", "front_end: "),
    ],
)
def test_a_promise_that_is_not_kept(author: Machine, template: Path, before: str, after: str, said: str) -> None:
    config = template / "copier.yml"
    changed, count = re.subn(before, lambda match: after, config.read_text(), flags=re.MULTILINE)
    assert count
    config.write_text(changed)
    done = author.run("smscaffold", "template", "test", template, "--no-docker", cwd=template)
    refused(done, f"smscaffold: error: {config}: {said}")


def test_a_variant_that_cannot_be_rendered(author: Machine, template: Path) -> None:
    append(template / "template" / "Dockerfile.jinja", "{% if layout == 'split' %}{{ 1 / 0 }}{% endif %}\n")
    done = author.run("smscaffold", "template", "test", "--no-docker", cwd=template)
    refused(done, "python-http with layout=split: the template cannot be rendered: division by zero")
    assert "layout=single: rendered" in done.stdout


def test_a_template_without_answers_file(author: Machine, template: Path) -> None:
    write(template / "template" / "{{ _copier_conf.answers_file }}.jinja", "")
    done = author.run("smscaffold", "template", "test", "--no-docker", cwd=template)
    refused(done, "no answers file is written")


def name_echo(template: Path, name: str) -> None:
    """Names the folder of an echo algorithm in the template's copier.yml."""
    config = template / "copier.yml"
    config.write_text(config.read_text().replace("_smscaffold:\n", f"_smscaffold:\n  echo: {name}\n"))


@pytest.mark.parametrize("name", ["elsewhere", "..", "../other", "."])
def test_an_echo_algorithm_that_is_not_there(author: Machine, template: Path, name: str) -> None:
    (template.parent / "other").mkdir()
    name_echo(template, name)
    done = author.run("smscaffold", "template", "test", "--no-docker", cwd=template)
    refused(done, f"_smscaffold names the echo {name!r}, but there is no such folder in the template")


ECHO = """
import json
import os

COLUMNS = list(json.loads(os.environ.get("ECHO_COLUMNS", '{"number": "number"}')))
TARGET = "target"
HYPERPARAMETERS = {}


def fit(rows, targets, hyperparameters, job):
    return None


def save(model, directory):
    (directory / "model").write_text("")


def load(directory):
    return None


def predict(model, rows):
    return rows
"""


@pytest.mark.docker
@pytest.mark.exhaustive
def test_vectors_that_fail_are_shown(author: Machine, template: Path) -> None:
    """The sample answers, and says in training what it has seen; it does not know all formats."""
    shutil.rmtree(template / "template" / "tests" / "unit")
    write(template / "template" / "tests" / "conftest.py", "")
    write(template / "template" / "tests" / "test_container.py", "")
    name_echo(template, "echo")
    write(template / "echo" / "program" / "algorithm.py", ECHO)
    done = author.run("smscaffold", "template", "test", "--quick", cwd=template)
    assert done.returncode == 1
    assert "python-http: layout=single: check --quick: " in done.stdout
    assert "serving/http: gzip: expected 200 application/json, found" in done.stderr
    assert "serving/http: GET: " not in done.stderr
    said = re.search(r"error: python-http: (\d+) of (\d+) vectors fail; what they say stands above\n$", done.stderr)
    assert said
    assert 0 < int(said[1]) < int(said[2])


def test_only_some_layouts(author: Machine, template: Path) -> None:
    append(template / "copier.yml", QUESTION.format(default="small"))
    command = ["smscaffold", "template", "test", "--no-docker", "--layout"]
    done = author.run(*command, "split", cwd=template, check=True)
    assert re.findall(": (layout=.*): rendered", done.stdout) == ["layout=split", "layout=split size=large"]
    done = author.run(*command, "single", "--layout", "split", cwd=template, check=True)
    assert len(re.findall(": rendered", done.stdout)) == 3
    said = "python-http has no layout 'splt' (did you mean 'split'?): it has single, split"
    refused(author.run(*command, "splt", cwd=template), said)


def test_kept_folders(author: Machine, template: Path, tmp_path: Path) -> None:
    command = ["smscaffold", "template", "test", "--no-docker"]
    place = tmp_path / "temporary"
    place.mkdir()
    author.run(*command, cwd=template, check=True, TMPDIR=str(place))
    assert not list(place.iterdir())
    append(template / "template" / "Dockerfile.jinja", "{% if layout == 'split' %}{{ 1 / 0 }}{% endif %}\n")
    done = author.run(*command, "--keep", cwd=template, TMPDIR=str(place))
    assert done.returncode == 1
    (kept,) = re.findall("^python-http: layout=single: kept: (.*)$", done.stdout, re.MULTILINE)
    assert Path(kept).is_relative_to(place)
    assert (Path(kept) / "Dockerfile").is_file()


@pytest.mark.docker
def test_what_is_built_is_shown_and_kept(author: Machine, template: Path) -> None:
    shutil.rmtree(template / "template" / "tests" / "unit")
    append(template / "template" / "Dockerfile.jinja", 'RUN echo "answer $((6 * 7))"\n')
    write(template / "template" / "tests" / "conftest.py", "")
    asked = "import os\n\n\ndef test_it() -> None:\n    assert os.environ['TRAIN_IMAGE'] != os.environ['SERVE_IMAGE']\n"
    write(template / "template" / "tests" / "test_container.py", asked)
    command = ["smscaffold", "template", "test", "--layout", "split", "--quick"]
    done = author.run(*command, "--verbose", "--keep", cwd=template, check=True)
    kept, *images = re.findall("layout=split: kept: (.*)", done.stdout)[0].split(", image ")
    try:
        assert re.search(r"smscaffold: Building python-http with layout=split, its train image \.\.\.\n", done.stderr)
        assert "answer 42\n" in done.stderr
        assert "test_it PASSED" in done.stderr
        assert "python-http: layout=split: built: 2 images (" in done.stdout
        assert "python-http: layout=split: its tests: 1 passed (" in done.stdout
        assert re.search(r"python-http: layout=split: check --quick: \d+ hold, 0 broken", done.stdout)
        assert [name.rpartition("-")[2] for name in images] == ["serve:latest", "train:latest"]
        subprocess.run(["docker", "inspect", *images], check=True, capture_output=True)
    finally:
        subprocess.run(["docker", "rmi", "--force", *images], check=True, capture_output=True)
        shutil.rmtree(Path(kept).parent.parent)
    before = template_images()
    done = author.run(*command, cwd=template, check=True)
    assert "answer 42" not in done.stdout + done.stderr
    assert template_images() == before


@pytest.mark.docker
def test_a_build_that_fails_is_shown(author: Machine, template: Path) -> None:
    append(template / "template" / "Dockerfile.jinja", 'RUN echo "answer $((6 * 7))" && false\n')
    done = author.run("smscaffold", "template", "test", cwd=template)
    assert done.returncode == 1
    assert "answer 42\n" in done.stderr
    last = (
        "smscaffold: error: python-http with layout=single: its image cannot be built; what Docker says stands above\n"
    )
    assert done.stderr.endswith(last)


def template_images() -> list[str]:
    images = subprocess.run(["docker", "images", "--format", "{{json .}}"], capture_output=True, text=True).stdout
    names = [json.loads(line)["Repository"] for line in images.splitlines()]
    return [name for name in names if name.startswith("template-test-")]


@pytest.mark.docker
def test_tests_that_fail_are_shown(author: Machine, template: Path) -> None:
    shutil.rmtree(template / "template" / "tests" / "unit")
    write(template / "template" / "tests" / "conftest.py", "")
    write(template / "template" / "tests" / "test_container.py", "def test_it() -> None:\n    assert 'no' == 'yes'\n")
    done = author.run("smscaffold", "template", "test", cwd=template)
    assert done.returncode == 1
    assert "AssertionError: assert 'no' == 'yes'" in done.stderr
    last = "smscaffold: error: python-http with layout=single: its tests fail; what they say stands above\n"
    assert done.stderr.endswith(last)


@pytest.mark.docker
def test_a_container_that_breaks_the_contract_is_refused(author: Machine, template: Path) -> None:
    shutil.rmtree(template / "template" / "tests" / "unit")
    write(template / "template" / "tests" / "conftest.py", "")
    write(template / "template" / "tests" / "test_container.py", "")
    append(template / "template" / "Dockerfile.jinja", "USER 1000\n")
    done = author.run("smscaffold", "template", "test", "--layout", "single", "--quick", cwd=template)
    assert done.returncode == 1
    assert re.search("^  (✗|XX) T8 ", done.stderr, re.MULTILINE)
    last = (
        "python-http with layout=single: its container does not keep the contract; what check --quick says stands above"
    )
    assert done.stderr.endswith(f"smscaffold: error: {last}\n")


@pytest.mark.docker
@pytest.mark.exhaustive
def test_the_scaffold_as_it_is(author: Machine, package: Path) -> None:
    """The package's own tests: they build each layout, and its container keeps the contract."""
    command = [str(author.root / "venv/bin/python"), "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=package, env=author.environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert re.search(r"\d passed", done.stdout), done.stdout
    assert "skipped" not in done.stdout
    assert not template_images()
