"""What a template by others must not do unless the user trusts it, and what it must never do."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

from smscaffold.errors import SmscaffoldError
from smscaffold.template_config import TemplateConfig

# what a shell or a terminal would take for more than a part of a name
_ACTIVE = re.compile(r"[\x00-\x1f\x7f`;|&<>\"\\]|\$[({]|^-")


def check_safe(name: str, source: str, config: TemplateConfig) -> bool:
    """Whether a template runs code of its author's, which the user trusts by copier's settings.

    `source` is what a container folder remembers: what copier itself compares in an update.
    Raises SmscaffoldError when it wants to and the user does not trust it.
    """
    features = config.unsafe_features
    if not features:
        return False
    if not _trusted(source):
        raise SmscaffoldError(
            f"the template {name} wants to run its own code on this machine ({', '.join(features)}): nothing was run; "
            f"if you trust its author, add {source} to `trust` in copier's settings.yml"
        )
    return True


def refuse_hostile(template: str, folder: Path, paths: Iterable[str]) -> None:
    """Raises SmscaffoldError when one of the paths that a template made in `folder` is fit to do harm there.

    That is a name that a shell would take for a command, or a link that leads out of the folder.
    """
    for path in paths:
        if any(_ACTIVE.search(part) for part in path.split("/")):
            raise SmscaffoldError(
                f"the template {template} makes a file of the name {path!r}, which a shell could take for a command: "
                "nothing was written"
            )
        link = folder / path
        if link.is_symlink() and not _stays(path, link.readlink()):
            raise SmscaffoldError(
                f"the template {template} makes the link {path} to {link.readlink()}, outside the folder: "
                "nothing was written"
            )


def refuse_destination(name: str) -> None:
    """Raises SmscaffoldError when the answer that names the folder is a name that a shell could take for a command."""
    if _ACTIVE.search(name):
        raise SmscaffoldError(f"project_name {name!r} is no name for a folder, a shell could take it for a command")


def _stays(path: str, target: Path) -> bool:
    leads_to = Path(os.path.normpath(Path(path).parent / target))
    return not leads_to.is_absolute() and ".." not in leads_to.parts


def _trusted(source: str) -> bool:
    import copier
    from copier._settings import is_trusted_repository  # copier's own rules are not among what it exports

    try:
        settings = copier.load_settings()
    except copier.errors.SettingsError as error:
        raise SmscaffoldError(f"copier's settings.yml cannot be read: {' '.join(str(error).split())}") from error
    return is_trusted_repository(settings.trust, source)
