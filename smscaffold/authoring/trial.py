"""``smscaffold template test``: what a template promises, each of its variants rendered, built and tested, vectors."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import Any

from smscaffold.asking.expressions import Expressions
from smscaffold.authoring.echo import ECHO, lay_echo
from smscaffold.authoring.lint import check
from smscaffold.authoring.package import templates_at
from smscaffold.compile import compile_template
from smscaffold.console import Console
from smscaffold.contract.subject import targets
from smscaffold.errors import SmscaffoldError, did_you_mean
from smscaffold.render import render
from smscaffold.staging import temporary_folder
from smscaffold.template_config import TemplateConfig
from smscaffold.trust import Trust
from smscaffold.visible import shown, visible

LAYOUT = "layout"
_NO_TESTS = 5  # pytest's exit code
_PROJECT = f"template-test-{os.getpid()}"
_CLEANING = 60  # seconds

NO_VARIABLES: Mapping[str, str] = MappingProxyType({})

Answers = dict[str, Any]


@dataclass(frozen=True)
class Request:
    """A user's wish to test the template, or the package of templates, in `folder`, with containers or without.

    `layouts` names the only ones to test; an empty one stands for all. `keep` leaves folders and images, `verbose`
    shows the output of builds and tests. `quick` checks only the quick clauses of the contract on the first variant
    too, as on the others.
    """

    folder: Path = Path()
    containers: bool = True
    layouts: Sequence[str] = ()
    keep: bool = False
    verbose: bool = False
    quick: bool = False


def test(request: Request, console: Console) -> None:
    """Says what each step came to, and how long it took.

    Raises SmscaffoldError at the first step that fails, with the reason.
    """
    why_not = _why_no_containers() if request.containers else "--no-docker"
    for folder in templates_at(request.folder):
        with _kept_folder() if request.keep else temporary_folder() as work:
            _Trial(folder, work, request, console).run(why_not)


@contextmanager
def _kept_folder() -> Iterator[Path]:
    """A new folder that stays."""
    yield Path(tempfile.mkdtemp(prefix="template-test-"))


@dataclass(frozen=True)
class _Trial:
    """One template, tested in the folder `work`."""

    folder: Path
    work: Path
    request: Request
    console: Console

    def run(self, why_not: str) -> None:
        """All steps; no containers if something is why not."""
        began = time.monotonic()
        root = self.work / "template"
        compile_template(self.folder, root)
        config, defaults = check(self.folder, root)
        self._say("copier.yml", f"{len(config.questions)} questions", began)
        every = list(variants(config, defaults, self._layouts(config)))
        for number, answers in enumerate(every):
            variant = " ".join(f"{name}={value}" for name, value in answers.items())
            into = self.work / re.sub(r"[^\w.=-]+", "-", f"{number}-{variant}")
            project = f"{_PROJECT}-{number}"
            rendered = self._render(root, into, variant, {"project_name": project, **answers})
            with self._left(variant, rendered, project):
                if why_not:
                    self._say(f"{variant}: its tests", f"skipped: {why_not}")
                else:
                    images = self._images_of(rendered, variant, project)
                    self._test(rendered, variant, images)
                    self._check(rendered, variant, images, quick=self.request.quick or number > 0)
        self._run_vectors(root, every[0], why_not)

    def _layouts(self, config: TemplateConfig) -> list[Any]:
        """The layouts to test; none where the template does not list its layouts."""
        known = config.questions[LAYOUT].choices or []
        names = [str(each) for each in known]
        for wanted in self.request.layouts:
            if wanted not in names:
                close = did_you_mean(wanted, names)
                raise SmscaffoldError(f"{self._name} has no layout {shown(wanted)}{close}: it has {', '.join(names)}")
        return [each for each in known if not self.request.layouts or str(each) in self.request.layouts]

    @contextmanager
    def _left(self, step: str, folder: Path, images: str) -> Iterator[None]:
        """Removes the images that a step has made, whose names begin so; or says where they and its folder are."""
        try:
            yield
        finally:
            found = _images(images) if self.request.containers else []
            if not self.request.keep:
                _remove(found)
            else:
                self._say(f"{step}: kept", ", ".join([str(folder), *(f"image {name}" for name in found)]))

    def _render(self, root: Path, into: Path, variant: str, answers: Answers) -> Path:
        """The container folder of a variant."""
        began = time.monotonic()
        folder = into / "folder"
        try:
            trust = Trust(self._name, str(self.folder.resolve()))
            rendered = render(root, folder, answers, into / "cache", trust)
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

    def _images_of(self, folder: Path, variant: str, name: str) -> dict[str, str]:
        """Builds the container folder's images; none where it has no Dockerfile."""
        return self._build(folder, name, f"{self._name} with {variant}") if (folder / "Dockerfile").is_file() else {}

    def _test(self, folder: Path, variant: str, images: dict[str, str]) -> None:
        """Runs the container folder's own tests on its images."""
        if not (folder / "tests").is_dir():
            return self._say(f"{variant}: its tests", "skipped: it has no folder tests")
        began = time.monotonic()
        how = "-v" if self.request.verbose else "-q"
        command = [sys.executable, "-m", "pytest", how, "-p", "no:cacheprovider", "tests"]
        variables = {f"{use.upper()}_IMAGE": image for use, image in images.items()}
        code, said = self._call(f"Testing {self._name} with {variant} ...", command, folder, variables)
        if code not in (0, _NO_TESTS):
            raise SmscaffoldError(f"{self._name} with {variant}: its tests fail; what they say stands above")
        summary = (said.strip().splitlines() or ["no tests"])[-1]
        self._say(f"{variant}: its tests", summary.partition(" in ")[0].strip("= "), began)

    def _check(self, folder: Path, variant: str, images: dict[str, str], *, quick: bool) -> None:
        """Runs `smscaffold check` on the images, and says how much holds, and of which MUST that could not be told.

        Raises SmscaffoldError when a MUST is broken.
        """
        if not images:
            return
        from smscaffold.check import Request as CheckRequest
        from smscaffold.check import examine
        from smscaffold.contract.formats import written
        from smscaffold.contract.preparing import Given

        began, how = time.monotonic(), "check --quick" if quick else "check"
        given = Given(train_image=images["train"], serve_image=images["serve"], folder=folder)
        with self.console.moment(f"Checking {self._name} with {variant} ..."):
            report = examine(CheckRequest(given, quick=quick))
        if any(result.broken_must or result.outcome == "error" for result in report.results):
            self.console.quote(written(report, "text") + "\n")
            raise SmscaffoldError(
                f"{self._name} with {variant}: its container does not keep the contract; what {how} says stands above"
            )
        self._say(f"{variant}: {how}", report.verdict.rpartition("; ")[0], began)

    def _run_vectors(self, root: Path, answers: Answers, why_not: str) -> None:
        """Runs all vectors on the images of one container folder, with the template's echo algorithm in it."""
        began = time.monotonic()
        project = f"{_PROJECT}-{ECHO}"
        folder = self._render(root, self.work / ECHO, "", {"project_name": project, **answers})
        if not lay_echo(self.folder, folder):
            return self._say("vectors", "skipped: copier.yml names no echo algorithm (_smscaffold: {echo: FOLDER})")
        if why_not:
            return self._say("vectors", f"skipped: {why_not}")
        from smscaffold.vectors import run_serving, run_training

        with self._left("vectors", folder, project):
            images = self._build(folder, project, f"{self._name} with its echo algorithm")
            with self.console.moment(f"Running vectors on {self._name} with its echo algorithm ..."):
                outcomes = [*run_serving(images["serve"]), *run_training(images["train"], self.work / "jobs")]
        if problems := [f"{case}: {problem}" for case, problem in outcomes if problem]:
            self.console.quote("\n".join(problems))
            raise SmscaffoldError(
                f"{self._name}: {len(problems)} of {len(outcomes)} vectors fail; what they say stands above"
            )
        self._say("vectors", f"{len(outcomes)} passed", began)

    def _build(self, folder: Path, name: str, what: str) -> dict[str, str]:
        """Builds the folder's images, and returns their names for the uses `train` and `serve`."""
        began = time.monotonic()
        stages = targets(folder)
        names = {stage: f"{name}-{stage or 'all'}" for stage in stages.values()}
        for stage, image in names.items():
            command = ["docker", "build", "--platform", "linux/amd64", "--force-rm", "--tag", image]
            command += ["--target", stage] if stage else []
            command += shlex.split(os.environ.get("DOCKER_BUILD_OPTS", ""))
            doing = f"Building {what}, its {stage} image ..." if stage else f"Building {what} ..."
            code, _ = self._call(doing, [*command, "."], folder)
            if code:
                raise SmscaffoldError(f"{what}: its image cannot be built; what Docker says stands above")
        self._say(
            f"{what.removeprefix(self._name + ' with ')}: built", f"{len(names)} image{'s' * (len(names) > 1)}", began
        )
        return {use: names[stage] for use, stage in stages.items()}

    def _call(
        self, doing: str, command: list[str], folder: Path, variables: Mapping[str, str] = NO_VARIABLES
    ) -> tuple[int, str]:
        """Runs a command; what it says is shown at once if the user wants that, else once it has failed."""
        if self.request.verbose:
            self.console.note(doing)
            return _run(command, folder, variables, self.console.quote)
        with self.console.moment(doing):
            code, said = _run(command, folder, variables)
        if code not in (0, _NO_TESTS):
            self.console.quote(said)
        return code, said

    @property
    def _name(self) -> str:
        return self.folder.resolve().name

    def _say(self, step: str, result: str, began: float | None = None) -> None:
        seconds = "" if began is None else f" ({time.monotonic() - began:.1f} s)"
        self.console.say(f"{self._name}: {step}: {visible(result)}{seconds}")
        sys.stdout.flush()


