"""A template's echo algorithm: a folder that is laid over the container folder, so that vectors can be run."""

from __future__ import annotations

import shutil
from pathlib import Path

from smscaffold.compile import shared_parts
from smscaffold.errors import SmscaffoldError
from smscaffold.template_config import SHARED, config_file, load_config

ECHO = "echo"


def lay_echo(template: Path, folder: Path) -> bool:
    """Copies the echo algorithm of the template in folder `template` over the container folder `folder`.

    ``_smscaffold: {echo: ...}`` in its copier.yml names the folder of the echo's files: one in the template's folder,
    or ``_shared/...`` in what the template shares with others. Returns False when copier.yml names none.

    Raises SmscaffoldError when there is no such folder.
    """
    declared = load_config(template, includes=False).settings.get("smscaffold")
    name = declared.get(ECHO) if isinstance(declared, dict) else None
    if name is None:
        return False
    source = _folder(template, str(name))
    if source is None:
        raise SmscaffoldError(
            f"{config_file(template)}: _smscaffold names the echo {name!r}, but there is no such folder in the template"
        )
    shutil.copytree(source, folder, dirs_exist_ok=True)
    return True


def _folder(template: Path, name: str) -> Path | None:
    """The folder of that name, if it lies within the template or what the template shares."""
    root, below = template, name
    if name.startswith(f"{SHARED}/") and (shared := shared_parts(template)):
        root, below = shared, name.removeprefix(f"{SHARED}/")
    place = root / below
    inside = place.resolve().is_relative_to(root.resolve()) and place.resolve() != root.resolve()
    return place if inside and place.is_dir() else None
