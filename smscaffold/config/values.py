"""The settings of ``smscaffold.toml``, and what each value must be so that it is harmless wherever it ends up.

The values of ``[organisation]`` end up in Dockerfiles, shell scripts, XML and the comments of many languages.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import PurePath

from smscaffold.address import has_secrets
from smscaffold.config.entry import Entry
from smscaffold.config.places import expand
from smscaffold.errors import did_you_mean
from smscaffold.small_file import read_small
from smscaffold.visible import shown

_SOURCE_KEYS = ("source", "ref", "language", "framework", "title")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----\s([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----")
# control characters, separators of lines, marks that change the direction of writing, and what no XML may hold
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff]")
_LONGEST, _LONGEST_HEADER = 1_000, 10_000  # characters
_HOST = r"([A-Za-z0-9.-]+|\[[0-9a-fA-F:.]+\])(:[0-9]{1,5})?"
# first words of a line that a tool would take for an order: Dockerfile, shellcheck, hadolint
_ORDER = re.compile(r"\W*([A-Za-z][A-Za-z0-9]*\s*=|(shellcheck|hadolint)\b)", re.IGNORECASE)
# the same anywhere in a line: what linters, formatters, type checkers and compilers look for in comments
_TOOL = re.compile(
    r"\b(noqa|nosec|nolint|nosonar|eslint)\b|\b(fmt\s*:\s*(off|on|skip)|type\s*:\s*ignore)\b|\bgo:[a-z]|@ts-|^\W*\+\s*build\b"
    r"|\b(pragma|isort|yapf|pylint|mypy|ruff|flake8|pyright|scalafmt|scalastyle|scalafix|checkstyle|formatter)\s*:",
    re.IGNORECASE,
)
# anywhere in a comment at the head of a file: Python's encoding, settings of Emacs and of vi, what `serve` fills in
_SETTING = re.compile(r"coding[:=]|-\*-|\b(vim?|ex)\s*:|@\w+@", re.IGNORECASE)


def unknown(name: str, known: Iterable[str]) -> str:
    """Why a name is none of those that are known."""
    *first, last = known
    return f"is not known{did_you_mean(name, [*first, last])}: there is {', '.join(first)} and {last}"


def answer(entry: Entry) -> None:
    """Raises SmscaffoldError for a value that answers no question."""
    listed = entry.value if isinstance(entry.value, list) else [entry.value]
    if not all(isinstance(value, (str, int, float, bool)) for value in listed):
        raise entry.wrong("must be text, a number, true, false, or a list of these")
    if any(isinstance(value, int) and abs(value) >= 2**63 for value in listed):
        raise entry.wrong("must be a number of 64 bits, as TOML has them")


def _text(entry: Entry) -> None:
    if not isinstance(entry.value, str) or not entry.value:
        raise entry.wrong(f"must be text, not {shown(entry.value)}")


def _visible(entry: Entry, *values: str) -> None:
    for value in values:
        if len(value) > _LONGEST or _UNSEEN.search(value):
            raise entry.wrong(f"must be one line of up to {_LONGEST} characters that can be seen, not {shown(value)}")


def _no_secrets(entry: Entry, *values: str) -> None:
    if any(map(has_secrets, values)):
        raise entry.wrong(
            "must be an address without a login or a query, because everybody can read this file: "
            "let git's credential helper log people in (`git help credentials`)"
        )


def _default(entry: Entry) -> None:
    _text(entry)
    _visible(entry, entry.value)
    _no_secrets(entry, entry.value)


def _patterns(entry: Entry) -> None:
    if not isinstance(entry.value, list) or not all(isinstance(each, str) and each for each in entry.value):
        raise entry.wrong(f"must be a list of names or patterns, not {shown(entry.value)}")
    _visible(entry, *entry.value)
    _no_secrets(entry, *entry.value)


def _source(entry: Entry) -> None:
    _in_table(entry)
    if not _NAME.fullmatch(entry.key[-1]):
        raise entry.wrong("is no name for a template: letters, digits, and . _ - after the first")
    told = {"source": entry.value} if isinstance(entry.value, str) else entry.value
    if not isinstance(told, dict) or not all(isinstance(each, str) for each in told.values()):
        raise entry.wrong("must be an address or a folder, or a table such as {source = 'gh:acme/churn', ref = 'v1'}")
    for name in told:
        if name not in _SOURCE_KEYS:
            raise entry.wrong(f"has a key {shown(name)} that {unknown(name, _SOURCE_KEYS)}")
    if not told.get("source"):
        raise entry.wrong("has no source: give an address or a folder")
    _visible(entry, *told.values())
    _no_secrets(entry, told["source"])


def _in_table(entry: Entry) -> None:
    if len(entry.key) == 2:
        raise entry.wrong(f"must be a table, [{'.'.join(entry.key)}]")


def _one_line(entry: Entry) -> None:
    """Text that stands between double quotes in a Dockerfile."""
    if not isinstance(entry.value, str) or not re.fullmatch(r"[^\n\r\"'\\$`]+", entry.value):
        raise entry.wrong(f"must be one line of text without quotes, $, ` and \\, not {shown(entry.value)}")
    _visible(entry, entry.value)


def _named_line(entry: Entry, names: str, what: str) -> None:
    _in_table(entry)
    if not re.fullmatch(names, entry.key[-1]) or len(entry.key[-1]) > _LONGEST:
        raise entry.wrong(what)
    _one_line(entry)


def _registry(entry: Entry) -> None:
    part = "[a-z0-9]+([._-]+[a-z0-9]+)*"
    legal = rf"{part}(:[0-9]{{1,5}})?(/{part})*"
    if not isinstance(entry.value, str) or len(entry.value) > 200 or not re.fullmatch(legal, entry.value):
        raise entry.wrong(
            f"must be a registry's host, with a path if it has one, such as registry.example/docker-hub, "
            f"not {shown(entry.value)}"
        )


def _mirror(entry: Entry) -> None:
    """An address that neither a shell, nor sed, nor XML reads as more than that."""
    _named_line(
        entry,
        r"[A-Z][A-Z0-9_]*(_(URL|MIRROR|REPOSITORY|REPO|REGISTRY|INDEX)|PROXY)",
        "is no build argument for a mirror: these end in _URL, _MIRROR, _REPOSITORY, _REPO, _REGISTRY, _INDEX or "
        "PROXY, such as PIP_INDEX_URL",
    )
    if has_secrets(entry.value):
        raise entry.wrong(
            "must be an address without a login or a query, which would stand in every container folder and in the "
            "history of its images: give these to the build instead, by a build secret or a file .netrc"
        )
    if not re.fullmatch(rf"https?://{_HOST}(/[A-Za-z0-9._~+%/-]*)?", entry.value):
        raise entry.wrong(
            f"must be an address such as https://pypi.example/simple, of letters, digits and . _ ~ + % / -, "
            f"not {shown(entry.value)}"
        )


def _label(entry: Entry) -> None:
    _named_line(entry, r"[a-z0-9]+([._/-][a-z0-9]+)*", "is no label: a-z and 0-9, with single . - _ / between them")
    if entry.key[-1].startswith("com.amazonaws.sagemaker."):
        raise entry.wrong("is a label that SageMaker reads, so only the template may set it")


def _tag(entry: Entry) -> None:
    legal = "letters, digits, spaces and . : / + @ - _"
    _named_line(entry, r"(?!(?i:aws):)[\w .:/+@-]{1,128}", f"is no tag: up to 128 {legal}, not aws: at its start")
    if not re.fullmatch(r"[\w .:/+@-]{1,256}", entry.value):
        raise entry.wrong(f"must be up to 256 {legal}, not {shown(entry.value)}")


def _owners(entry: Entry) -> None:
    _patterns(entry)
    for owner in entry.value:
        if not re.fullmatch(r"@[\w.-]+(/[\w.-]+)*|[\w.%+-]+@[\w.-]+", owner):
            raise entry.wrong(f"must list people or teams such as @example/ml or ml@example.com, not {shown(owner)}")


def _header(entry: Entry) -> None:
    """Text that is harmless in a comment at the head of a file, in every language that has one."""
    _text(entry)
    text = entry.value
    if "*/" in text or "/*" in text or "--" in text or "\\" in text:
        raise entry.wrong("must do without */ and --, which would end a comment, /*, which would begin one, and \\")
    if len(text) > _LONGEST_HEADER or _UNSEEN.search(re.sub("[\n\t]", "", text)):
        raise entry.wrong(f"must be up to {_LONGEST_HEADER} characters that can be seen")
    for line in text.split("\n"):
        if _ORDER.match(line) or _TOOL.search(line) or _SETTING.search(line):
            raise entry.wrong(
                f"must do without a line such as {shown(line)}: at the head of a file some tool takes it for an order"
            )


def _certificates(entry: Entry) -> None:
    _patterns(entry)
    names = [PurePath(name).name for name in entry.value]
    for name in names:
        if not _NAME.fullmatch(name) or not name.endswith(".crt") or len(name) > 200 or names.count(name) > 1:
            raise entry.wrong(f"must list files with names of their own that end in .crt, not {shown(name)}")
    certificates(entry)


def certificates(entry: Entry) -> dict[str, str]:
    """The files that a value lists, from its own file's folder on: their names, and their PEM text as one line.

    Raises SmscaffoldError when one of them is not there, or is not one certificate.
    """
    found = {}
    for file in (entry.place.file.parent / expand(name) for name in entry.value):
        try:
            parts = _CERTIFICATE.findall(read_small(file).decode("utf-8", errors="replace"))
        except OSError as error:
            raise entry.wrong(f"names {file}: {error.strerror}") from error
        if len(parts) != 1:
            raise entry.wrong(f"names {file}, which must hold one certificate as PEM text, and holds {len(parts)}")
        found[file.name] = "".join(parts[0].split())
    return found


#: the tables of settings, and what checks each setting
SETTINGS: dict[str, dict[str, Callable[[Entry], None]]] = {
    "templates": {"default": _default, "allowed": _patterns, "allowed_sources": _patterns, "sources": _source},
    "organisation": {
        "base_images": _registry,
        "mirrors": _mirror,
        "certificates": _certificates,
        "labels": _label,
        "tags": _tag,
        "owners": _owners,
        "licence_header": _header,
    },
}
