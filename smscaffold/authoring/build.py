"""``smscaffold template build``: a template with all that it shares with others, complete in one folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from smscaffold.authoring.lint import read
from smscaffold.authoring.package import templates_at
from smscaffold.compile import compile_template
from smscaffold.console import Console
from smscaffold.errors import SmscaffoldError
from smscaffold.staging import move_into_place, nearest_folder, temporary_folder
from smscaffold.template_config import config_file


@dataclass(frozen=True)
class Request:
    """What the user asked for: the template, or the package of templates, in `folder`; `output` None is ``./build``."""

    folder: Path = Path()
    output: Path | None = None


def build(request: Request, console: Console) -> None:
    """Writes each template to a folder of its name in the output; what was built there before is replaced.

    Raises SmscaffoldError, and leaves everything as it was, for a broken template, and where something else lies.
    """
    output = request.output or Path("build")
    for folder in templates_at(request.folder):
        if output.resolve().is_relative_to(folder.resolve()):
            raise SmscaffoldError(f"{output.resolve()} lies in the template itself: name another folder by --output")
        dest = output / folder.resolve().name
        built_before = dest.is_dir() and config_file(dest)
        if dest.exists() and not built_before and (not dest.is_dir() or any(dest.iterdir())):
            raise SmscaffoldError(f"{dest} is there already and is no template: name another folder by --output")
        with temporary_folder(nearest_folder(output)) as stage:
            root = stage / "template"
            compile_template(folder, root)
            read(folder, root)
            if dest.exists():
                dest.rename(stage / "before")
            move_into_place(root, dest)
        files = sum(path.is_file() for path in dest.rglob("*"))
        console.say(f"Built {dest}/ ({files} files)")
