"""Addresses of templates: the repository that each leads to, the secrets in it, and the patterns that allow it."""

from __future__ import annotations

import os
import posixpath
import re
import unicodedata
from fnmatch import fnmatchcase
from typing import NamedTuple
from urllib.parse import unquote

from smscaffold.config.places import expand

#: copier's abbreviations
HOSTS = {"gh:": "https://github.com/", "gl:": "https://gitlab.com/"}
# copier itself takes an address that begins so for one of git
_KNOWN_TO_COPIER = ("git+", "git@", "git://", "https://github.com/", "https://gitlab.com/", *HOSTS)
_ADDRESS = re.compile(r"(git\+)?([a-z][a-z0-9+.-]*://|[\w.-]+(:(?!/)[^\s@]*)?@[\w.-]+:)|gh:|gl:", re.IGNORECASE)
_URL = re.compile(r"([^:/?#@]+)://([^/?#]*)(.*)", re.DOTALL)
_HOST = re.compile(r"([A-Za-z0-9._~+-]+@)?([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?")
_PORTS = {"http": ":80", "https": ":443", "ssh": ":22", "git": ":9418"}
#: their addresses hold a path and no host
_WITHOUT_HOST = ("file", "smscaffold")
_LOCAL = ""  # the scheme of a folder's path
_SSH = "ssh:"  # the scheme of git@host:path, which begins at a home folder where ssh://git@host/path does not

# ssh needs the user's name to find the repository, so only a password is taken out of its addresses
_SSH_PASSWORD = re.compile(r"(\bssh://[^\s/?#'\":@]*):[^\s/?#'\"]*@", re.IGNORECASE)
# the same for name:password@host:path, in which git itself sees no login; the digest of an image looks like it
_SHORT_PASSWORD = re.compile(r"(?<![\w.@:/-])([\w.-]+):(?!/)[^\s'\"@]{0,200}(@(?!sha\d+:)[\w.-]+:)")
_LOGIN = re.compile(r"\b((?!(?:ssh|file|smscaffold):)[a-z][a-z0-9.-]{0,30}://)[^\s/?#'\"]{0,5000}@", re.IGNORECASE)
_QUERY = re.compile(r"(\bhttps?://[^\s?#'\"]{0,5000})[?#][^\s'\"]*", re.IGNORECASE)
#: categories of Unicode: control and format characters, surrogates, line and paragraph separators
_INVISIBLE = ("Cc", "Cf", "Cs", "Zl", "Zp")


class _Parts(NamedTuple):
    scheme: str
    host: str  # with the user of ssh, and the port unless it is the usual one
    path: str


class Login(NamedTuple):
    """A user's name and password for a server, such as ``https://git.example``.

    The password is None where an address has only a name, which may be a token all the same.
    """

    server: str
    name: str
    password: str | None


def is_address(source: str) -> bool:
    """Whether this names a git repository elsewhere, rather than a folder here or a template by its name."""
    return bool(_ADDRESS.match(source))


def lasting(address: str) -> str:
    """The address as a container folder records it: without secrets, and so that copier takes it for one of git."""
    address = re.sub(r"^[A-Za-z0-9+.-]+://", lambda scheme: scheme[0].lower(), without_secrets(address))
    plain = address.endswith(".git") or address.startswith(_KNOWN_TO_COPIER)
    return address if plain else f"git+{address}"


def expanded(address: str) -> str:
    """The address as git itself takes it: without the prefix and the abbreviations of copier."""
    address = address.removeprefix("git+")
    for short, host in HOSTS.items():
        if address.startswith(short):
            return f"{host}{address.removeprefix(short).lstrip('/').removesuffix('.git')}.git"
    return address


def plain_address(source: str) -> str:
    """One spelling for all addresses of a repository: to compare them, and to show them without secrets."""
    scheme, host, path = _parts(source)
    if scheme == _SSH:
        return f"{host}:{path}"
    return path if scheme == _LOCAL else f"{scheme}://{host}{path}"


def without_secrets(text: str) -> str:
    """The text, in which no address has a login or a query any more: these may hold a password or a token."""
    return _QUERY.sub(r"\1", _without_ssh_password(without_login(text)))


def without_login(address: str) -> str:
    """The address without a user's name and password, except for ssh, which needs the name."""
    return _LOGIN.sub(r"\1", address)


def _without_ssh_password(text: str) -> str:
    return _SHORT_PASSWORD.sub(r"\1\2", _SSH_PASSWORD.sub(r"\1@", text))


