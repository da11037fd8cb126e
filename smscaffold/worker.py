"""Copier's worker under our rules: it writes nothing hostile, and shows a stranger's template nothing of this machine.

Copier renders in several places during an update, and runs git in each; a template can tell them apart. That is why the
rules stand where copier writes, and not only after it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cached_property, partial
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from smscaffold.errors import SmscaffoldError
from smscaffold.staging import plain_modes
from smscaffold.trust import HOST_FILTERS, Trust, refuse_path, refuse_tree

if TYPE_CHECKING:
    from copier._jinja_ext import SandboxedEnvironment
    from copier._main import Worker
    from copier._types import LazyDict

# parts of copier's worker that are not public: without one of them a rule would be lost unnoticed
_RELIES_ON = ("_external_data", "_render_allowed", "_render_context", "_render_template", "jinja_env")


def careful_worker(trust: Trust, folder: str = "") -> type[Worker]:
    """The class of workers for a template; `folder` names the user's container folder that is updated, for people.

    All that a worker does raises SmscaffoldError when the template breaks a rule.
    """
    from copier._main import Worker  # takes long to import

    if missing := [name for name in _RELIES_ON if not hasattr(Worker, name)]:
        raise SmscaffoldError(f"the installed copier is too new for smscaffold (no {missing[0]}): install copier 9.19")
    rendered: list[Path] = []  # where versions of the template have been rendered alone, the old one first

    class CarefulWorker(Worker):
        @cached_property
        def jinja_env(self) -> SandboxedEnvironment:
            environment = super().jinja_env
            for name in HOST_FILTERS:
                environment.filters[name] = partial(_filter, trust, name, environment.filters[name])
            return environment

        def _render_context(self) -> Any:
            context = super()._render_context()
            if not trust.runs_code:
                for name in ("src_path", "dst_path"):
                    context["_copier_conf"][name] = PurePath(context["_copier_conf"][name].name)
                context["_copier_python"] = Path(sys.executable).name
            return context

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

        def _render_template(self) -> None:
            alone = not self.dst_path.exists() or not any(self.dst_path.iterdir())
            super()._render_template()
            if alone:
                refuse_tree(trust.name, self.dst_path)
                plain_modes(self.dst_path)
                rendered.append(self.dst_path)

        def _render_allowed(
            self, dst_relpath: Path, is_dir: bool = False, is_symlink: bool = False, *args: Any, **more: Any
        ) -> bool:
            refuse_path(trust.name, dst_relpath)
            if folder and rendered and self.dst_path not in rendered:
                content = None if is_dir or is_symlink else more.get("expected_contents")
                _refuse_links(self.dst_path, dst_relpath, is_dir, content)
            return super()._render_allowed(dst_relpath, is_dir, is_symlink, *args, **more)

    def _refuse_links(top: Path, path: Path, is_dir: bool, content: bytes | None) -> None:
        """Raises SmscaffoldError when the user's link is in place of a folder, or of a file that the template changes.

        Copier would write into what the link leads to, or lose its own change.
        """
        folders = [path, *path.parents] if is_dir else path.parents
        link = next((each for each in folders if (top / each).is_symlink()), None)
        before = rendered[0] / path
        if link is None and content is not None and (top / path).is_symlink():
            link = None if before.is_file() and before.read_bytes() == content else path
        if link:
            raise SmscaffoldError(
                f"{folder}/{link} is a link, and the template's new version of it would be lost: put there what the "
                "link leads to, commit that, and update again"
            )

    return CarefulWorker


def _filter(trust: Trust, name: str, original: Callable[..., Any], *args: Any, **options: Any) -> Any:
    if not trust.reads_machine():
        raise trust.refusal(f"uses the filter {name}, which reads this machine")
    return original(*args, **options)
