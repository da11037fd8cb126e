"""Has a template begin its programs with the licence header that an organisation wants there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from smscaffold.template_config import SHARED, SUFFIX


class Comment(NamedTuple):
    """How a language writes a comment of several lines."""

    first: str = ""
    each: str = "# "
    last: str = ""


_HASH, _STAR, _XML = Comment(last="\n"), Comment("/*\n", " * ", " */\n"), Comment("<!--\n", "  ", "-->\n")
#: by the end of a file's name
_COMMENTS = {
    **dict.fromkeys(["Dockerfile", ".conf", ".jl", ".properties", ".py", ".R", ".rb", ".sh"], _HASH),
    **dict.fromkeys([".c", ".cpp", ".cs", ".go", ".java", ".js", ".kt", ".rs", ".scala", ".ts"], _STAR),
    ".xml": _XML,
}
# what has to stay the first line
_FIRST_LINE = re.compile(r"(#!|<\?xml).*\n")
# a file that is nothing but another one, which it may give values
_INCLUDE = re.compile(
    r"(?:\{%-?\s*set\s[^%]*%\}\s*)*\{%-?\s*include\s+(?:pathjoin\()?((?:'[^']+'[,\s]*)+)\)?\s*-?%\}\s*"
)


def head_programs(root: Path) -> None:
    """Puts the header's place into each program, Dockerfile and script of the compiled template `root`.

    Rendered without a header, each is what it was.
    """
    for path in sorted((root / "template").rglob("*")):
        if path.is_file() and not path.is_symlink() and _inside(root, path):
            source = _source(root, path)
            if comment := _comment(path, source):
                _head(source, comment, is_jinja=path.name.endswith(SUFFIX))


def _source(root: Path, path: Path) -> Path:
    """The file that the text of `path` stands in."""
    while path.name.endswith(SUFFIX) or path.is_relative_to(root / SHARED):
        included = _INCLUDE.fullmatch(path.read_text(encoding="utf-8"))
        if not included or not _inside(root, file := root.joinpath(*re.findall(r"'([^']+)'", included[1]))):
            break
        path = file
    return path


def _inside(root: Path, path: Path) -> bool:
    """Whether the path leads to something in the template, by whatever links."""
    return path.resolve().is_relative_to(root.resolve())


def _comment(path: Path, source: Path) -> Comment | None:
    name = path.name.removesuffix(SUFFIX)
    if (comment := _COMMENTS.get(name) or _COMMENTS.get(Path(name).suffix)) or "." in name:
        return comment
    with source.open("rb") as file:
        return _HASH if file.read(2) == b"#!" else None


def _head(path: Path, comment: Comment, *, is_jinja: bool) -> None:
    text = path.read_text(encoding="utf-8")
    first = found[0] if (found := _FIRST_LINE.match(text)) else ""
    rest = text[len(first) :]
    place = (
        f"{{% if (organisation | default({{}})).licence_header %}}{comment.first}"
        "{% for line in organisation.licence_header.splitlines() %}"
        f"{{{{ ('{comment.each}' ~ line).rstrip() }}}}\n"
        f"{{% endfor %}}{comment.last}{{% endif %}}"
    )
    if rest.startswith(place):
        return  # two files include this one
    if not is_jinja:
        rest = f"{{% raw %}}{rest}{{% endraw %}}"
        path = path.rename(path.with_name(path.name + SUFFIX))
    path.write_text(first + place + rest, encoding="utf-8", newline="")
