"""Which templates there are, and where each of them comes from."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from smscaffold import __version__
from smscaffold.address import has_secrets, is_address, lasting, login, plain_address, without_login, without_secrets
from smscaffold.compile import PACKAGE, TEMPLATES
from smscaffold.config.places import expand
from smscaffold.config.standard import NO_STANDARD, Standard
from smscaffold.errors import SmscaffoldError, did_you_mean
from smscaffold.history import git_remote, record
from smscaffold.repository import clone
from smscaffold.staging import temporary_folder
from smscaffold.template_config import config_file, load_config

DEFAULT = "smscaffold/python-flask"
BUILT_IN = "built-in"
OWNER = "smscaffold"
FOLDER = "folder"
GIT = "git"
CONFIGURED = "configured"
TEMPLATE_PACKAGE = PACKAGE / "authoring" / "template-package"


@dataclass(frozen=True)
class Template:
    """What renders one kind of container folder.

    `source` is what a container folder remembers of where it came from, `owner` the package or whoever else brings it.
    `folder` holds the template's files as their author edits them, `bundle` its history; one of them may be missing,
    and both when it lies elsewhere. `declared` is what is known about it without a look at it, `ref` the usual version.
    `address` is where to clone it from this one time, with a login that is not to be recorded; else it is `source`.
    """

    name: str
    origin: str
    source: str
    folder: Path | None = None
    bundle: Path | None = None
    version: str = ""
    owner: str = ""
    ref: str = ""
    declared: Mapping[str, str] = field(default_factory=dict)
    address: str = field(default="", repr=False)

    @cached_property
    def about(self) -> dict[str, str]:
        """Language, framework, title, and when to choose it, as the template's copier.yml gives them.

        Each is empty where it is no text, and where only git knows it.
        """
        declared = self._settings().get("smscaffold")
        declared = declared if isinstance(declared, dict) else {}
        keys = ("language", "framework", "title", "choose")
        told = {key: value for key in keys if isinstance(value := declared.get(key), str)}
        return {key: self.declared.get(key) or told.get(key, "") for key in keys}

    @property
    def full_name(self) -> str:
        """The name with the one of whoever brings it."""
        return self.name if "/" in self.name or not self.owner else f"{self.owner}/{self.name}"

    @property
    def short_name(self) -> str:
        """The name without that."""
        return self.name.rpartition("/")[2]

    @property
    def names(self) -> tuple[str, ...]:
        """Everything it is called."""
        return tuple(dict.fromkeys((self.full_name, self.name, self.short_name)))

    @property
    def known_as(self) -> tuple[str, ...]:
        """What a list of allowed templates may call it: one that is found by its address has no other name."""
        return (self.full_name, self.name) if self.owner else (self.source,)

    def _settings(self) -> dict[str, object]:
        if self.folder:
            return load_config(self.folder, includes=False).settings
        if not self.bundle:
            return {}
        with temporary_folder() as work:
            clone(str(self.bundle), work / "template").check_out()
            return load_config(work / "template", includes=False).settings


def find(name: str, standard: Standard = NO_STANDARD) -> Template:
    """The template of that name, in that folder (``./my-template``), or in the git repository of that address.

    Raises SmscaffoldError when there is none, more than one, or one that the organisation does not allow.
    """
    if template := _named(name, standard):
        return template
    if is_address(name) and git_remote.SCHEME not in name:
        return _elsewhere(name, standard)
    template = _in_folder(name, standard)
    _check_allowed(template, standard)
    return template


def templates(
    on_error: Callable[[SmscaffoldError], None] | None = None, standard: Standard = NO_STANDARD
) -> Iterator[Template]:
    """Every template that has a name and is allowed: built-in ones, those of installed packages, configured ones.

    One that cannot be read is left out and handed to `on_error`. Of two with one name both have their full names.
    """
    for template in _allowed(standard):
        try:
            _ = template.about
        except SmscaffoldError as error:
            if on_error:
                on_error(error)
        else:
            yield template


def from_source(source: str, standard: Standard = NO_STANDARD) -> Template:
    """The template that a container folder remembers as its source, whether it is installed or not."""
    for template in _all(standard):
        if plain_address(template.source) == plain_address(source):
            return template
    return _renamed(source, standard) or Template(_last_part(source), GIT, source)


def _renamed(source: str, standard: Standard) -> Template | None:
    """The installed template that had this source before it was given another name."""
    if git_remote.SCHEME not in source:
        return None
    try:
        bundle = Path(git_remote.find_bundle(source))
    except (git_remote.BundleError, OSError):
        return None
    return next((template for template in _all(standard) if template.bundle == bundle), None)


def _last_part(address: str) -> str:
    return re.split("[/:]", address.rstrip("/"))[-1].removesuffix(".git")


def _check_allowed(template: Template, standard: Standard, address: str = "") -> None:
    """Raises SmscaffoldError for a template that is not allowed; `address` is its source as somebody wrote it."""
    names, source = ((address,), address) if address else (template.known_as, template.source)
    if refusal := standard.refusal(names, source):
        name = template.name if template.owner else plain_address(template.source)
        raise SmscaffoldError(f"the template {name} {refusal}")


def _all(standard: Standard) -> list[Template]:
    return [*_built_in(), *_installed(), *_configured(standard)]


def _allowed(standard: Standard) -> list[Template]:
    found = [each for each in _all(standard) if not standard.refusal(each.known_as, each.source)]
    called = Counter(each.short_name for each in found)
    return [replace(each, name=each.full_name) if called[each.short_name] > 1 else each for each in found]


def _named(name: str, standard: Standard) -> Template | None:
    """The one allowed template of that name."""
    found = _called(name, _allowed(standard))
    if len(found) > 1:
        which = ", ".join(f"{each.full_name} ({each.origin})" for each in found)
        same = len({each.full_name for each in found}) < len(found)
        what = "uninstall one of these packages" if same else "give the full name of one"
        raise SmscaffoldError(f"there is more than one template {name!r}: {which}; {what}")
    for template in [] if found else _called(name, _all(standard)):
        _check_allowed(template, standard)
    return found[0] if found else None


def _called(name: str, among: list[Template]) -> list[Template]:
    if git_remote.SCHEME in name:
        return [each for each in among if plain_address(each.source) == plain_address(name)]
    return [each for each in among if name == each.full_name] or [each for each in among if name in each.names]


def _in_folder(name: str, standard: Standard) -> Template:
    folder = expand(name)
    if folder.is_dir():
        return _from_folder(folder.resolve())
    known = [template.name for template in templates(standard=standard)]
    raise SmscaffoldError(
        f"there is no template {without_secrets(name)!r}{did_you_mean(name, known)}: "
        "give a name from `smscaffold list`, or the folder of a template"
    )


def _elsewhere(address: str, standard: Standard) -> Template:
    """The template in the git repository of an address."""
    source = lasting(address)
    again = address if login(address) else ""
    template = Template(_last_part(source), GIT, source, ref=standard.ref(address), address=again)
    _check_allowed(template, standard, address)
    if has_secrets(without_login(address)):
        raise SmscaffoldError(
            f"the template's address {without_secrets(address)} has a query or a password for ssh, which would be "
            "recorded: leave that out, and let git's credential helper log you in (`git help credentials`)"
        )
    return template


def _configured(standard: Standard) -> Iterator[Template]:
    """Templates that the organisation's configuration names; nothing is fetched."""
    for each in standard.sources():
        origin, owner = f"{CONFIGURED} ({each.entry.place})", CONFIGURED
        if is_address(each.address):
            source = lasting(each.address)
            yield Template(each.name, origin, source, version=each.ref, owner=owner, ref=each.ref, declared=each.about)
        elif config_file(Path(each.address)):
            folder = Path(each.address)
            yield Template(each.name, origin, each.address, folder, owner=owner, ref=each.ref, declared=each.about)
        else:
            raise each.entry.wrong(f"names {each.address}, which is no template: it has no copier.yml")


