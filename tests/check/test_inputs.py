"""What a check is given by the command line or a folder: read, and refused with a reason, before anything is built."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest
from shared_helpers import write

from smscaffold.contract import preparing
from smscaffold.contract.preparing import Given, prepare
from smscaffold.contract.subject import Subject
from smscaffold.errors import CannotCheckError


@pytest.fixture(autouse=True)
def _no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks for the engine has read everything."""
    monkeypatch.setattr(preparing, "_require_engine", lambda: None)
    monkeypatch.setattr(preparing, "_build", lambda folder, options, tag, iid: " ".join([tag, *options]))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with nothing but a Dockerfile."""
    return write(tmp_path / "my-model" / "Dockerfile", "FROM scratch\n").parent


def prepared(tmp_path: Path, target: object, **given: object) -> Subject:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    return prepare(Given(str(target), **given), scratch)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("word", "channel", "path"),
    [
        ("data/year=2024", "train", "data/year=2024"),
        ("train=data/year=2024", "train", "data/year=2024"),
        ("validation.2=data", "validation.2", "data"),
        ("data", "train", "data"),
        ("./a=b", "train", "a=b"),
        ("=", "train", "="),
    ],
)
def test_channels(
    tmp_path: Path, work: Path, monkeypatch: pytest.MonkeyPatch, word: str, channel: str, path: str
) -> None:
    """Folders may be called as those of partitions are."""
    monkeypatch.chdir(work)
    for each in ("data/year=2024", "a=b", "="):
        (work / each).mkdir(parents=True)
    assert prepared(tmp_path, "x", train_data=[word]).channels == {channel: Path(path)}


def test_a_channel_without_a_folder(tmp_path: Path, work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(work)
    (work / "year=2024").mkdir()
    with pytest.raises(CannotCheckError, match="^2024 is not a folder: --train-data takes one, or CHANNEL=DIR$"):
        prepared(tmp_path, "x", train_data=["year=2024"])


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"metric": "loss=("}, "the metric 'loss=(' is no regular expression: missing ), unterminated subpattern"),
        ({"hyperparameters": Path(__file__)}, f"{__file__} is not JSON"),
        ({"slow_hyperparameters": Path(__file__)}, f"{__file__} is not JSON"),
        ({"payloads": [Path(__file__)]}, f"what is in {__file__}? Say so with --content-type"),
        ({"model": Path("/no/where")}, "the model /no/where cannot be read"),
        ({"train_image": "y"}, "give an image or a folder, or --train-image and --serve-image, not both"),
    ],
)
def test_inputs_are_read_before_the_engine_is_asked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, folder: Path, given: dict[str, object], reason: str
) -> None:
    monkeypatch.setattr(preparing, "_require_engine", lambda: pytest.fail("the engine was asked"))
    with pytest.raises(CannotCheckError) as refused:
        prepared(tmp_path, folder, **given)
    assert str(refused.value).startswith(reason)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("tests/conftest.py", b"print 'METRIC'\n", "is not Python: Missing parentheses in call to 'print'."),
        ("tests/conftest.py", b"METRIC = '\xe9'\n", "is not Python: "),
        ("tests/conftest.py", b"METRIC = 'a('\n", "the metric 'a(' is no regular expression"),
        ("local_test/opt_ml/input/config/hyperparameters.json", b"{", "is not JSON"),
    ],
)
def test_what_a_folder_brings_is_read_before_it_is_built(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, folder: Path, name: str, content: bytes, reason: str
) -> None:
    monkeypatch.setattr(preparing, "_require_engine", lambda: pytest.fail("the engine was asked"))
    write(folder / name, "").write_bytes(content)
    with pytest.raises(CannotCheckError) as refused:
        prepared(tmp_path, folder)
    assert reason in str(refused.value)


def test_a_folder_without_a_dockerfile(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, work: Path) -> None:
    monkeypatch.setattr(preparing, "_require_engine", lambda: pytest.fail("the engine was asked"))
    with pytest.raises(CannotCheckError, match=f"^{work}/Dockerfile cannot be read"):
        prepared(tmp_path, work)


def test_a_folder_tells_what_it_can(tmp_path: Path, folder: Path) -> None:
    """What it says in other encodings than ours is read as Python and Docker read it."""
    (folder / "Dockerfile").write_bytes(b"# caf\xe9\nFROM a AS train\nFROM b AS serve\n")
    write(folder / "tests" / "conftest.py", "")
    (folder / "tests" / "conftest.py").write_bytes(
        b"# coding: latin-1\nMETRIC = 'caf\xe9=(.*)'\nX = {[]: 1}\nSLOW = {'a': 1}\n"
    )
    found = prepared(tmp_path, folder)
    assert (found.metric, found.slow) == ("café=(.*)", {"a": 1})
    assert (found.train_image, found.serve_image) == (
        "smscaffold-check/my-model:train --target train",
        "smscaffold-check/my-model:serve --target serve",
    )


def test_build_options(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, folder: Path) -> None:
    monkeypatch.setenv("DOCKER_BUILD_OPTS", "--build-arg 'A=b c'")
    assert prepared(tmp_path, folder).train_image == "smscaffold-check/my-model:latest --build-arg A=b c"
    monkeypatch.setenv("DOCKER_BUILD_OPTS", "--build-arg 'A=b c")
    monkeypatch.setattr(preparing, "_require_engine", lambda: pytest.fail("the engine was asked"))
    with pytest.raises(CannotCheckError, match="^DOCKER_BUILD_OPTS cannot be taken apart: No closing quotation"):
        prepare(Given(str(folder)), tmp_path)


def test_a_model_that_was_cut_off(tmp_path: Path) -> None:
    whole = tmp_path / "whole.tar.gz"
    with tarfile.open(whole, "w:gz") as archive:
        archive.add(__file__, "model")
    cut = tmp_path / "model.tar.gz"
    cut.write_bytes(whole.read_bytes()[:-500])
    with pytest.raises(CannotCheckError, match="model.tar.gz cannot be read"):
        prepared(tmp_path, "x", model=cut)
