"""A container folder's own tests, or its build, notice what is broken in it.

A module takes the tests in by name, with `pytest_generate_tests`, which tries them with its tables: `BREAKAGES` (file,
what stands there, what takes its place, and words in the name of the folder's test that has to notice) and `REFUSED`
(the same for the build, and words of its message). CI tries those named in `QUICK`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from .conftest import Build, breaks, run_tests

Breakage = tuple[str, str, str, str]

# what is the same in every template
BREAKAGES: dict[str, Breakage] = {
    "nginx refuses large bodies": ("program/nginx.conf", "client_max_body_size @BODY_MIB@m;", "", "25_mib"),
    "nginx says healthy whatever happens": (
        "program/nginx.conf",
        "if (!-f /tmp/serve/healthy) { return 503; }\n      return 200;",
        "return 200;",
        "frozen_workers",
    ),
    "image with another user": ("Dockerfile", "\nCMD", "\nUSER 1000\nCMD", "runs_as_root"),
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    quick = getattr(metafunc.module, "QUICK", ())
    for argument, table in {"breakage": "BREAKAGES", "refused": "REFUSED"}.items():
        if argument in metafunc.fixturenames:
            cases = [
                pytest.param(case, id=name, marks=[pytest.mark.exhaustive] * (name not in quick))
                for name, case in getattr(metafunc.module, table).items()
            ]
            metafunc.parametrize(argument, cases)


@pytest.mark.docker
def test_its_tests_notice(breakage: Breakage, folder: Path, build: Build, tmp_path: Path) -> None:
    *edit, noticed_by = breakage
    broken = breaks(folder, tmp_path / "folder", *edit)
    image = build(broken, tag="broken")
    done = run_tests(broken, "-x", "-k", noticed_by, TRAIN_IMAGE=image, SERVE_IMAGE=image)
    assert done.returncode == 1, done.stdout + done.stderr


@pytest.mark.docker
def test_the_build_notices(refused: Breakage, folder: Path, build: Build, tmp_path: Path) -> None:
    *edit, words = refused
    with pytest.raises(RuntimeError, match=words):
        build(breaks(folder, tmp_path / "folder", *edit), tag="refused")
