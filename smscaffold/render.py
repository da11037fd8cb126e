"""A template and its answers become a folder; copier does the work."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from smscaffold import git
from smscaffold.address import without_secrets
from smscaffold.errors import SmscaffoldError
from smscaffold.staging import plain_modes
from smscaffold.trust import Trust, refuse_shape


@dataclass(frozen=True)
class Rendered:
    """What copier made of the answers."""

    answers: dict[str, Any]
    not_asked: set[str]
    answers_file: Path
    #: whether the template leaves a file to the user alone
    left_alone: Callable[[Path], bool]
    warnings: list[str] = field(default_factory=list)

    @property
    def applied(self) -> set[str]:
        """The names of the answers to questions that these answers leave."""
        return self.answers.keys() - self.not_asked


def render(
    root: Path,
    folder: Path,
    answers: dict[str, Any],
    cache: Path,
    trust: Trust,
    *,
    proposed: Mapping[str, Any] | None = None,
    ask: bool = False,
    tasks: bool = True,
) -> Rendered:
    """Renders the compiled template `root` into the new folder `folder`; defaults answer what `answers` leave open.

    `proposed` are defaults that win over the template's. With `ask`, copier asks the user for what is open instead.
    By `trust` the template may run code: its Jinja extensions, and its `tasks` if those are wanted.
    `cache` is copier's for this call alone: the one that all its runs share by default does not bear two at once.
    Raises SmscaffoldError when copier refuses an answer or the template, or when the template makes what is fit to do
    harm.
    """
    refuse_shape(trust.name, root)  # copier asks git about the template's folder
    variables = {"COPIER_CACHE_DIR": str(cache), **git.settings(hooks=tasks and trust.runs_code)}
    with copiers_environment(variables), warnings.catch_warnings(record=True) as caught:
        from copier._settings import SettingsModel

        from smscaffold.worker import careful_worker

        try:
            with careful_worker(trust)(
                src_path=str(root),
                dst_path=folder,
                data=answers,
                user_defaults=dict(proposed or {}),
                defaults=not ask,
                overwrite=True,
                quiet=True,
                settings=SettingsModel(),  # without the defaults of the user's: `trust` says all about trust
                unsafe=trust.runs_code,
                skip_tasks=not tasks,
            ) as worker:
                worker.run_copy()
            plain_modes(folder)
            answers_file = folder / worker.answers_relpath
            if not answers_file.resolve().is_relative_to(folder.resolve()):
                raise SmscaffoldError(
                    f"the template {trust.name} names {worker.answers_relpath} as its answers file, outside the folder"
                )
            return Rendered(
                answers=dict(worker.answers.combined),
                not_asked=set(worker.answers.hidden),
                answers_file=answers_file,
                left_alone=worker.match_skip,
                warnings=[str(warning.message) for warning in caught if issubclass(warning.category, UserWarning)],
            )
        except (KeyboardInterrupt, SmscaffoldError):  # copier's own kind of the first is an Exception too
            raise
        except Exception as error:  # a template is its author's code: it can trip over anything
            if by_the_system(error):
                raise
            if isinstance(error.__cause__, EOFError):  # Ctrl-D at a question
                raise KeyboardInterrupt from error
            raise SmscaffoldError(reason(error).replace(f"{root}/", "")) from error


def record_source(answers_file: Path, source: str, commit: str) -> None:
    """Has the answers file name the template's lasting source and commit in place of the temporary ones."""
    if not answers_file.is_file():
        return
    text = answers_file.read_text(encoding="utf-8")
    # an entry goes on over the indented lines below it
    text = re.sub(r"^(_src_path|_commit):.*\n(?:[ \t]+.*\n)*", "", text, flags=re.MULTILINE)
    record = {"_commit": commit, "_src_path": source} if commit else {"_src_path": source}
    entries = yaml.safe_dump(record, allow_unicode=True, width=10_000)
    first_entry = re.search(r"^[^#\s-]", text, flags=re.MULTILINE)
    at = first_entry.start() if first_entry else len(text)
    answers_file.write_text(text[:at] + entries + text[at:], encoding="utf-8")


def by_the_system(error: Exception) -> bool:
    """Whether the operating system has refused something; what copier raises for a program that fails looks similar."""
    return isinstance(error, OSError) and not hasattr(error, "argv")


def reason(error: Exception) -> str:
    """Copier's own words for what it refuses, as one sentence."""
    if command := getattr(error, "argv", None):  # a program that copier has run
        said = without_secrets(str(getattr(error, "stderr", ""))).strip().splitlines()
        said = said or [f"exit code {getattr(error, 'retcode', '?')}"]
        why = next((line for line in said if line.startswith("fatal: ")), said[-1])
        return f"{Path(command[0]).name} failed when copier ran it: {why}"
    text = without_secrets(" ".join(str(error).split()))
    if refused := re.match(r"Validation error for question '(.+?)': (.*)", text):
        return f"{refused[1]}: {refused[2]}"
    if missing := re.match(r'Question "(.+?)" is required', text):
        return f"{missing[1]} has no default: pass --data {missing[1]}=VALUE"
    if text.startswith("Invalid choice for "):
        return text
    file, line = getattr(error, "filename", None), getattr(error, "lineno", None)
    where = f" ({file}, line {line})" if file and line else ""
    return f"the template cannot be rendered: {text or type(error).__name__}{where}"


@contextmanager
def environment(changes: Mapping[str, str | None]) -> Iterator[None]:
    """Sets variables for this process and those it starts, for a while; None takes one away."""
    before = {name: os.environ.get(name) for name in changes}
    _set(changes)
    try:
        yield
    finally:
        _set(before)


@contextmanager
def copiers_environment(changes: Mapping[str, str | None]) -> Iterator[None]:
    """Sets variables for copier as well: it starts programs with those that were set when it was imported."""
    with environment(changes):
        import copier  # noqa: F401  takes longer than everything else together, and only what renders needs it
        from plumbum import local

        with local.env():
            local.env.clear()
            local.env.update(os.environ)
            yield


def _set(variables: Mapping[str, str | None]) -> None:
    for name, value in variables.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
