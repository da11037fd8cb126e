"""``smscaffold check``: proves the container contract on an image or a folder."""

from __future__ import annotations

import argparse
import dataclasses
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from smscaffold.console import Console, speaks_unicode, status
from smscaffold.contract import catalogue, keeping, owner
from smscaffold.contract.catalogue import Rule
from smscaffold.contract.formats import FORMATS, written
from smscaffold.contract.preparing import Given, prepare
from smscaffold.contract.settings import NAME, Settings, read
from smscaffold.errors import CannotCheckError, did_you_mean
from smscaffold.staging import STOPS, remove, temporary_folder

if TYPE_CHECKING:
    from smscaffold.contract.report import Report
    from smscaffold.contract.runner import Result
    from smscaffold.contract.subject import Subject

#: profiles that need an image that trains; all others but the static one need one that serves
_TRAINING = ("train", "train-plus")
#: where GitHub takes the summary of a job from
_SUMMARY = "GITHUB_STEP_SUMMARY"


@dataclass(frozen=True)
class Request:
    """What the command line asks for."""

    given: Given
    select: list[str] = field(default_factory=list)
    ignore: list[str] = field(default_factory=list)
    profiles: list[str] = field(default_factory=list)
    #: formats of reports, each with the file that it goes to; None: to stdout
    reports: tuple[tuple[str, Path | None], ...] = (("text", None),)
    #: smscaffold-check.toml, where it is not the folder's own
    settings: Path | None = None
    #: writes today's findings into the settings, as accepted
    accept_all: bool = False
    #: only what is static, and what is cheap of serving
    quick: bool = False
    #: SHOULD counts as MUST
    strict: bool = False
    #: seconds that the first start of the server may take
    start_timeout: float | None = None
    #: of the clauses that apply, only these
    only: frozenset[str] | None = None

    @classmethod
    def of(cls, options: argparse.Namespace) -> Request:
        """The request that the options of a command line make. Raises CannotCheckError for a wrong format."""
        names = ("target", "train_image", "serve_image", "train_data", "hyperparameters", "slow_hyperparameters")
        given = {name: getattr(options, name) for name in (*names, "metric", "model")}
        return cls(
            Given(**given, payloads=options.payload, content_types=options.content_type),
            select=options.select,
            ignore=options.ignore,
            profiles=options.profile,
            reports=reports(options.format, options.output),
            settings=options.settings,
            accept_all=options.accept_all,
            quick=options.quick,
            strict=options.strict,
            start_timeout=options.start_timeout,
        )


def reports(formats: Iterable[str], output: Path | None) -> tuple[tuple[str, Path | None], ...]:
    """Reads `NAME` and `NAME=FILE`; `output` is the file of the only format, while the terminal shows the text.

    Raises CannotCheckError for a format that does not exist, and for a file that belongs to none.
    """
    found: list[tuple[str, Path | None]] = []
    for word in formats:
        name, sign, file = word.partition("=")
        if name not in FORMATS or (sign and not file):
            close = did_you_mean(name, FORMATS)
            raise CannotCheckError(
                f"there is no format {word!r}{close}: --format takes {', '.join(FORMATS)}, or such a name and =FILE"
            )
        found.append((name, Path(file) if file else None))
    found = found or [("text", None)]
    if output:
        if len(found) > 1 or found[0][1]:
            raise CannotCheckError("--output takes the report of one --format; several are --format NAME=FILE each")
        found = [(found[0][0], output)]
    return tuple(found) if any(file is None for _, file in found) else (("text", None), *found)


def check(request: Request, console: Console) -> int:
    """Checks a container, reports, and returns the exit code: 0 all MUST hold, 1 some are broken.

    Raises CannotCheckError, which means 2, without an engine, an image or a build. When it is stopped, it reports what
    was found by then.
    """
    settings = _settings(request)
    for file in (*(file for _, file in request.reports), settings.file if request.accept_all else None):
        if file:
            keeping.refuse_unwritable(file)

    def partial(found: Report) -> None:
        with suppress(OSError, CannotCheckError):  # the stop itself is what counts
            _tell(request, found, console)

    report = examine(request, console, partial)
    try:
        report = _accepted(report, settings, console) if request.accept_all else report
    finally:  # the findings are told, even where they could not be accepted
        _tell(request, report, console)
    if folder := _folder(request):
        keeping.keep(folder, written(report, "json"))
    return report.exit_code


