"""``smscaffold new``: from a template and its answers to a container folder."""

from __future__ import annotations

import shlex
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from smscaffold import answers, ask, catalog, git
from smscaffold.console import Console, tree
from smscaffold.errors import SmscaffoldError
from smscaffold.obtain import Obtained, obtain
from smscaffold.render import Rendered, record_source, render
from smscaffold.staging import check_destination, move_into_place, nearest_folder, temporary_folder
from smscaffold.template_config import TemplateConfig, load_config


@dataclass(frozen=True)
class Request:
    """What the user asked for; `dest` None is ``./<project_name>``."""

    dest: Path | None = None
    template: str | None = None
    ref: str | None = None
    data: list[str] = field(default_factory=list)
    data_file: Path | None = None
    defaults: bool = False
    pretend: bool = False
    git: bool = True


@dataclass(frozen=True)
class Made:
    """A container folder that was written, and what its owner should know about it."""

    dest: Path
    files: int
    template: str
    notes: list[str]


@dataclass(frozen=True)
class Ready:
    """A template in the folder `root`, complete in itself, and its questions."""

    template: catalog.Template
    version: Obtained
    root: Path
    config: TemplateConfig


class _Shelf:
    """The templates that were made ready in this run."""

    def __init__(self, request: Request, work: Path, console: Console) -> None:
        self._request, self._work, self._console = request, work, console
        self._ready: dict[str, Ready] = {}

    def ready(self, template: catalog.Template) -> Ready:
        """Makes a template ready. Raises SmscaffoldError when it cannot be used."""
        if template.name not in self._ready:
            root = self.folder() / "template"
            with self._console.moment(f"Getting {template.name} ..."):
                version = obtain(template, root, self._request.ref or "")
            config = load_config(root)
            refuse_unsafe(template.name, config)
            self._ready[template.name] = Ready(template, version, root, config)
        return self._ready[template.name]

    def folder(self) -> Path:
        """A new folder, gone at the end."""
        return Path(tempfile.mkdtemp(dir=self._work))


def create(request: Request, console: Console) -> None:
    """Writes the container folder, or shows what it would hold.

    Raises SmscaffoldError, and leaves everything as it was, when anything stands against it.
    """
    made = None
    with _one_sentence(request.dest or Path()), temporary_folder() as work:
        given = answers.collect(request.data, request.data_file)
        if request.dest:
            check_destination(request.dest)
        shelf = _Shelf(request, work, console)
        if ask.possible(console) and not request.defaults:
            ready, complete = _asked(request, given, shelf, console)
        else:
            ready = shelf.ready(catalog.find(request.template or catalog.DEFAULT))
            complete = _complete(given, ready.config, request)
        with console.moment(f"Rendering {ready.template.name} ..."):
            if request.pretend:
                rendered = render(ready.root, work / "folder", complete, work / "cache")
                shown = _destination(request, rendered), tree(work / "folder")
            else:
                made = _write(request, ready, complete)
    if made:
        _report(made, console)
    else:
        _show(*shown, console)


def refuse_unsafe(template: str, config: TemplateConfig) -> None:
    """Raises SmscaffoldError when a template wants to run code of its author's."""
    if features := config.unsafe_features:
        raise SmscaffoldError(
            f"the template {template} wants to run its own code on this machine ({', '.join(features)}): "
            "smscaffold never does that; if you trust its author, use copier itself"
        )


def _complete(given: answers.Answers, config: TemplateConfig, request: Request) -> answers.Answers:
    """The answers, after a check that nothing is left to ask."""
    answers.check(given, config.questions)
    if not request.defaults and (left := answers.unanswered(given, config)):
        raise SmscaffoldError(
            f"nothing answers {', '.join(left)}: pass --defaults to take the defaults, or --data {left[0]}=VALUE"
        )
    return answers.named_after(request.dest, config) | given


