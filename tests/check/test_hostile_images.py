"""Images and models of strangers: what `smscaffold check` reads of them leads nowhere, and has an end."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from check_helpers import CHECKOUT, LOCAL, StandIns, check

from smscaffold import sagemaker_local as local
from smscaffold import staging
from smscaffold.check import _remove_left_behind
from smscaffold.contract import owner
from smscaffold.contract.clause import Evidence
from smscaffold.contract.clauses.serve import _damaged
from smscaffold.contract.lab import LABEL, Lab, remove_leftovers
from smscaffold.contract.preparing import _model
from smscaffold.contract.processes import Process, kill
from smscaffold.contract.runner import _bounded
from smscaffold.contract.wording import metrics
from smscaffold.errors import CannotCheckError

docker = pytest.mark.docker
SECRET = "TOP SECRET"
#: trains as the stand-in does, and leaves links beside it: to the folder that the hyperparameter `leak` names
LEAKING = r"""RUN mv /opt/program/train /opt/program/real && printf '%s\n' '#!/bin/sh' \
    'leak=$(sed "s/.*\"leak\": \"\([^\"]*\)\".*/\1/" /opt/ml/input/config/hyperparameters.json)' \
    'mkdir -p /opt/ml/checkpoints; [ ! -e /opt/ml/checkpoints/leak/secret ] || exit 9' \
    'ln -s "$leak" /opt/ml/checkpoints/leak 2>/dev/null' \
    '/opt/program/real "$@" & trap "kill -TERM $!" TERM; wait $!; code=$?; wait $!' \
    'rm -f /opt/ml/output/failure; ln -s "$leak/secret" /opt/ml/output/failure; exit $code' \
    > /opt/program/train && chmod 755 /opt/program/train"""


@pytest.fixture
def host(tmp_path: Path) -> Path:
    """A folder of this machine that no container was given."""
    folder = tmp_path / "host"
    folder.mkdir()
    (folder / "secret").write_text(SECRET)
    return folder


@docker
def test_links_that_a_job_leaves_are_not_followed_and_said(stand_ins: StandIns, host: Path, tmp_path: Path) -> None:
    """T24 would print what is behind them, and T32 hand it to the next container."""
    given = tmp_path / "hyperparameters.json"
    given.write_text(f'{{"max_depth": 6, "leak": "{host}"}}')
    found = check(stand_ins.build(LEAKING), "T1", "T24", "T32", hyperparameters=given)
    assert SECRET not in repr(found)
    evidence = found["T24"].evidence
    assert evidence, found["T24"]
    assert evidence.came == f"/opt/ml/output/failure is a link to {host}/secret: it is not read"
    assert found["T1"].outcome == "pass", found["T1"]
    assert found["T32"].outcome == "pass", found["T32"]


def test_a_link_in_a_given_model_is_not_followed(host: Path, tmp_path: Path) -> None:  # H12
    class Lab:
        def folder(self) -> Path:
            (tmp_path / "damaged").mkdir()
            return tmp_path / "damaged"

    model = tmp_path / "model"
    model.mkdir()
    (model / "link").symlink_to(host / "secret")
    (model / "folder").symlink_to(host)
    (model / "file").write_text("fine")
    lab: Any = Lab()
    damaged = _damaged(lab, model, 100)
    assert {path.name: path.read_text() for path in damaged.rglob("*") if path.is_file()} == {"file": "fi"}


# --- a model that somebody sent ---------------------------------------------------------------------------------------


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "", size: int = 0) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname, entry.size = kind, link, size
    return entry


def packed(path: Path, *members: tarfile.TarInfo) -> Path:
    """An archive of these members, whose content is empty whatever their headers say."""
    data = b"".join(
        entry.tobuf(tarfile.GNU_FORMAT) + bytes(entry.size if 0 < entry.size < 2**26 else 0) for entry in members
    )
    with tarfile.open(path, "w:gz") as archive:
        assert archive.fileobj
        archive.fileobj.write(data)
    return path


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ([member("../outside", size=512)], "the name ../outside leads out of it"),
        ([member("{tmp}/outside", size=512)], "/outside leads out of it"),
        ([member("a/../../outside", size=512)], "the name a/../../outside leads out of it"),
        ([member("file", tarfile.LNKTYPE, "{tmp}/host/secret")], "/host/secret leads out of it"),
        ([member("file", tarfile.LNKTYPE, "../host/secret")], "the name ../host/secret leads out of it"),
        ([member("a", tarfile.SYMTYPE, "{tmp}/host/secret"), member("b", tarfile.LNKTYPE, "a")], "No such file"),
        ([member("a", tarfile.SYMTYPE, "{tmp}/host"), member("b", tarfile.LNKTYPE, "a/secret")], "No such file"),
        ([member("big", size=2**40)], "with big it has more than"),
        (
            [member("a", tarfile.DIRTYPE, size=-(2**60)), member("big", size=2**40)],
            "a is a sparse file, or has a negative size",
        ),
        (
            [member("a", tarfile.SYMTYPE, "b", size=-(2**60)), member("big", size=2**40)],
            "a is a sparse file, or has a negative size",
        ),
        ([member("a/" * 101 + "b", size=512)], "lies more than 100 folders deep"),
        ([member("a/" * 101 + "b", tarfile.DIRTYPE)], "lies more than 100 folders deep"),
        ([member("a"), member("a/" * 101 + "b", tarfile.LNKTYPE, "a")], "lies more than 100 folders deep"),
        ([member("x", b"?", size=2**40)], "with x it has more than"),
        ([member("a"), member("././@LongLink", tarfile.GNUTYPE_LONGNAME, size=2**21)], "a header of more than 1048576"),
        ([member("././@LongLink", tarfile.GNUTYPE_LONGNAME, size=2**21)], "a header of more than 1048576 bytes"),
        ([member("././@LongLink", tarfile.GNUTYPE_LONGNAME, size=512)] * 2000, "the model"),
    ],
)
def test_an_archive_that_leads_out_or_has_no_bound_is_refused(
    members: list[tarfile.TarInfo], reason: str, tmp_path: Path, host: Path
) -> None:
    for entry in members:
        entry.name, entry.linkname = (text.replace("{tmp}", str(tmp_path)) for text in (entry.name, entry.linkname))
    (tmp_path / "scratch").mkdir()
    before = sorted(tmp_path.rglob("*"))
    archive = packed(tmp_path / "model.tar.gz", *members)
    with pytest.raises(CannotCheckError) as caught:
        _model(archive, tmp_path / "scratch")
    assert reason in str(caught.value)
    left = {path for path in tmp_path.rglob("*") if path.is_file()} - {archive, *before}
    assert left <= {tmp_path / "scratch/given-model/a"}
    assert (host / "secret").stat().st_nlink == 1


def test_a_directory_of_negative_size_buys_no_room_for_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMSCAFFOLD_COPY_GIB", "0.001")
    members = [member("a", tarfile.DIRTYPE, size=-(2**60)), member("big", size=2**22)]
    with pytest.raises(CannotCheckError):
        _model(packed(tmp_path / "model.tar.gz", *members), tmp_path)
    assert not (tmp_path / "given-model/big").exists()


def test_a_sparse_file_is_refused(tmp_path: Path) -> None:
    """Its header can promise a size of one byte, while the archive holds any number of them to be written."""
    sparse = member("sparse", tarfile.GNUTYPE_SPARSE, size=2**22)
    header = bytearray(sparse.tobuf(tarfile.GNU_FORMAT))
    header[386:410] = b"%011o\0%011o\0" % (0, 2**22)  # one piece of data
    header[483:495] = b"%011o\0" % 1  # the size of the file
    header[148:156] = b"%06o\0 " % (256 + sum(header[:148]) + sum(header[156:]))
    (tmp_path / "model.tar").write_bytes(header + bytes(2**22 + 1024))
    with pytest.raises(CannotCheckError, match="sparse is a sparse file"):
        _model(tmp_path / "model.tar", tmp_path)


def unpacked(archive: Path, into: Path, room: local.Room) -> None:
    into.mkdir()
    with tarfile.open(archive) as members:
        local.unpack(members, into, "/opt/ml/model", room)


def test_the_copies_of_one_check_share_the_disk_space(tmp_path: Path) -> None:
    archive = packed(tmp_path / "model.tar.gz", member("file", size=2**20))
    room = local.Room(tmp_path)
    assert room.left < shutil.disk_usage(tmp_path).total / 2
    room.left = 3 * 2**20
    unpacked(archive, tmp_path / "first", room)
    unpacked(archive, tmp_path / "second", room)
    with pytest.raises(local.LocalError, match=r"with file the copies .* need more than half of the disk space"):
        unpacked(archive, tmp_path / "third", room)
    assert not (tmp_path / "third/file").exists()


def test_files_without_content_use_disk_space_too(tmp_path: Path) -> None:
    archive = packed(tmp_path / "model.tar.gz", *(member(f"{n}") for n in range(1000)))
    room = local.Room(tmp_path)
    room.left = 2**20
    with pytest.raises(local.LocalError, match="need more than half of the disk space"):
        unpacked(archive, tmp_path / "first", room)


def test_all_trainings_of_a_check_share_the_disk_space(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[Any] = []

    @contextlib.contextmanager
    def training(*_: Any, **options: Any) -> Iterator[Any]:
        given.append(options["room"])
        yield None

    monkeypatch.setattr(local, "training", training)
    subject: Any = SimpleNamespace(train_image="image", channels={"train": tmp_path}, hyperparameters={})
    lab = Lab(subject, tmp_path)
    for _ in range(2):
        with lab.training():
            pass
    assert given == [lab.room, lab.room]


def test_nothing_is_written_through_a_link_of_an_archive(tmp_path: Path, host: Path) -> None:
    members = [
        member("link", tarfile.SYMTYPE, str(host)),
        member("link/secret", size=512),
        member("inner", tarfile.SYMTYPE, "."),
        member("device", tarfile.CHRTYPE),
        member("fifo", tarfile.FIFOTYPE),
    ]
    folder, odd = _model(packed(tmp_path / "model.tar.gz", *members), tmp_path)
    assert (host / "secret").read_text() == SECRET
    assert odd == [f"link is a link to {host}", "inner is a link to .", "device is a device", "fifo is a FIFO"]
    assert not [path for path in folder.rglob("*") if path.is_symlink() or path.is_fifo()]
    assert (folder / "link/secret").read_bytes() == bytes(512)


def test_a_model_that_is_no_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "model")
    with pytest.raises(CannotCheckError, match="it is neither a file nor a folder"):
        _model(tmp_path / "model", tmp_path)


# --- texts ------------------------------------------------------------------------------------------------------------


@docker
def test_labels_of_megabytes_do_not_fill_the_report(stand_ins: StandIns) -> None:  # R20
    long = "x" * 25_000
    label = f"LABEL com.amazonaws.sagemaker.capabilities.{long}={long}"
    found = check(stand_ins.build(label), "R20", "T3")
    assert found["R20"].outcome == "fail"
    assert len(repr(found["R20"].evidence)) < 10_000


def test_evidence_is_bounded() -> None:
    long = "x" * 10**6
    assert len(repr(_bounded(Evidence(long, long, long, long)))) < 20_000


def test_a_line_without_an_end_does_not_keep_the_metric_searching() -> None:  # T27
    log = "accuracy=0.5;\n" + "accuracy=" * 100_000 + "\naccuracy=0.6;\n"
    began = time.process_time()
    assert metrics("accuracy=(.*?);", log) == ["0.5", "0.6"]
    assert time.process_time() - began < 10


# --- what a killed check leaves ---------------------------------------------------------------------------------------


@pytest.fixture
def things() -> Any:
    """A function that makes a container, a network and a volume with these labels, and removes what is left of them."""
    made: list[Any] = []

    def make(name: str = "") -> list[Any]:
        labels, engine = {LABEL: "test", owner.LABEL: name}, local.engine()
        called = f"smscaffold-{uuid.uuid4().hex[:12]}"
        found = [
            engine.containers.create("python:3.13-slim-trixie", ["-"], name=called, labels=labels),
            engine.networks.create(called, internal=True, labels=labels),
            engine.volumes.create(called, labels=labels),
        ]
        made.extend(found)
        return found

    yield make
    for each in made:
        if there(each):
            each.remove()


def there(thing: Any) -> bool:
    try:
        thing.reload()
    except Exception as error:
        assert "404" in str(error)  # noqa: PT017
        return False
    return True


def ended() -> str:
    """The name of a process of ours that has ended."""
    script = "from smscaffold.contract.owner import owner; print(owner())"
    done = subprocess.run([sys.executable, "-c", script], cwd=CHECKOUT, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_an_owner_has_ended_only_when_that_is_certain() -> None:
    dead, mine = ended(), owner.owner()
    boot, space, user, number, started = mine.split(" ")
    assert owner.has_ended(dead)
    assert not owner.has_ended(mine)
    assert owner.has_ended(f"{boot} {space} {user} {number} {int(started) + 1}"), "another process got its number"
    for other in (
        "",
        "x",
        f"x {dead.partition(' ')[2]}",
        dead.replace(space, "pid:[1]"),
        f"{boot} {space} 1 {number} 1",
    ):
        assert not owner.has_ended(other), other


@docker
def test_only_what_belongs_to_an_owner_who_has_ended_is_removed(things: Callable[[str], list[Any]]) -> None:
    dead, alive, elsewhere = things(ended()), things(owner.owner()), things(f"x {ended().partition(' ')[2]}")
    remove_leftovers()
    assert [there(each) for each in dead] == [False] * 3
    assert [there(each) for each in alive + elsewhere] == [True] * 6


@docker
def test_a_container_that_only_its_image_labels_so_stays(stand_ins: StandIns) -> None:
    """An image could say so, to have its users' containers removed."""
    image = stand_ins.build(f'LABEL {LABEL}=x {owner.LABEL}="{ended()}"')
    container = local.engine().containers.create(image)
    try:
        remove_leftovers()
        assert there(container)
    finally:
        container.remove()


