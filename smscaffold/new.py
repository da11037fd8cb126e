"""``smscaffold new``: from a template and its answers to a container folder."""

from __future__ import annotations

import argparse
import os
import shlex
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from smscaffold import answers, ask, catalog, git
from smscaffold.asking.interview import Interview
from smscaffold.config.standard import Standard
from smscaffold.config.standard import load as load_standard
from smscaffold.console import Console, tree
from smscaffold.errors import SmscaffoldError
from smscaffold.local_scripts import SCRIPTS
from smscaffold.obtain import Obtained, obtain
from smscaffold.render import Rendered, record_source, render
from smscaffold.staging import check_destination, move_into_place, nearest_folder, temporary_folder
from smscaffold.template_config import load_config
from smscaffold.trust import Trust, check_safe, computed_destination

#: what to know before a script is run
_HINTS = {SCRIPTS["predict"]: "  # in another terminal, while it serves"}


@dataclass(frozen=True)
class Request:
    """What the user asked for; `dest` None is ``./<project_name>``.

    `template` is its name, or that template itself; `next_commands` are proposed to the user in the end.
    """

    dest: Path | None = None
    template: str | catalog.Template | None = None
    ref: str | None = None
    data: list[str] = field(default_factory=list)
    data_file: Path | None = None
    defaults: bool = False
    pretend: bool = False
    git: bool = True
    config: Path | None = None
    next_commands: tuple[str, ...] = ()

    @classmethod
    def of(cls, options: argparse.Namespace, **more: Any) -> Request:
        """What a command line says."""
        return cls(
            # a path with dots would not name the folder that it leads to
            dest=options.dest and Path(os.path.normpath(options.dest)),
            data=options.data,
            data_file=options.data_file,
            defaults=options.defaults,
            pretend=options.pretend,
            git=options.git,
            config=options.config,
            **more,
        )


@dataclass(frozen=True)
class Made:
    """A container folder that was written, and what its owner should know about it.

    `model` is the file for the owner's model, empty where the template names none.
    """

    dest: Path
    files: int
    template: str
    answers: dict[str, Any]
    notes: list[str]
    model: str


@dataclass(frozen=True)
class Ready:
    """A template in the folder `root`, complete in itself, and what is known about its answers without asking."""

    template: catalog.Template
    version: Obtained
    root: Path
    answers: answers.Gathered
    trust: Trust

    def render(self, folder: Path, data: dict[str, Any], *, trial: bool, ask: bool = False) -> Rendered:
        """Renders it into the new folder `folder`; a `trial` runs no tasks, whatever the user trusts."""
        with self.answers.blamed(), _asking_by_copier() if ask else nullcontext():
            return render(
                self.root,
                folder,
                data,
                self.root.parent / "cache",
                self.trust,
                proposed=self.answers.proposed,
                ask=ask,
                tasks=not trial,
            )


class _Shelf:
    """The templates that were made ready in this run."""

    def __init__(
        self, request: Request, given: answers.Answers, standard: Standard, work: Path, console: Console
    ) -> None:
        self._request, self._given, self._standard = request, given, standard
        self._work, self._console = work, console
        self._ready: dict[str, Ready] = {}

    def ready(self, template: catalog.Template) -> Ready:
        """Makes a template ready. Raises SmscaffoldError when it cannot be used."""
        if template.name not in self._ready:
            root = self.folder() / "template"
            with self._console.moment(f"Getting {template.name} ..."):
                version = obtain(template, root, self._request.ref or "", self._standard.source_refusal)
            config = load_config(root)
            trust = check_safe(template.name, template.source, config)
            gathered = answers.gather(self._given, config, template.names, self._standard, self._request.dest)
            self._ready[template.name] = Ready(template, version, root, gathered, trust)
        return self._ready[template.name]

    def folder(self) -> Path:
        """A new folder, gone at the end."""
        return Path(tempfile.mkdtemp(dir=self._work))


def create(request: Request, console: Console) -> Made | None:
    """Writes the container folder and returns what was made, or shows what it would hold.

    Raises SmscaffoldError, and leaves everything as it was, when anything stands against it.
    """
    made = None
    with _one_sentence(request.dest or Path()), temporary_folder() as work:
        standard = load_standard(request.config)
        stored = answers.stored_in(request.data_file) if request.data_file else answers.NOTHING_STORED
        given = answers.collect(request.data, stored)
        if request.dest:
            check_destination(request.dest)
        named, how = _named(request, stored, standard)
        if named and how == answers.DATA_FILE and not named.owner:
            console.note(f"{request.data_file} names the template: {named.source}")
        shelf = _Shelf(request, given, standard, work, console)
        if ask.possible(console) and not request.defaults:
            interview = ask.interview(named, how, request.dest, standard, lambda each: shelf.ready(each).answers)
            ready, data = _asked(request, interview, shelf, console)
        else:
            ready = shelf.ready(named or catalog.find(standard.default or catalog.DEFAULT, standard))
            data = _complete(ready.answers, request, console)
        with console.moment(f"Rendering {ready.template.name} ..."):
            if request.pretend:
                rendered = ready.render(work / "folder", data, trial=True)
                shown = _destination(request, rendered), tree(work / "folder")
            else:
                made = _write(request, ready, data)
    if made:
        _report(made, request.next_commands, console)
    else:
        _show(*shown, console)
    return made


