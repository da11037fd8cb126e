"""The program ``git-remote-smscaffold``: with it git, and so copier, clones templates that lie in installed packages.

    git clone smscaffold://python-flask          a built-in template
    git clone smscaffold://acme/churn            the template churn of the package that registers itself as acme

A template's whole history is one file, a git bundle. Git starts this program for each ls-remote, clone and fetch, so it
uses the standard library only, and as little of it as it can. The protocol: gitremote-helpers(7).
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.metadata import EntryPoint

SCHEME = "smscaffold://"
ENTRY_POINTS = "smscaffold.templates"
SUFFIX = ".bundle"
RECORD = "releases.txt"  # beside the bundles: template, tag, commit, tree
BRANCH = "refs/heads/main"
HERE = os.path.dirname(os.path.abspath(__file__))


class BundleError(Exception):
    """No bundle for that address, or one that cannot be read; the message says what to do."""


def main() -> int:
    """Answers git's commands on stdin until it has no more; git gives a remote's name and its address."""
    if len(sys.argv) != 3:
        print("git-remote-smscaffold: git runs this program when it meets a smscaffold:// address", file=sys.stderr)
        return 2
    try:
        serve(find_bundle(sys.argv[2]))
    except (BundleError, OSError) as error:
        print(f"smscaffold: {harmless(str(error))}", file=sys.stderr)
        return 1
    return 0


def serve(bundle: str) -> None:
    """Lets git list what the bundle holds, and fetch it."""
    fetching = False
    for line in sys.stdin:
        command = line.rstrip("\n").split(" ")[0]
        if command == "capabilities":
            answer("fetch")
        elif command == "list":
            names = refs(bundle)
            answer(*(f"{commit} {name}" for name, commit in names.items()), *head(names))
        elif command == "fetch":  # once for each thing wanted, then an empty line
            fetching = True
        elif command == "" and fetching:
            unbundle(bundle)
            fetching = False
            answer()
        else:
            return


def unbundle(bundle: str) -> None:
    """Copies everything in a bundle into the repository that git names in GIT_DIR."""
    import subprocess

    done = subprocess.run(["git", "bundle", "unbundle", bundle], check=False, stdout=subprocess.DEVNULL)
    if done.returncode:
        raise BundleError(f"{bundle} is damaged: install the package that brought it again")


def answer(*lines: str) -> None:
    """Lines for git, with the empty one that ends them."""
    print(*lines, "", sep="\n", flush=True)


def harmless(text: str) -> str:
    """The text in one line, with escapes for what a terminal would not print; this program imports nothing for it."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def head(names: dict[str, str]) -> list[str]:
    """What to check out when nobody says what: the branch main, or the only one there is."""
    branches = [name for name in names if name.startswith("refs/heads/")]
    default = BRANCH if BRANCH in branches else branches[0] if len(branches) == 1 else ""
    return [f"@{default} HEAD"] if default else []


def refs(bundle: str) -> dict[str, str]:
    """The tags and branches in a bundle with their commits, from the text at its beginning.

    Raises BundleError when the file is no bundle, OSError when it cannot be read.
    """
    found: dict[str, str] = {}
    with open(bundle, "rb") as file:
        if not file.readline().startswith(b"# v"):
            raise BundleError(f"{bundle} is not a git bundle: install the package that brought it again")
        for line in file:
            if line == b"\n":
                break
            if line[:1] not in b"@-":
                commit, _, name = line.decode().rstrip("\n").partition(" ")
                if name.startswith("refs/"):
                    found[name] = commit
    return found


def find_bundle(address: str) -> str:
    """The bundle file behind an address, ``smscaffold://NAME`` or ``smscaffold://PACKAGE/NAME``.

    Raises BundleError when no installed package has it.
    """
    name = address.partition("://")[2].strip("/")
    parts = name.split("/")
    if not name or len(parts) > 2 or any(part in ("", ".", "..") for part in parts):
        raise BundleError(f"{address} is not {SCHEME}NAME or {SCHEME}PACKAGE/NAME")
    if len(parts) == 1 and (path := bundle_in(HERE, name)):
        return path
    for entry, root in registered():
        if entry.name == parts[0] and (path := bundle_in(root, parts[-1])):
            return path
    raise BundleError(
        f"no template {name!r} with a history is installed beside {sys.executable}: install or upgrade {provider(name)}"
    )


def bundle_in(folder: str, name: str) -> str:
    """The bundle in a folder that holds the history of a template, also of one that has another name now; else empty.

    A template that was renamed goes on in the bundle that holds the last release of its old name.
    """
    path = os.path.join(folder, name + SUFFIX)
    if os.path.isfile(path):
        return path
    tag, commit = last_release(folder, name)
    for file in sorted(os.listdir(folder)) if commit else []:
        path = os.path.join(folder, file)
        if file.endswith(SUFFIX) and os.path.isfile(path) and refs(path).get(f"refs/tags/{tag}") == commit:
            return path
    return ""


def last_release(folder: str, name: str) -> tuple[str, str]:
    """The tag and commit of the newest release of a template by the record in a folder; both empty without one."""
    found = ("", "")
    record = os.path.join(folder, RECORD)
    if os.path.isfile(record):
        with open(record, encoding="utf-8", errors="replace") as lines:
            for words in map(str.split, lines):
                if len(words) == 4 and words[0] == name:
                    found = (words[1], words[2])
    return found


def provider(name: str) -> str:
    """Returns words for the package to install or upgrade for a template, ``NAME`` or ``PACKAGE/NAME``.

    PACKAGE is a name that the package registers here. On a package index that name may belong to somebody else, so the
    words name the distribution.
    """
    prefix, _, below = name.partition("/")
    if not below and bundle_in(HERE, name):
        return "smscaffold"
    for entry, _ in registered():
        if entry.name == prefix and entry.dist:
            return f"the package {entry.dist.name}, which provides {prefix}{'/...' if below else ''}"
    return f"the package that provides {prefix}/..." if below else f"smscaffold, or the package that provides {name}"


def registered(group: str = ENTRY_POINTS) -> Iterator[tuple[EntryPoint, str]]:
    """What installed packages register in a group of entry points, with its folders; none of their code is imported."""
    from importlib.metadata import entry_points
    from importlib.util import find_spec

    for entry in entry_points(group=group):
        top, *below = entry.value.partition(":")[0].split(".")
        spec = find_spec(top)
        for location in (spec.submodule_search_locations or []) if spec else []:
            yield entry, os.path.join(location, *below)


if __name__ == "__main__":
    sys.exit(main())