@docker
def test_the_next_check_removes_what_a_killed_one_left(stand_ins: StandIns, tmp_path: Path) -> None:
    image = stand_ins.build(f"ENV TEST={tmp_path}")  # of its own: other tests' containers are of another image
    command = [sys.executable, "-m", "smscaffold", "check", image, "--select"]
    options: dict[str, Any] = {"env": {**os.environ, "TMPDIR": str(tmp_path)}, "stdout": subprocess.DEVNULL}
    foreign = tmp_path / ".smscaffold-foreign"
    foreign.mkdir()

    def mine() -> set[str]:
        asked = ["docker", "ps", "--all", "--quiet", "--filter", f"label={LABEL}", "--filter", f"ancestor={image}"]
        return set(subprocess.run(asked, check=True, capture_output=True, text=True).stdout.split())

    with subprocess.Popen(
        [*command, "T1", "--train-data", str(LOCAL / "opt_ml/input/data/train")], **options
    ) as killed:
        deadline = time.monotonic() + 60
        while not mine() and time.monotonic() < deadline:
            time.sleep(0.02)
        killed.send_signal(signal.SIGKILL)
    assert mine()
    assert len(list(tmp_path.iterdir())) == 2
    subprocess.run([*command, "T3"], check=True, **options)
    assert mine() == set()
    assert list(tmp_path.iterdir()) == [foreign]


