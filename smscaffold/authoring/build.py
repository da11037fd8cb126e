"""``smscaffold template build``: a template with all that it shares with others, complete in one folder."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from smscaffold.authoring.lint import read
from smscaffold.authoring.package import templates_at
from smscaffold.compile import MARK, compile_template
from smscaffold.console import Console
from smscaffold.errors import SmscaffoldError
from smscaffold.staging import move_into_place, nearest_folder, replace, temporary_folder
from smscaffold.template_config import config_file
from smscaffold.trust import refuse_repositories

_MARK_TEXT = "Made by `smscaffold template build`, which replaces this whole folder the next time.\n"


@dataclass(frozen=True)
class Request:
    """A user's wish to build the template, or the package of templates, in `folder`; `output` None is ``./build``."""

    folder: Path = Path()
    output: Path | None = None


def build(request: Request, console: Console) -> None:
    """Writes each template to a folder of its name in the output; what was built there before is replaced.

    Raises SmscaffoldError, and leaves everything as it was, for a broken template, and where something else lies.
    """
    output = request.output or Path("build")
    folders = [folder.resolve() for folder in templates_at(request.folder)]
    for folder in folders:
        _check_output(output, folder)
    place = output.resolve()  # whoever stands in what is replaced would be led elsewhere by `..`
    with temporary_folder(nearest_folder(place)) as stage:
        for folder in folders:
            compile_template(folder, stage / folder.name)
            read(folder, stage / folder.name)
            refuse_repositories(folder.name, stage / folder.name)
        for folder in folders:
            (stage / folder.name / MARK).write_text(_MARK_TEXT, encoding="ascii", newline="")
            files = sum(path.is_file() for path in (stage / folder.name).rglob("*")) - 1
            if (place / folder.name).exists():
                replace(stage / folder.name, place / folder.name, stage / f"{folder.name} before")
            else:
                move_into_place(stage / folder.name, place / folder.name)
            console.say(f"Built {output / folder.name}/ ({files} files)")


def _check_output(output: Path, folder: Path) -> None:
    """Raises SmscaffoldError unless nothing is lost when the template of `folder` is written to the output."""
    dest = output / folder.name
    wrong = ""
    if output.resolve().is_relative_to(folder):
        dest, wrong = output.resolve(), "lies in the template itself"
    elif folder.is_relative_to(dest.resolve()):
        wrong = "holds what the template is made of"
    elif os.path.lexists(dest / ".git"):
        wrong = "is a git repository"
    elif dest.exists() and not (dest.is_dir() and (config_file(dest) or not any(dest.iterdir()))):
        wrong = "is there already and is no template"
    elif config_file(dest) and not (dest / MARK).is_file():
        raise SmscaffoldError(
            f"{dest} was not made by `smscaffold template build`, or by an older version: remove it by hand if nothing "
            "in it is needed, or name another folder by --output"
        )
    if wrong:
        raise SmscaffoldError(f"{dest} {wrong}: name another folder by --output")
