"""``smscaffold template test``: what a template promises, each of its variants rendered, built and tested, vectors."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from smscaffold.asking.expressions import Expressions
from smscaffold.authoring.echo import lay_echo
from smscaffold.authoring.lint import check
from smscaffold.authoring.package import templates_at
from smscaffold.compile import compile_template
from smscaffold.console import Console
from smscaffold.contract.subject import targets
from smscaffold.errors import SmscaffoldError
from smscaffold.render import render
from smscaffold.staging import temporary_folder
from smscaffold.template_config import TemplateConfig
from smscaffold.trust import Trust
from smscaffold.visible import visible

LAYOUT = "layout"
_NO_TESTS = 5  # pytest's exit code
_PROJECT = f"template-test-{os.getpid()}"
_CLEANING = 60  # seconds

Answers = dict[str, Any]


@dataclass(frozen=True)
class Request:
    """What the user asked for: the template, or the package of templates, in `folder`; without containers or with."""

    folder: Path = Path()
    containers: bool = True


def test(request: Request, console: Console) -> None:
    """Says what each step came to, and how long it took.

    Raises SmscaffoldError at the first step that fails, with the reason.
    """
    why_not = _why_no_containers() if request.containers else "--no-docker"
    for folder in templates_at(request.folder):
        with temporary_folder() as work:
            _Trial(folder, work, console).run(why_not)


@dataclass(frozen=True)
class _Trial:
    """One template, tested in the temporary folder `work`."""

    folder: Path
    work: Path
    console: Console

    def run(self, why_not: str) -> None:
        """All steps; no containers if something is why not."""
        began = time.monotonic()
        root = self.work / "template"
        compile_template(self.folder, root)
        config, defaults = check(self.folder, root)
        self._say("copier.yml", f"{len(config.questions)} questions", began)
        every = list(variants(config, defaults))
        for number, answers in enumerate(every):
            variant = " ".join(f"{name}={value}" for name, value in answers.items())
            rendered = self._render(root, self.work / str(number), variant, answers)
            if why_not:
                self._say(f"{variant}: its tests", f"skipped: {why_not}")
            else:
                self._test(rendered, variant)
        self._run_vectors(root, every[0], why_not)

    def _render(self, root: Path, into: Path, variant: str, answers: Answers) -> Path:
        """The container folder of a variant."""
        began = time.monotonic()
        folder = into / "folder"
        try:
            trust = Trust(self._name, str(self.folder.resolve()))
            rendered = render(root, folder, {"project_name": _PROJECT, **answers}, into / "cache", trust)
            files = sum(path.is_file() for path in folder.rglob("*"))
        except SmscaffoldError as error:
            raise SmscaffoldError(f"{self._name} with {variant}: {error}") from error
        if not (rendered.answers_file.is_file() and "_src_path:" in rendered.answers_file.read_text(encoding="utf-8")):
            raise SmscaffoldError(
                f"{self._name} with {variant}: no answers file is written, so it could not be updated: the template "
                "needs the file '{{ _copier_conf.answers_file }}.jinja' with {{ _copier_answers|to_nice_yaml -}}"
            )
        if variant:
            self._say(f"{variant}: rendered", f"{files} files", began)
        return folder

    def _test(self, folder: Path, variant: str) -> None:
        """Runs the container folder's own tests, which build its images."""
        if not (folder / "tests").is_dir():
            return self._say(f"{variant}: its tests", "skipped: it has no folder tests")
        began = time.monotonic()
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"]
        try:
            with self.console.moment(f"Building {self._name} with {variant} and running its tests ..."):
                code, said = _run(command, folder)
        finally:
            _remove_images()
        if code not in (0, _NO_TESTS):
            self.console.quote(said)
            raise SmscaffoldError(f"{self._name} with {variant}: its tests fail; what they say stands above")
        summary = (said.strip().splitlines() or ["no tests"])[-1]
        self._say(f"{variant}: its tests", summary.partition(" in ")[0].strip("= "), began)

    def _run_vectors(self, root: Path, answers: Answers, why_not: str) -> None:
        """Runs all vectors on the images of one container folder, with the template's echo algorithm in it."""
        began = time.monotonic()
        folder = self._render(root, self.work / "echo", "", answers)
        if not lay_echo(self.folder, folder):
            return self._say("vectors", "skipped: copier.yml names no echo algorithm (_smscaffold: {echo: FOLDER})")
        if why_not:
            return self._say("vectors", f"skipped: {why_not}")
        from smscaffold.vectors import run_serving, run_training

        try:
            with self.console.moment(f"Building {self._name} with its echo algorithm and running vectors ..."):
                images = self._build_echo(folder)
                outcomes = [*run_serving(images["serve"]), *run_training(images["train"], self.work / "jobs")]
        finally:
            _remove_images()
        if problems := [f"{case}: {problem}" for case, problem in outcomes if problem]:
            self.console.quote("\n".join(problems))
            raise SmscaffoldError(
                f"{self._name}: {len(problems)} of {len(outcomes)} vectors fail; what they say stands above"
            )
        self._say("vectors", f"{len(outcomes)} passed", began)

    def _build_echo(self, folder: Path) -> dict[str, str]:
        """Builds the folder's images and returns their names, for the uses `train` and `serve`."""
        stages = targets(folder)
        names = {stage: f"{_PROJECT}-echo-{stage or 'all'}" for stage in stages.values()}
        for stage, name in names.items():
            options = [
                "--platform",
                "linux/amd64",
                "--force-rm",
                "--tag",
                name,
                *(["--target", stage] if stage else []),
            ]
            code, said = _run(["docker", "build", *options, "."], folder)
            if code:
                self.console.quote(said)
                raise SmscaffoldError(f"{self._name}: its image with the echo algorithm cannot be built; see above")
        return {use: names[stage] for use, stage in stages.items()}

    @property
    def _name(self) -> str:
        return self.folder.resolve().name

    def _say(self, step: str, result: str, began: float | None = None) -> None:
        seconds = "" if began is None else f" ({time.monotonic() - began:.1f} s)"
        self.console.say(f"{self._name}: {step}: {visible(result)}{seconds}")
        sys.stdout.flush()


