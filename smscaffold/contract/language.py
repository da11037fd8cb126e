"""The language that a container's program is written in, where that can be seen."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from smscaffold.contract.lab import Lab

_PROGRAMS = {
    "Python": r"python[\d.]*|gunicorn|uvicorn|waitress-serve",
    "R": r"Rscript|R|r|littler",
    "Java": r"java|scala|sbt",
}
_VARIABLES = {
    "R": r"R_(BASE_)?(VERSION|HOME)",
    "Java": r"JAVA_(HOME|VERSION)",
    "Python": r"PYTHON(_VERSION|UNBUFFERED)",
}
#: where the interpreters lie; Python comes last, because images of the other languages often have it too
_PLACES = {
    "R": ("/usr/bin/Rscript", "/usr/local/bin/Rscript"),
    "Java": ("/opt/java/openjdk/bin/java", "/usr/bin/java"),
    "Python": ("/usr/local/bin/python3", "/usr/bin/python3"),
}


def language(image: Any, words: tuple[str, ...], lab: Lab) -> str:
    """Returns `Python`, `R` or `Java`, or an empty text where nothing tells.

    Looks at the program itself (`words`: what the platform starts), then at variables, then at what is installed.
    """
    from smscaffold.contract.clauses.static import on_path

    config = image.attrs["Config"]
    for word in [*(config["Entrypoint"] or []), *words][:4]:
        if found := _named(posixpath.basename(word), _PROGRAMS):
            return found
        head = on_path(lab, image, word)[2]
        if head.startswith(b"#!"):
            parts = re.split(r"[\s/]+", head[2:].decode("utf-8", "replace").strip())
            if found := next(filter(None, (_named(part, _PROGRAMS) for part in parts)), ""):
                return found
    names = [entry.partition("=")[0] for entry in config["Env"] or []]
    if found := next(filter(None, (_named(name, _VARIABLES) for name in names)), ""):
        return found
    for each, paths in _PLACES.items():
        for path in paths:
            with lab.archive(image.id, path) as archive:
                if archive is not None:
                    return each
    return ""


def _named(word: str, known: dict[str, str]) -> str:
    return next((name for name, expression in known.items() if re.fullmatch(expression, word)), "")
