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
from smscaffold.sagemaker_local import Room, unpack

LINK_OUT = tarfile.TarInfo("model/out")
LINK_OUT.type, LINK_OUT.linkname = tarfile.SYMTYPE, "/etc/passwd"


@pytest.fixture(params=["", "before filters"])
def python(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """This Python, and an older one."""
    if not hasattr(tarfile, "data_filter"):
        pytest.skip("this Python is one without filters")
    if request.param:
        usual: Any = tarfile.TarFile.extract

        def extract(archive: tarfile.TarFile, member: tarfile.TarInfo, path: Path) -> None:
            usual(archive, member, path, filter="fully_trusted")

        monkeypatch.delattr(tarfile, "data_filter")
        monkeypatch.setattr(tarfile.TarFile, "extract", extract)
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
    """Links are left out, and named."""
    with tarfile.open(fileobj=io.BytesIO(packed(LINK_OUT)), mode="r|") as members:
        assert unpack(members, tmp_path, "it") == ["model/out is a link to /etc/passwd"]
    assert (tmp_path / "model" / "file").read_text() == "text"
    assert [path.name for path in (tmp_path / "model").iterdir()] == ["file"]


@pytest.mark.usefixtures("python")
def test_a_model_that_is_packed_and_unpacked(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "file").write_text("text")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    lab: Any = SimpleNamespace(folder=lambda: scratch, room=Room(tmp_path))
    assert (_unpacked(lab, tmp_path / "model") / "file").read_text() == "text"


@pytest.mark.usefixtures("python")
def test_a_model_that_is_given(tmp_path: Path) -> None:
    (tmp_path / "model.tar").write_bytes(packed(LINK_OUT))
    folder, odd = _model(tmp_path / "model.tar", tmp_path)
    assert [path.relative_to(folder) for path in folder.rglob("*")] == [Path("model"), Path("model/file")]
    assert odd == ["model/out is a link to /etc/passwd"]