def _tell(request: Request, report: Report, console: Console) -> None:
    """Writes all reports: one that fails leaves the others as they are."""
    problem: BaseException | None = None
    for name, file in sorted(request.reports, key=lambda each: each[1] is not None):
        try:
            if file:
                keeping.write(file, written(report, name) + "\n")
            elif name == "text":
                from smscaffold.contract.formats.text import lines

                for line in lines(report, unicode=speaks_unicode()):
                    console.say(line)
            else:
                console.say_text(written(report, name))
            if name == "github" and (summary := os.environ.get(_SUMMARY)):
                _append(Path(summary), written(report, "markdown") + "\n")
            sys.stdout.flush()  # before a file, which may be /dev/stdout
        except (OSError, CannotCheckError) as error:
            problem = problem or error
    if problem:
        raise problem


def _append(file: Path, text: str) -> None:
    try:
        with file.open("a", encoding="utf-8") as summary:
            summary.write(text)
    except OSError as error:
        raise CannotCheckError(f"{file}, which {_SUMMARY} names, cannot be written: {error.strerror}") from error


def _folder(request: Request) -> Path | None:
    target = request.given.target
    return Path(target) if target and Path(target).is_dir() else request.given.folder


def _settings(request: Request) -> Settings:
    """What smscaffold-check.toml says: the folder's own, or the one that is named."""
    if request.settings:
        return read(request.settings, required=not request.accept_all)
    folder = _folder(request)
    if folder is None and request.accept_all:
        raise CannotCheckError("--accept-all writes into a file: for an image name it with --settings FILE")
    return read(folder / NAME) if folder else Settings()


def _accepted(report: Report, settings: Settings, console: Console) -> Report:
    """The report with all findings accepted, now that the file of settings says so."""
    from smscaffold.contract import accepting

    if settings.file is None:
        return report
    new = accepting.accept_all(report.results, settings.file, settings.accepted, date.today())
    console.note(
        f"{len(new)} findings were added to {settings.file} as accepted until {new[0].expires}: give each a reason"
        if new
        else f"{settings.file} lists all findings already"
    )
    results, notes = accepting.apply(report.results, [*settings.accepted, *new], date.today())
    return dataclasses.replace(report, results=results, notes=tuple(notes))


def examine(
    request: Request,
    console: Console | None = None,
    partial: Callable[[Report], None] = lambda report: None,
    heard: Callable[[Result], None] = lambda result: None,
) -> Report:
    """Checks a container; nothing that it started or wrote is left, also of runs before it that were killed.

    `partial` gets the report so far when the check is stopped, and `heard` each result.
    """
    from docker.errors import DockerException

    from smscaffold.contract.fixtures import fixtures
    from smscaffold.contract.lab import Lab, remove_leftovers
    from smscaffold.contract.language import language
    from smscaffold.contract.runner import chosen, run

    settings = _settings(request)
    rules = chosen(catalogue.rules().values(), request.select, request.ignore, request.profiles)
    with temporary_folder() as scratch:
        owner.mark(scratch)
        _remove_left_behind(scratch.parent)
        subject = prepare(request.given, scratch, settings)
        remove_leftovers()
        lab = Lab(subject, scratch, request.start_timeout)
        names = {"train": subject.train_image, "serve": subject.serve_image}
        images = {use: lab.image(name) for use, name in names.items() if name}
        rules = _fitting(rules, request, settings, subject, images)
        about = _About(settings, subject, names)
        shared, done = fixtures(subject, lab), dict[str, Any]()
        started = time.monotonic()
        try:
            with _progress(console, len(rules), heard) as progress:
                run(rules, shared, stop=lab.close, progress=progress, done=done)
            with suppress(DockerException):
                use, image = next(reversed(images.items()), ("", None))
                about = dataclasses.replace(about, language=language(image, (use,), lab) if image else "")
        except BaseException as stopped:
            if isinstance(stopped, KeyboardInterrupt | SystemExit):
                found = [done[rule.id] for rule in rules if rule.id in done]
                partial(about.report(found, time.monotonic() - started, len(rules)))
            raise
        finally:
            signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)
            shared.close()
            lab.close()
            signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS)
        return about.report([done[rule.id] for rule in rules], time.monotonic() - started)


