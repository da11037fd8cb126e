"""What a check is given by the command line or a folder: read, and refused with a reason, before anything is built."""

from __future__ import annotations

import os
import tarfile
from pathlib import Path

import pytest
from shared_helpers import write

from smscaffold.contract import preparing
from smscaffold.contract.preparing import Given, prepare
from smscaffold.contract.subject import Subject
from smscaffold.errors import CannotCheckError

SETTINGS = "smscaffold-check.toml"


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
        (
            SETTINGS,
            b"metric = 'a'\nslow = {\n",
            "my-model/smscaffold-check.toml is not TOML: ",
        ),
        (SETTINGS, b"a = 1\nb = \n", "is not TOML: Invalid value (at line 2, column 5)"),
        (SETTINGS, b"a = 1\nb = '\xe9'\n", "is not TOML: line 2 is not UTF-8 text"),
        (SETTINGS, b"metrics = 'a'\n", "has no setting 'metrics': those that exist are metric, slow_hyperparameters"),
        (SETTINGS, b"metric = 1\n", "smscaffold-check.toml, line 1: metric must be a text with a regular expression"),
        (
            SETTINGS,
            b"metric = 'a('\n",
            "smscaffold-check.toml, line 1: metric is no regular expression: missing )",
        ),
        (SETTINGS, b"slow_hyperparameters = 3\n", "slow_hyperparameters must be a table of hyperparameters"),
        (SETTINGS, b"[slow_hyperparameters]\na = [1]\n", "slow_hyperparameters must give 'a' a text, a number of at"),
        (SETTINGS, b"slow_hyperparameters.a = 2024-01-01\n", "slow_hyperparameters must give 'a' a text, a number"),
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
    with pytest.raises(CannotCheckError, match=f"^{work} is not a container folder: it has no Dockerfile; "):
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


@pytest.mark.parametrize(
    ("content", "metric", "slow"),
    [
        ("", "from conftest", {"a": 1}),
        ("metric = 'mine=(.*)'\n", "mine=(.*)", {"a": 1}),
        ("slow_hyperparameters = {b = 2, c = true}\n", "from conftest", {"b": 2, "c": True}),
        ("metric = ''\nslow_hyperparameters = {}\n", "", {}),
    ],
)
def test_the_settings_of_a_folder_win_over_its_conftest(
    tmp_path: Path, folder: Path, content: str, metric: str, slow: dict[str, object]
) -> None:
    write(folder / "tests" / "conftest.py", "METRIC = 'from conftest'\nSLOW = {'a': 1}\n")
    write(folder / SETTINGS, content)
    found = prepared(tmp_path, folder)
    assert (found.metric, found.slow) == (metric, slow)


@pytest.mark.parametrize(("value", "metric"), [("None", ""), ("''", ""), ("3", None), ("f(x)", None)])
def test_a_conftest_may_say_that_there_is_no_metric(
    tmp_path: Path, folder: Path, value: str, metric: str | None
) -> None:
    write(folder / "tests" / "conftest.py", f"METRIC = {value}\n")
    assert prepared(tmp_path, folder).metric == metric


def test_the_command_line_wins_over_the_settings(tmp_path: Path, folder: Path) -> None:
    write(folder / SETTINGS, "metric = 'file'\nslow_hyperparameters = {b = 2}\n")
    nothing = write(tmp_path / "nothing.json", "{}")
    found = prepared(tmp_path, folder, metric="", slow_hyperparameters=nothing)
    assert (found.metric, found.slow) == ("", {})
    (tmp_path / "scratch").rmdir()
    assert prepared(tmp_path, folder, metric="option").metric == "option"


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


@pytest.mark.parametrize(
    "place",
    [
        "local_test/payloads/secret.csv",
        "local_test/opt_ml/input/data/train",
        "local_test/opt_ml/input/config/hyperparameters.json",
        "local_test",
        "tests/conftest.py",
    ],
)
def test_a_link_out_of_a_folder_is_not_followed(tmp_path: Path, folder: Path, place: str) -> None:
    """The image of a stranger's folder would get a file or a directory of this machine as its request or its data."""
    secret = write(tmp_path / "home" / "payloads" / "secret.csv", "{}").parent
    (folder / place).parent.mkdir(parents=True, exist_ok=True)
    leads_to = {"train": secret, "local_test": secret.parent}.get(Path(place).name, secret / "secret.csv")
    (folder / place).symlink_to(leads_to)
    with pytest.raises(CannotCheckError, match=r"leads out of .*my-model, by a link: .* --train-data, --payload"):
        prepared(tmp_path, folder)


def test_a_link_inside_a_folder_is_followed(tmp_path: Path, folder: Path) -> None:
    write(folder / "data" / "rows.csv", "1,2\n")
    payloads = folder / "local_test" / "payloads"
    payloads.mkdir(parents=True)
    (payloads / "rows.csv").symlink_to("../../data/rows.csv")
    assert [each.body for each in prepared(tmp_path, folder).payloads] == [b"1,2\n"]


def test_a_payload_that_is_no_plain_file(tmp_path: Path, folder: Path) -> None:
    """Reading a FIFO would wait for ever."""
    payload = folder / "local_test" / "payloads" / "rows.csv"
    payload.parent.mkdir(parents=True)
    os.mkfifo(payload)
    with pytest.raises(CannotCheckError, match=r"rows.csv cannot be read: it is not a plain file"):
        prepared(tmp_path, folder)


def test_a_payload_larger_than_any_request(tmp_path: Path) -> None:
    payload = write(tmp_path / "rows.csv", "")
    os.truncate(payload, 100 * 2**20 + 1)
    with pytest.raises(CannotCheckError, match=r"larger than 100 MiB, the most .* \(B6\)"):
        prepared(tmp_path, "image", payloads=[payload])