def login(address: str) -> Login | None:
    """The login in an address, None for an address without one, and for one of ssh."""
    found = _URL.match(expanded(address))
    if not found or found[1].lower() == "ssh" or found[1].lower() in _WITHOUT_HOST or "@" not in found[2]:
        return None
    user, _, host = found[2].rpartition("@")
    # git's own form for a login is a line for each part of it
    name, colon, password = (re.sub("[\\x00-\\x1f]", "", unquote(each)) for each in user.partition(":"))
    return Login(f"{found[1]}://{host}", name, password if colon else None)


def has_secrets(address: str) -> bool:
    """Whether the address holds what must not be written down: a login, or a query."""
    return without_secrets(address) != address


def doubt(source: str) -> str:
    """Returns the part of an address, such as ``'..'``, that keeps it from being compared with patterns; else nothing.

    Git, the server and the file system each read such an address in a way of their own.
    """
    address, decoded = without_login(source).removeprefix("git+"), _decoded(source)
    scheme, host, _ = _parts(source)
    if "\\" in decoded:
        return "a backslash"
    if any(unicodedata.category(character) in _INVISIBLE for character in decoded):
        return "a control character"
    if ".." in re.split("[/:]", decoded):
        return "'..'"
    if scheme != _LOCAL and re.search("%(2[35ef]|3[af]|40)", address, re.IGNORECASE):
        return "an encoded character that separates its parts"
    if re.match("[A-Za-z0-9]+::", address) or (source.startswith("git+") and address.startswith(("git+", *HOSTS))):
        return "a second prefix"
    if scheme in ("http", "https") and re.search("[?#]", address):
        return "a query"
    if scheme not in (_LOCAL, *_WITHOUT_HOST) and not _HOST.fullmatch(host):
        return "no plain name of a host"
    return ""


def matches(source: str, pattern: str) -> bool:
    """Whether a pattern allows an address or a folder that raises no doubt.

    A ``*`` in the path stands for anything, in the host for a part of its name, and by itself for every source. A
    folder is where its links lead, and a pattern of folders begins with a slash or ``~``.
    """
    if pattern == "*":
        return True
    (scheme, host, path), wanted = _parts(source), _parts(pattern)
    if not fnmatchcase(scheme, wanted.scheme) or not fnmatchcase(host, wanted.host):
        return False
    if scheme not in (_LOCAL, "file"):
        return fnmatchcase(path, wanted.path) or (not wanted.path and wanted.host.endswith("*"))
    # git takes the folder x.git for x
    there = [each for each in (path, f"{path}.git") if os.path.lexists(each)] or [path]
    folders = [os.path.realpath(each).removesuffix(".git") for each in there]
    patterns = (wanted.path, _real(wanted.path)) if wanted.path.startswith("/") else ()
    return all(any(fnmatchcase(folder, each) for each in patterns) for folder in folders)


def _parts(text: str) -> _Parts:
    """The parts of an address or a pattern as git tells them apart."""
    address = _without_ssh_password(expanded(text))
    if url := _URL.match(address):
        scheme, authority, path = url[1].lower(), url[2], unquote(url[3])
        if scheme in _WITHOUT_HOST:
            return _Parts(scheme, "", _path(f"{'/' if scheme == 'file' else ''}{unquote(authority)}{path}"))
        user, at, host = authority.rpartition("@")
        host = host.lower().removesuffix(_PORTS.get(scheme, " "))
        return _Parts(scheme, (user.partition(":")[0] + at if scheme == "ssh" else "") + host, _path(path))
    host, colon, path = address.partition(":")
    if colon and "/" not in host:
        user, at, host = host.rpartition("@")
        return _Parts(_SSH, f"{user}{at}{host.lower()}", _path(path))
    return _Parts(_LOCAL, "", _path(str(expand(address))))


def _path(text: str) -> str:
    """The path without slashes and dots that change nothing, and without the end that git adds by itself."""
    path = re.sub("/+", "/", text).rstrip("/").removesuffix(".git")
    return posixpath.normpath(path) if path else "/" if text.startswith("/") else ""


def _real(pattern: str) -> str:
    """The pattern, with the folders before its first ``*`` where their links lead."""
    parts = pattern.split("/")
    plain = next((number for number, part in enumerate(parts) if re.search("[*?[]", part)), len(parts))
    return "/".join([os.path.realpath("/".join(parts[:plain]) or "/").rstrip("/"), *parts[plain:]])


def _decoded(text: str) -> str:
    while (decoded := unquote(text)) != text:
        text = decoded
    return text