@dataclass(frozen=True)
class _About:
    """What a report tells of the container, beside the results."""

    settings: Settings
    subject: Subject
    #: the images by use
    names: dict[str, str | None]
    language: str = ""

    def report(self, results: list[Result], seconds: float, stopped_of: int = 0) -> Report:
        """The report on these results."""
        from smscaffold.contract import accepting
        from smscaffold.contract.report import Dockerfile, Report

        found, notes = accepting.apply(results, self.settings.accepted, date.today())
        folder = self.subject.folder
        return Report(
            {use: self.subject.names.get(name, name) for use, name in self.names.items() if name},
            found,
            seconds,
            notes=tuple(notes),
            language=self.language,
            dockerfile=Dockerfile.of(folder) if folder else None,
            stopped_of=stopped_of,
        )


def _fitting(
    rules: list[Rule], request: Request, settings: Settings, subject: Subject, images: dict[str, Any]
) -> list[Rule]:
    """The rules that apply to these images, each with the strength that it has for them."""
    from smscaffold.contract.clauses.static import claimed

    by_label = claimed(images.values())
    named = {*by_label, *settings.profiles}
    if not request.select:
        rules = [rule for rule in rules if _applies(rule.profile, subject, named | set(request.profiles))]
    if request.quick:
        rules = list(filter(catalogue.is_quick, rules))
    if request.only is not None:
        rules = [rule for rule in rules if rule.id in request.only]
    return [_with_strength(rule, request, subject, named) for rule in rules]


def _with_strength(rule: Rule, request: Request, subject: Subject, named: set[str]) -> Rule:
    """A rule as strong as it is for this container.

    Whoever claims a profile makes the clauses that the contract lists for it a MUST (contract 13.5).
    """
    foreign = getattr(rule.clause, "foreign", "")
    if foreign and not subject.generated and rule.profile not in {*named, *request.profiles}:
        rule = dataclasses.replace(rule, strength=foreign)
    if (rule.claimed and rule.profile in named) or (request.strict and rule.strength == "SHOULD"):
        rule = dataclasses.replace(rule, strength="MUST")
    return rule


def _remove_left_behind(parent: Path) -> None:
    """Removes the temporary folders of checks that were killed."""
    for folder in filter(owner.left_behind, parent.glob(".smscaffold-*")):
        remove(folder)


def _applies(profile: str, subject: Subject, named: set[str]) -> bool:
    if profile in _TRAINING:
        return subject.train_image is not None
    if profile in catalogue.CLAIMED:
        return profile in named and subject.serve_image is not None
    return profile == "static" or profile not in catalogue.PROFILES or subject.serve_image is not None


@contextmanager
def _progress(console: Console | None, total: int, heard: Callable[[Result], None]) -> Iterator[Any]:
    """Says on a terminal what runs, and elsewhere each clause that is done, so that a log never stands still."""
    from smscaffold.contract.runner import Progress

    started, quiet = time.monotonic(), console is None or sys.stderr.isatty()

    class Told(Progress):
        def running(self, ids: list[str], done: int) -> None:
            show(f"{done} of {total} clauses, {time.monotonic() - started:.0f} s: {' '.join(ids)}")

        def done(self, result: Result, done: int) -> None:
            heard(result)
            if console and not quiet:
                outcome = {"pass": "holds", "fail": "is broken", "skip": "is skipped", "error": "could not be checked"}
                took = f"{result.seconds:.1f} s"
                console.note(f"{done} of {total} clauses: {result.rule.id} {outcome[result.outcome]} ({took})")

    with status() as show:
        yield Told()
