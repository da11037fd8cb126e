"""``smscaffold template new``: a package with a first template in it, written as any container folder is."""

from __future__ import annotations

from dataclasses import replace

from smscaffold import catalog
from smscaffold.console import Console
from smscaffold.new import Request, create

NEXT = ("smscaffold template test",)
_SAMPLE = "Python"


def new(request: Request, console: Console) -> None:
    """Writes the package, or shows what it would hold; raises SmscaffoldError when anything stands against it."""
    made = create(replace(request, template=catalog.template_package(), next_commands=NEXT), console)
    language = str(made.answers["language"]) if made else _SAMPLE
    if made and language.lower() != _SAMPLE.lower():
        console.note(f"the sample is in {_SAMPLE}: {made.dest / 'README.md'} says what to replace by {language}")
