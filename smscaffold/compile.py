"""Makes one self-contained template out of a template's folder and what all templates share."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from smscaffold.errors import SmscaffoldError
from smscaffold.licence_header import head_programs
from smscaffold.small_file import read_small
from smscaffold.staging import plain_modes
from smscaffold.template_config import SHARED, SUFFIX, config_file, load_config

PACKAGE = Path(__file__).resolve().parent
#: the templates of an installed package; a checkout has none, its working tree is what an author edits and renders
SHIPPED = PACKAGE / "_templates"
TEMPLATES = SHIPPED if SHIPPED.is_dir() else PACKAGE.parent / "templates"
LOCAL_PLATFORM = PACKAGE / "sagemaker_local.py"
#: the settings with which a template's files may be in another Jinja than ours
_OTHER_JINJA = {"envops", "templates_suffix"}
_INCLUDES_SHARED = re.compile(rb"^!include\s+[\"']?_shared/", re.MULTILINE)
#: the file by which ``smscaffold template build`` knows what it made; copier leaves out names that begin so, as we do
MARK = "~smscaffold-build"
_LEFT_OUT = {MARK, ".git", "__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".DS_Store"}


def compile_template(folder: Path, root: Path) -> None:
    """Writes the template of `folder` to the new folder `root`, complete in itself, as copier wants it.

    If it shares parts with other templates, then their ``template`` is laid under the template's own files, which win,
    ``questions`` and ``includes`` stand at ``_shared/``, the container folder's tests get ``sagemaker_local.py``, git
    is told to leave line ends alone, and programs begin with the organisation's licence header, where there is one.
    Raises SmscaffoldError when the template holds more than files, folders and links, or would be laid over a link.
    """
    if shared := shared_parts(folder):
        for place in (shared, *(shared / part for part in ("questions", "includes", "template"))):
            if place.is_symlink():
                raise SmscaffoldError(f"{place} is a link: what templates share has to lie there itself")
        for part in ("questions", "includes"):
            _lay(shared / part, root, Path(SHARED, part))
        _lay(shared / "template", root, Path("template"))
        if LOCAL_PLATFORM.is_file():
            _copy(LOCAL_PLATFORM, root, Path("template", "tests", LOCAL_PLATFORM.name))
        # git hands out each file as it was released, wherever it is cloned
        (root / ".gitattributes").write_text("* -text\n", encoding="ascii")
    _lay(folder, root)
    plain_modes(root)
    if shared and not load_config(folder, includes=False).settings.keys() & _OTHER_JINJA:
        head_programs(root)


def shared_parts(folder: Path) -> Path | None:
    """What the template of `folder` shares with others; None for one that is complete in itself.

    That is the folder ``_shared`` beside it; without one, those of the built-in templates if its copier.yml includes
    something from ``_shared/``.
    """
    beside = folder.parent / SHARED
    if beside.is_dir():
        return beside
    config = config_file(folder)
    if config is None or (folder / SHARED).is_dir() or not _INCLUDES_SHARED.search(read_small(config)):
        return None
    return TEMPLATES / SHARED


def _lay(source: Path, root: Path, below: Path = Path()) -> None:
    """Copies a tree over what lies in `root`; a file that renders to the same name as one there takes its place."""
    for path in _files(source):
        _copy(path, root, below / path.relative_to(source))


def _copy(source: Path, root: Path, place: Path) -> None:
    """Copies a file or a link to a place in `root`, which is not left by any link there."""
    if not (source.is_symlink() or source.is_file()):
        raise SmscaffoldError(f"{source} is no file: a template holds files, folders and links only")
    if link := next((each for each in place.parents if (root / each).is_symlink()), None):
        raise SmscaffoldError(f"{source} cannot be laid over the link {link}, which another part of the template makes")
    over = root / place
    twin = over.with_name(over.name.removesuffix(SUFFIX) if over.name.endswith(SUFFIX) else over.name + SUFFIX)
    for present in (over, twin):
        present.unlink(missing_ok=True)
    over.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(source, over, follow_symlinks=False)


def _files(root: Path) -> Iterator[Path]:
    for place, folders, names in os.walk(root):
        links = [name for name in folders if Path(place, name).is_symlink()]
        folders[:] = [name for name in folders if name not in _LEFT_OUT and name not in links]
        for name in [*names, *links]:
            if name not in _LEFT_OUT and not name.endswith(".pyc"):
                yield Path(place, name)
