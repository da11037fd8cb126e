"""Loads copier while the user reads a question: that takes longer than everything else together."""

from __future__ import annotations

import signal
import threading


def start() -> None:
    """Begins to load copier; does nothing the second time."""
    if _loading.ident is None:
        _loading.start()


def wait() -> None:
    """Waits until copier is loaded, if that has begun.

    Before any other import: where two threads import modules that import each other, one may get half of a module.
    """
    if _loading.ident is not None:
        _loading.join()


def end() -> None:
    """Waits whatever the user presses: Python cannot end in the middle of an import."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        wait()
    finally:
        signal.signal(signal.SIGINT, before)


def _load() -> None:
    import copier  # noqa: F401


_loading = threading.Thread(target=_load, name="load copier")