def variants(config: TemplateConfig, defaults: Answers, only: Sequence[Any]) -> Iterator[Answers]:
    """Each layout, and each choice of the other questions with the first layout in which it is asked, one by one.

    `only`: the layouts to take; the default where there are none to choose from.
    """
    reads = Expressions(config)
    layouts = [{LAYOUT: value} for value in only or [defaults[LAYOUT]]]
    yield from layouts
    for question in config.questions.values():
        if question.computed or question.name == LAYOUT:
            continue
        for value in question.choices or ():
            asked = (layout for layout in layouts if reads.asks(question, {**defaults, **layout}))
            if value != defaults[question.name] and (layout := next(asked, None)):
                yield {**layout, question.name: value}


def _run(
    command: list[str],
    folder: Path,
    variables: Mapping[str, str] = NO_VARIABLES,
    hear: Callable[[str], None] = lambda line: None,
) -> tuple[int, str]:
    """The exit code of a command, and what it says; `hear` gets each line at once.

    If we are stopped, tests may remove their containers first.
    """
    output: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True, "errors": "replace"}
    environment = {**os.environ, **variables}
    with subprocess.Popen(command, cwd=folder, env=environment, start_new_session=True, **output) as running:
        said = []
        try:
            for line in running.stdout or ():
                said.append(line)
                hear(line)
            running.wait()
        except BaseException:
            running.send_signal(signal.SIGINT)
            try:
                running.communicate(timeout=_CLEANING)
            finally:
                running.kill()
            raise
    return running.returncode, "".join(said)


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


def _images(name: str) -> list[str]:
    """The images whose names begin so, or none where no engine answers."""
    from docker.errors import DockerException

    from smscaffold.sagemaker_local import LocalError, engine

    with suppress(DockerException, LocalError):  # the engine may be gone meanwhile
        images = engine().images.list(filters={"reference": f"{name}*"})
        return sorted(tag for image in images for tag in image.tags if tag.startswith((f"{name}-", f"{name}:")))
    return []


def _remove(images: Iterable[str]) -> None:
    from docker.errors import DockerException

    from smscaffold.sagemaker_local import LocalError, engine

    for name in images:
        with suppress(DockerException, LocalError):
            engine().images.remove(name, force=True)