@pytest.mark.parametrize(("depth", "name"), [(1800, "d"), (300, "d" * 100)])
def test_folders_inside_each_other_are_removed_at_any_depth(tmp_path: Path, depth: int, name: str) -> None:
    """An image can leave them, and Python's own ways to remove them end with a RecursionError."""
    nest(tmp_path / "left", depth, name)
    (tmp_path / "left" / "link").symlink_to(tmp_path)
    staging.remove(tmp_path / "left")
    assert list(tmp_path.iterdir()) == []


def test_what_a_link_leads_to_is_not_removed(host: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(host)
    staging.remove(tmp_path / "link")
    staging.remove(tmp_path / "not there")
    assert (host / "secret").read_text() == SECRET


def test_a_temporary_folder_is_gone_whatever_lies_in_it(tmp_path: Path) -> None:
    with staging.temporary_folder(tmp_path) as folder:
        nest(folder / "result", 1800, "d")
    assert list(tmp_path.iterdir()) == []


def test_folders_inside_each_other_that_a_killed_check_left_do_not_stop_the_next_one(tmp_path: Path) -> None:
    nest(tmp_path / ".smscaffold-dead" / "000", 1800, "d")
    (tmp_path / ".smscaffold-dead" / owner.FILE).write_text(ended())
    (tmp_path / ".smscaffold-foreign").mkdir()
    _remove_left_behind(tmp_path)
    assert list(tmp_path.iterdir()) == [tmp_path / ".smscaffold-foreign"]


def nest(folder: Path, depth: int, name: str) -> None:
    """Makes a folder with so many inside each other, and a file in the deepest one."""
    folder.mkdir(parents=True)
    place = os.open(folder, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir(name, dir_fd=place)
        above, place = place, os.open(name, os.O_RDONLY, dir_fd=place)
        os.close(above)
    os.close(os.open("file", os.O_CREAT | os.O_WRONLY, dir_fd=place))
    os.close(place)


def test_a_folder_is_ours_only_with_a_plain_file_that_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "owner").write_text(ended())
    assert owner.left_behind(tmp_path)
    monkeypatch.setattr(os, "getuid", lambda: 12345)
    assert not owner.left_behind(tmp_path)
    monkeypatch.undo()
    (tmp_path / "link").symlink_to(tmp_path)
    assert not owner.left_behind(tmp_path / "link")
    (tmp_path / "owner").rename(tmp_path / "other")
    (tmp_path / "owner").symlink_to(tmp_path / "other")
    assert not owner.left_behind(tmp_path)
    (tmp_path / "owner").unlink()
    os.mkfifo(tmp_path / "owner")
    assert not owner.left_behind(tmp_path)


@docker
def test_no_process_of_this_machine_is_killed_that_got_the_number_of_one_in_a_container(
    things: Callable[[str], list[Any]],
) -> None:  # H13
    with subprocess.Popen(["sleep", "60"]) as bystander:
        kill(things("")[0], Process(bystander.pid, 1, "worker", 1.0))
        bystander.terminate()
        assert bystander.wait() == -signal.SIGTERM, "it was killed"


@docker
def test_folders_inside_each_other_that_a_job_leaves_are_said_and_gone(
    stand_ins: StandIns, tmp_path: Path
) -> None:  # T1
    nested = "cd /opt/ml/model; for _ in $(seq 1800); do mkdir d; cd -P d || exit; done"
    image = stand_ins.build(
        f"RUN printf '%s\\n' '#!/bin/sh' '{nested}' > /opt/program/train && chmod 755 /opt/program/train"
    )
    command = [sys.executable, "-m", "smscaffold", "check", image, "--select", "T1"]
    done = subprocess.run(
        [*command, "--train-data", str(LOCAL / "opt_ml/input/data/train")],
        env={**os.environ, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert "lies more than 100 folders deep" in " ".join(done.stdout.split())
    assert list(tmp_path.iterdir()) == []
