"""Archives are unpacked with Python's filters, and also where it has none: before 3.10.12 and 3.11.4."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from smscaffold.contract.clauses.train import _unpacked
from smscaffold.contract.preparing import _model
from smscaffold.errors import CannotCheckError
from smscaffold.sagemaker_local import Training

LINK_OUT = tarfile.TarInfo("model/out")
LINK_OUT.type, LINK_OUT.linkname = tarfile.SYMTYPE, "/etc/passwd"


@pytest.fixture(params=["", "before filters"])
def python(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """This Python, and an older one."""
    if not hasattr(tarfile, "data_filter"):
        pytest.skip("this Python is one without filters")
    if request.param:
        extract: Any = tarfile.TarFile.extractall

        def extractall(archive: tarfile.TarFile, path: Path) -> None:
            extract(archive, path, filter="fully_trusted")

        monkeypatch.delattr(tarfile, "data_filter")
        monkeypatch.setattr(tarfile.TarFile, "extractall", extractall)
    return str(request.param)


def packed(*others: tarfile.TarInfo) -> bytes:
    file = tarfile.TarInfo("model/file")
    file.size = 4
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        archive.addfile(file, io.BytesIO(b"text"))
        for member in others:
            archive.addfile(member)
    return packed.getvalue()


@pytest.mark.usefixtures("python")
def test_what_a_training_leaves(tmp_path: Path) -> None:
    """Links that lead out stay links."""
    container: Any = SimpleNamespace(get_archive=lambda path: ([packed(LINK_OUT)], {}))
    job = Training(container)
    job.into = tmp_path
    assert (job._copy_out("model") / "file").read_text() == "text"
    assert (tmp_path / "model" / "out").readlink() == Path("/etc/passwd")


@pytest.mark.usefixtures("python")
def test_a_model_that_is_packed_and_unpacked(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "file").write_text("text")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    lab: Any = SimpleNamespace(folder=lambda: scratch)
    assert (_unpacked(lab, tmp_path / "model") / "file").read_text() == "text"


def test_a_model_that_is_given(tmp_path: Path, python: str) -> None:
    (tmp_path / "model.tar").write_bytes(packed())
    assert (_model(tmp_path / "model.tar", tmp_path) / "model" / "file").read_text() == "text"
    (tmp_path / "model.tar").write_bytes(packed(LINK_OUT))
    if not python:
        (tmp_path / "other").mkdir()
        with pytest.raises(CannotCheckError, match="model.tar cannot be read"):
            _model(tmp_path / "model.tar", tmp_path / "other")