def _asked(request: Request, given: answers.Answers, shelf: _Shelf, console: Console) -> tuple[Ready, answers.Answers]:
    """The template and the answers, after asking for what is not given, until the user agrees with what they make."""
    pairs = {pair.partition("=")[0] for pair in request.data}
    sources = {name: (value, "--data" if name in pairs else "--data-file") for name, value in given.items()}
    interview = ask.interview(request.template, request.dest, sources, lambda template: shelf.ready(template).config)
    with ask.Session(interview, request.dest, console) as session:
        while True:
            by_copier = not session.questions()
            ready = shelf.ready(interview.template)
            if not by_copier and (request.pretend or not interview.asked_any):
                return ready, given | interview.values
            folder = shelf.folder() / "folder"
            with nullcontext() if by_copier else console.moment(f"Rendering {ready.template.name} ..."):
                rendered = render(ready.root, folder, given | interview.values, folder.parent / "cache", ask=by_copier)
            applied = {name: rendered.answers[name] for name in ready.config.questions if name in rendered.applied}
            trial = ask.Trial(folder, _destination(request, rendered), applied)
            if request.pretend or session.confirmed(trial):
                session.record(trial)
                return ready, given | applied


def _write(request: Request, ready: Ready, given: answers.Answers) -> Made:
    inside = nearest_folder(request.dest or Path("here"))
    with _one_sentence(inside), temporary_folder(inside) as stage:
        folder = stage / (request.dest.absolute().name if request.dest else "folder")
        rendered = render(ready.root, folder, given, ready.root.parent / "cache")
        record_source(rendered.answers_file, ready.template.source, ready.version.commit)
        dest = _destination(request, rendered)
        files = sum(path.is_file() for path in folder.rglob("*"))
        notes = _notes(ready.version, given, rendered)
        name = f"{ready.template.name} {ready.version.version}".rstrip()
        if request.git:
            notes += git.first_commit(folder, inside, f"Start from smscaffold template {name}")
        move_into_place(folder, dest)
    return Made(dest, files, name, notes)


def _notes(version: Obtained, given: answers.Answers, rendered: Rendered) -> list[str]:
    notes = list(rendered.warnings)
    for name in sorted(given.keys() & rendered.not_asked):
        notes.append(f"the answer {name} changes nothing: these answers leave no such question")
    return [*notes, version.note] if version.note else notes


@contextmanager
def _one_sentence(place: Path) -> Iterator[None]:
    """Turns what the operating system refuses, in `place` or where it says, into one sentence."""
    try:
        yield
    except OSError as error:
        named = Path(str(error.filename or place))
        where = place if named.is_relative_to(place) else named
        raise SmscaffoldError(f"{error.strerror or error}: {where}; nothing was written") from error


def _destination(request: Request, rendered: Rendered) -> Path:
    """Where the folder goes: DEST, else ``./<project_name>``, checked."""
    dest = request.dest
    if dest is None:
        name = str(rendered.answers.get("project_name", ""))
        if not name or Path(name).is_absolute() or ".." in Path(name).parts:
            raise SmscaffoldError("this template has no project_name to name the folder after: give DEST")
        dest = Path(name)
        check_destination(dest)
    return dest


def _show(dest: Path, files: list[str], console: Console) -> None:
    console.heading(f"{dest}/")
    for line in files:
        console.say(line)


def _report(made: Made, console: Console) -> None:
    console.heading(f"Made {made.dest}/ ({made.files} files) from {made.template}")
    console.say("\nNext:")
    for command in _next_commands(made.dest):
        console.say(f"  {command}")
    for note in made.notes:
        console.note(note)


def _next_commands(dest: Path) -> list[str]:
    place = str(dest) if not str(dest).startswith("-") else f"./{dest}"
    commands = [] if dest.resolve() == Path.cwd() else [f"cd {shlex.quote(place)}"]
    scripts = [f"local_test/{name}_local.sh" for name in ("train", "serve")]
    return commands + [script for script in scripts if (dest / script).is_file()]
