"""Copier's worker under our rules: it writes nothing hostile, and shows a stranger's template nothing of this machine.

Copier renders in several places during an update, and runs git in each; a template can tell them apart. That is why the
rules stand where copier writes, and not only after it.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from smscaffold.errors import SmscaffoldError
from smscaffold.staging import plain_modes
from smscaffold.trust import HOST_FILTERS, Trust, refusal, refuse_path, refuse_pattern, refuse_tree

if TYPE_CHECKING:
    from copier._jinja_ext import SandboxedEnvironment
    from copier._main import Worker
    from copier._types import LazyDict

# parts of copier's worker that are not public: without one of them a rule would be lost unnoticed
_RELIES_ON = ("_external_data", "_render_allowed", "_render_context", "_render_template", "jinja_env")
# functions that copier gives to templates among their answers
_FUNCTIONS = frozenset(("make_secret", "now"))


@dataclass(frozen=True)
class Users:
    """The container folder that is updated: its name, and the links and submodules that the user has committed in it.

    Copier would write into what they lead to, or its change of the template's file would be lost.
    What copier renders without the user is copied to `renders`, to its folders ``0`` for the template's old version and
    ``1`` for the new one; the container folder is at `inside` in these, as in its repository.
    """

    folder: str
    elsewhere: Mapping[Path, str]
    renders: Path
    inside: Path

    def refuse(self, path: Path) -> None:
        """Raises SmscaffoldError when there is a link or a submodule at the path."""
        if kind := self.elsewhere.get(path):
            raise SmscaffoldError(
                f"{self.folder}/{path} is a {kind}, and what the template has there would be lost: put a copy of the "
                "files in its place, commit that, and update again"
            )


def careful_worker(trust: Trust, users: Users | None = None) -> type[Worker]:
    """The class of workers for a template; `users` is the container folder if one is updated.

    All that a worker does raises SmscaffoldError when the template breaks a rule.
    """
    from copier._main import Worker  # takes long to import

    from smscaffold.plain_data import plain, restrict

    if missing := [name for name in _RELIES_ON if not hasattr(Worker, name)]:
        raise SmscaffoldError(f"the installed copier is too new for smscaffold (no {missing[0]}): install copier 9.19")
    alone: list[Path] = []  # where the template is rendered without anything of the user's, its old version first

    class CarefulWorker(Worker):
        @cached_property
        def jinja_env(self) -> SandboxedEnvironment:
            environment = super().jinja_env
            for name in HOST_FILTERS & environment.filters.keys():
                environment.filters[name] = partial(_filter, trust, name, environment.filters[name])
            if not trust.runs_code:
                restrict(environment, partial(refusal, trust.name))
            return environment

        def _render_context(self) -> Any:
            context = super()._render_context()
            if trust.runs_code:
                return context
            for name in _FUNCTIONS & context.keys():
                self.jinja_env.globals[name] = context.pop(name)
            for name in ("src_path", "dst_path"):
                context["_copier_conf"][name] = PurePath(context["_copier_conf"][name].name)
            context["_copier_conf"]["settings"] = {"defaults": {}, "trust": []}  # the user's are not in it anyway
            context["_copier_python"] = Path(sys.executable).name
            return plain(context)

        def _external_data(self) -> LazyDict[str, Any]:
            from copier._types import LazyDict
            from copier.errors import ForbiddenPathError

            if self.template.external_data and trust.reads_machine():
                self.unsafe = True
            data = super()._external_data()

            def read(name: str) -> Any:
                try:
                    return data[name]
                except ForbiddenPathError as error:
                    file = self._render_string(self.template.external_data[name])
                    raise trust.refusal(f"reads {file} by _external_data, outside the container folder") from error

            return LazyDict({name: partial(read, name) for name in data})

        def run_copy(self) -> None:
            super().run_copy()
            if users and self.dst_path in alone:
                copy = users.renders / str(alone.index(self.dst_path)) / users.inside
                shutil.copytree(self.dst_path, copy, symlinks=True)

        def _render_template(self) -> None:
            if self.template.vcs:
                _forget_submodules(self.template.local_abspath)
            if not self.dst_path.exists() or not any(self.dst_path.iterdir()):
                alone.append(self.dst_path)
            super()._render_template()
            if self.dst_path in alone and self.dst_path.exists():
                refuse_tree(trust.name, self.dst_path)
                plain_modes(self.dst_path)

        def _stays(self, path: Path, content: bytes) -> bool:
            """Whether the user's file stays as it is: it is the user's alone, or the template does not change it."""
            before = alone[0] / path
            return self.match_skip(path) or (before.is_file() and before.read_bytes() == content)

        def _render_allowed(
            self, dst_relpath: Path, is_dir: bool = False, is_symlink: bool = False, *args: Any, **more: Any
        ) -> bool:
            refuse_path(trust.name, dst_relpath)
            refuse_pattern(trust.name, dst_relpath)
            if users:
                for folder in [dst_relpath, *dst_relpath.parents] if is_dir else dst_relpath.parents:
                    users.refuse(folder)
                file = not is_dir and not is_symlink and self.dst_path not in alone
                if file and not self._stays(dst_relpath, more["expected_contents"]):
                    users.refuse(dst_relpath)
            return super()._render_allowed(dst_relpath, is_dir, is_symlink, *args, **more)

    return CarefulWorker


def _forget_submodules(clone: Path) -> None:
    """Removes the files by which git finds the repositories of submodules: copier would render them into the folder."""
    for link in list(clone.rglob(".git")):
        if link.parent != clone and link.is_file():
            link.unlink()


def _filter(trust: Trust, name: str, original: Callable[..., Any], *args: Any, **options: Any) -> Any:
    if not trust.reads_machine():
        raise trust.refusal(f"uses the filter {name}, which reads this machine")
    return original(*args, **options)