def _named(request: Request, stored: answers.Stored, standard: Standard) -> tuple[catalog.Template | None, str]:
    """The template that the user named, and by which option; None where that is left open."""
    if isinstance(request.template, catalog.Template):
        return request.template, ""
    if request.template:
        return catalog.find(request.template, standard), "--template"
    if not stored.source:
        return None, ""
    try:
        return catalog.find(stored.source, standard), answers.DATA_FILE
    except SmscaffoldError as error:
        raise SmscaffoldError(
            f"{error} (that is the template of {request.data_file}, its _src_path; -t NAME takes another)"
        ) from error


def _complete(gathered: answers.Gathered, request: Request, console: Console) -> dict[str, Any]:
    """The answers, after a check that nothing is left to ask."""
    if not request.defaults and (left := answers.unanswered(gathered.data, gathered.config)):
        why = "--quiet does not ask" if console.quiet else "there is no terminal to ask in"
        raise SmscaffoldError(
            f"{why}: add -y for the defaults, or -d {left[0]}=VALUE (without an answer: {', '.join(left)})"
        )
    return gathered.data


def _asked(
    request: Request, interview: Interview[catalog.Template], shelf: _Shelf, console: Console
) -> tuple[Ready, dict[str, Any]]:
    """The template and the answers, after asking for what is not given, until the user agrees with what they make."""
    with ask.Session(interview, request.dest, console) as session:
        while True:
            by_copier = not session.questions()
            ready = shelf.ready(interview.template)
            data = ready.answers.data | interview.values
            if not by_copier and (request.pretend or not interview.asked_any):
                return ready, data
            folder = shelf.folder() / "folder"
            with nullcontext() if by_copier else console.moment(f"Rendering {ready.template.name} ..."):
                rendered = ready.render(folder, data, trial=True, ask=by_copier)
            asked = answers.askable(ready.answers.config.questions)
            applied = {name: rendered.answers[name] for name in asked if name in rendered.applied}
            trial = ask.Trial(folder, _destination(request, rendered), applied)
            if request.pretend or session.confirmed(trial):
                session.record(trial)
                return ready, ready.answers.data | applied


def _write(request: Request, ready: Ready, data: dict[str, Any]) -> Made:
    inside = nearest_folder(request.dest or Path("here"))
    with _one_sentence(inside), temporary_folder(inside) as stage:
        folder = stage / (request.dest.absolute().name if request.dest else "folder")
        rendered = ready.render(folder, data, trial=False)
        record_source(rendered.answers_file, ready.template.source, ready.version.commit)
        dest = _destination(request, rendered)
        files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
        notes = _notes(ready, rendered)
        name = f"{ready.template.name} {ready.version.version}".rstrip()
        if request.git:
            message = f"Start from smscaffold template {name}"
            notes += git.first_commit(folder, inside, message, hooks=_may_run_hooks(ready))
        move_into_place(folder, dest)
    return Made(dest, len(files), name, rendered.answers, notes, _model(ready, files))


def _model(ready: Ready, files: set[str]) -> str:
    """The first of the files that the template leaves to the user: by convention the algorithm's."""
    names = ready.answers.config.settings.get("skip_if_exists")
    name = str(names[0]) if isinstance(names, list) and names else ""
    return name if name in files else ""


def _may_run_hooks(ready: Ready) -> bool:
    """Whether the first commit may run the user's git hooks: many run files of the folder, which a template wrote.

    Somebody has chosen what is installed or configured, but not what lies in a folder or at an address.
    """
    try:
        return bool(ready.template.owner) or ready.trust.reads_machine()
    except SmscaffoldError:  # copier's settings cannot be read, so they trust nobody
        return False


def _notes(ready: Ready, rendered: Rendered) -> list[str]:
    notes = list(rendered.warnings)
    for name, given in sorted(ready.answers.given.items()):
        if name in rendered.not_asked and not given.fixed:
            notes.append(f"the answer {name} changes nothing: these answers leave no such question")
    if left_out := ready.answers.left_out:
        notes.append(f"{ready.template.name} does not ask for {', '.join(left_out)}: left out of what --data-file says")
    return [*notes, ready.version.note] if ready.version.note else notes


def _asking_by_copier() -> AbstractContextManager[None]:
    from smscaffold.asking.copiers import harmless_terminal  # prompt_toolkit takes long to import

    return harmless_terminal()


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
    return request.dest or computed_destination(str(rendered.answers.get("project_name", "")))


def _show(dest: Path, files: list[str], console: Console) -> None:
    console.heading(f"{dest}/")
    for line in files:
        console.say(line)


def _report(made: Made, next_commands: Iterable[str], console: Console) -> None:
    console.heading(f"Made {made.dest}/ ({made.files} files) from {made.template}")
    console.say()
    console.say("Next:")
    for command in (*_next_commands(made.dest), *next_commands):
        console.say(f"  {command}")
    if made.model:
        console.say(f"Your model: {made.model}")
    for note in made.notes:
        console.note(note)


def _next_commands(dest: Path) -> list[str]:
    place = str(dest) if not str(dest).startswith("-") else f"./{dest}"
    commands = [] if dest.resolve() == Path.cwd() else [f"cd {shlex.quote(place)}"]
    return commands + [f"{each}{_HINTS.get(each, '')}" for each in SCRIPTS.values() if (dest / each).is_file()]
