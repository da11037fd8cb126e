"""The command line of ``smscaffold template``: one function per command, no logic, nothing heavy imported before it."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from smscaffold.parser import Commands


def add_template(commands: Commands, add_answers: Callable[[argparse.ArgumentParser], None]) -> None:
    """Adds ``template`` and its commands; `add_answers` adds the options of what asks questions and writes a folder."""
    template = commands.add_parser(
        "template",
        help="write templates of your own: new, test, build, release",
        description="For those who write templates: a package of their own, its tests and its releases.",
        examples=["smscaffold template new acme", "smscaffold template test acme"],
    )
    below = template.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_new(below, add_answers)
    _add_test(below)
    _add_build(below)
    _add_release(below)


def _add_new(commands: Commands, add_answers: Callable[[argparse.ArgumentParser], None]) -> None:
    command = commands.add_parser(
        "new",
        help="write a package with a first template",
        description="Write a Python package with a first template: its questions, a small container that works, tests.",
        examples=["smscaffold template new acme", "smscaffold template new acme -y -d framework=Starlette"],
    )
    command.add_argument(
        "dest", nargs="?", type=Path, metavar="DEST", help="folder to write (default: ./<project_name>)"
    )
    add_answers(command)
    command.set_defaults(run=_new)


def _add_test(commands: Commands) -> None:
    command = commands.add_parser(
        "test",
        help="check, render, build and test every variant of the templates",
        description="Check what the templates promise; render each layout, and each other choice one by one. Where "
        "Docker is, build the folders, run their own tests, and `smscaffold check`: all of it on the first one, its "
        "quick part on the others. Exit code 1 with the reason at the first failure.",
        examples=["smscaffold template test", "smscaffold template test acme --layout single --keep -v"],
    )
    _add_path(command)
    add = command.add_argument
    add("--no-docker", action="store_true", help="check and render only")
    add("--layout", metavar="NAME", action="append", default=[], help="only this layout (repeatable)")
    add("--keep", action="store_true", help="leave the container folders and their images, and say where they are")
    add("--quick", action="store_true", help="run `smscaffold check --quick` on the first one too, as on the others")
    add("-v", "--verbose", action="store_true", help="show what builds and tests say, as they say it")
    command.set_defaults(run=_test)


def _add_build(commands: Commands) -> None:
    command = commands.add_parser(
        "build",
        help="write the templates complete, with the parts that all templates share",
        description="Write each template complete in one folder, for plain copier or `smscaffold new -t FOLDER`.",
        examples=["smscaffold template build", "smscaffold template build acme --output dist"],
    )
    _add_path(command)
    command.add_argument(
        "-o", "--output", type=Path, metavar="DIR", help="where to write folders of their names (default: build)"
    )
    command.set_defaults(run=_build)


def _add_release(commands: Commands) -> None:
    command = commands.add_parser(
        "release",
        help="put what the templates have become into their history",
        description="Append what has changed in the package's templates to their history, from which container folders "
        "are updated, and set the package's version. What was released once never changes.",
        examples=["smscaffold template release 0.2.0", "smscaffold template release 0.2.0 acme"],
    )
    command.add_argument("version", metavar="VERSION", help="three numbers, such as 0.1.0, higher than the last")
    command.add_argument(
        "path", nargs="?", type=Path, metavar="PATH", default=Path(), help="the package's folder (default: here)"
    )
    command.set_defaults(run=_release)


def _add_path(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "path",
        nargs="?",
        type=Path,
        metavar="PATH",
        default=Path(),
        help="the package's folder, or that of one template (default: here)",
    )


def _new(options: argparse.Namespace) -> None:
    from smscaffold.authoring.new import new
    from smscaffold.console import Console
    from smscaffold.new import Request

    new(Request.of(options), Console(quiet=options.quiet))


def _test(options: argparse.Namespace) -> None:
    from smscaffold.authoring.trial import Request, test
    from smscaffold.console import Console

    request = Request(
        options.path,
        containers=not options.no_docker,
        layouts=options.layout,
        keep=options.keep,
        verbose=options.verbose,
        quick=options.quick,
    )
    test(request, Console())


def _build(options: argparse.Namespace) -> None:
    from smscaffold.authoring.build import Request, build
    from smscaffold.console import Console

    build(Request(options.path, options.output), Console())


def _release(options: argparse.Namespace) -> None:
    from smscaffold.authoring.release import Request, release_package
    from smscaffold.console import Console

    release_package(Request(options.version, options.path), Console())
