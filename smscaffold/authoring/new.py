"""``smscaffold template new``: a package with a first template in it, written as any container folder is."""

from __future__ import annotations

from dataclasses import replace

from smscaffold import catalog
from smscaffold.console import Console
from smscaffold.new import Request, create

NEXT = ("smscaffold template test",)


def new(request: Request, console: Console) -> None:
    """Writes the package, or shows what it would hold; raises SmscaffoldError when anything stands against it."""
    create(replace(request, template=catalog.template_package(), next_commands=NEXT), console)