def variants(config: TemplateConfig, defaults: Answers) -> Iterator[Answers]:
    """Each layout, and each choice of the other questions with the first layout in which it is asked, one by one."""
    reads = Expressions(config)
    layouts = [{LAYOUT: value} for value in config.questions[LAYOUT].choices or [defaults[LAYOUT]]]
    yield from layouts
    for question in config.questions.values():
        if question.computed or question.name == LAYOUT:
            continue
        for value in question.choices or ():
            asked = (layout for layout in layouts if reads.asks(question, {**defaults, **layout}))
            if value != defaults[question.name] and (layout := next(asked, None)):
                yield {**layout, question.name: value}


def _run(command: list[str], folder: Path) -> tuple[int, str]:
    """The exit code of the tests, and what they say. If we are stopped, they may remove their containers first."""
    output: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True, "errors": "replace"}
    with subprocess.Popen(command, cwd=folder, start_new_session=True, **output) as tests:
        try:
            said, _ = tests.communicate()
        except BaseException:
            tests.send_signal(signal.SIGINT)
            try:
                tests.communicate(timeout=_CLEANING)
            finally:
                tests.kill()
            raise
    return tests.returncode, said


def _why_no_containers() -> str:
    """Why containers cannot be built and tested here; empty when they can."""
    from smscaffold.sagemaker_local import LocalError, engine

    if find_spec("pytest") is None:
        return "pytest is not installed beside smscaffold"
    try:
        engine().close()
    except LocalError as error:
        return str(error)
    return ""


def _remove_images() -> None:
    """Removes the images that the tests of a container folder have built."""
    from docker.errors import DockerException

    from smscaffold.sagemaker_local import LocalError, engine

    with suppress(DockerException, LocalError):  # the engine may be gone meanwhile
        client = engine()
        for image in client.images.list(filters={"reference": f"{_PROJECT}*"}):
            for tag in image.tags:
                if tag.startswith(_PROJECT):
                    client.images.remove(tag, force=True)