def _built_in() -> Iterator[Template]:
    yield from map(_ours, template_folders(TEMPLATES))


def _ours(folder: Path) -> Template:
    name = folder.name
    bundle = record.HISTORY / f"{name}{git_remote.SUFFIX}"
    released = record.releases(name)
    version = released[-1].tag.removeprefix("v") if released else __version__
    return Template(
        name, BUILT_IN, f"git+smscaffold://{name}", folder, bundle if bundle.is_file() else None, version, OWNER
    )


def template_package() -> Template:
    """The template of a package of templates, which makes no container folder: no list has it."""
    return _ours(TEMPLATE_PACKAGE)


def _installed() -> Iterator[Template]:
    """Templates of other packages, found without importing any of their code."""
    for entry, place in git_remote.registered():
        root = Path(place)
        version = entry.dist.version if entry.dist else ""
        owner = entry.dist.name if entry.dist else entry.name
        origin = f"{owner} {version}".rstrip()
        found: dict[str, Path | None] = {entry.name: root} if config_file(root) else {}
        found |= {f"{entry.name}/{folder.name}": folder for folder in template_folders(root)}
        for bundle in sorted(root.glob(f"*{git_remote.SUFFIX}")):
            if bundle.stem not in found:
                found.setdefault(f"{entry.name}/{bundle.stem}", None)
        for name, folder in found.items():
            history = root / f"{name.rpartition('/')[2]}{git_remote.SUFFIX}"
            source = f"git+{git_remote.SCHEME}{name}"
            yield Template(name, origin, source, folder, history if history.is_file() else None, version, owner)


def template_folders(root: Path) -> list[Path]:
    """The folders in `root` that are templates, as their author edits them."""
    return sorted(folder for folder in root.glob("*") if config_file(folder))


def _from_folder(folder: Path) -> Template:
    if config_file(folder) is None:
        raise SmscaffoldError(f"{folder} is not a template: it has no copier.yml")
    return Template(folder.name, FOLDER, str(folder), folder)
