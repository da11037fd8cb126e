"""What ``smscaffold new`` refuses: one clear sentence, exit code 1, nothing written."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_helpers import Run, command, files
from shared_helpers import refused, write


@pytest.fixture(autouse=True)
def _nothing_written(work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whatever a test of this module does, nothing is left where the user stands or among temporary files."""
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    yield
    assert list(temporary.iterdir()) == []
    assert not list(tmp_path.rglob(".smscaffold-*"))


def test_dest_is_not_empty(run: Run, template: Path, work: Path) -> None:
    write(work / "full" / "precious", "mine")
    refused(run("new", "full", "-t", template, "--defaults"), "full is not empty")
    refused(run("new", "full", "-t", template, "--defaults", "--pretend"), "full is not empty")
    refused(run("new", "-t", template, "-y", "-d", "project_name=full"), "full is not empty")
    assert files(work) == {"full", "full/precious"}


def test_dest_is_a_file_or_lies_below_one(run: Run, template: Path, work: Path) -> None:
    write(work / "file", "mine")
    (work / "link").symlink_to("nowhere")
    refused(run("new", "file", "-t", template, "--defaults"), "file is there already, and is not a folder")
    refused(run("new", "file/x", "-t", template, "--defaults"), "file is not a folder")
    refused(run("new", "link", "-t", template, "--defaults"), "link is there already, and is not a folder")
    assert files(work) == {"file", "link"}


@pytest.mark.parametrize("dest", ["x/..", "..", "../work/..", "/"])
def test_dest_leads_elsewhere(run: Run, template: Path, work: Path, dest: str) -> None:
    """Nothing is rendered into a parent folder by way of dots."""
    write(work / "mine", "mine")
    before = files(work.parent)
    refused(run("new", dest, "-t", template, "-y"), "is not empty")
    assert files(work.parent) == before


def test_dest_cannot_be_named_so(run: Run, template: Path, work: Path) -> None:
    refused(run("new", "x" * 300, "-t", template, "-y"), "File name too long: ")
    assert files(work) == set()


def test_unknown_template(run: Run) -> None:
    refused(run("new", "-t", "python-flsk", "-y"), "'python-flsk'", "did you mean 'python-flask'?", "smscaffold list")
    refused(run("new", "-t", "./nowhere", "-y"), "'./nowhere'")


def test_folder_that_is_no_template(run: Run, work: Path) -> None:
    (work / "plain").mkdir()
    refused(run("new", "-t", "./plain", "-y"), "is not a template: it has no copier.yml")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("project_name: [", "is not a copier configuration"),
        ("- 1\n", "expected a mapping"),
        ("!include /etc/*.yml", "is not a copier configuration"),
        ("project_name: {type: int, default: x}", "cannot be rendered"),
        ("project_name: {type: str, default: '{{ nothing.at.all }}'}", "cannot be rendered"),
        ("project_name: {type: str}", "project_name has no default: pass --data project_name=VALUE"),
        ("other: x", "give DEST"),
        ("project_name: ../outside", "give DEST"),
    ],
)
def test_broken_template(run: Run, work: Path, text: str, words: str) -> None:
    write(work / "bad" / "copier.yml", text)
    refused(run("new", "-t", "./bad", "-y"), words)
    assert files(work) == {"bad", "bad/copier.yml"}


@pytest.mark.parametrize(
    ("setting", "feature"),
    [
        ("_tasks: [touch hacked]", "tasks"),
        ("_migrations: [touch hacked]", "migrations"),
        ("_jinja_extensions: [os.path]", "jinja_extensions"),
    ],
)
def test_templates_that_run_code(run: Run, template: Path, work: Path, setting: str, feature: str) -> None:
    config = template / "copier.yml"
    config.write_text(f"{setting}\n---\n{config.read_text()}")
    refused(run("new", "-t", template, "-y"), f"wants to run its own code on this machine ({feature})")
    # whom the user trusts is what a folder would remember, not where a copy of it lies while it is rendered
    settings = write(work.parent / "settings.yml", f"trust: [{template.parent}, /tmp]")
    refused(run("new", "-t", template, "-y", env={"COPIER_SETTINGS_PATH": str(settings)}), feature)
    assert files(work) == set()


def test_unknown_answer(run: Run, template: Path) -> None:
    refused(run("new", "-t", template, "-y", "-d", "projct_name=x"), "'projct_name'", "did you mean 'project_name'?")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("layout=splt", "layout must be single or split (did you mean 'split'?), not 'splt'"),
        ("workers=many", "workers must be a whole number, not 'many'"),
        ("gpu=maybe", "gpu must be yes or no, not 'maybe'"),
        ("layout", "--data takes KEY=VALUE, not 'layout'"),
        ("=x", "--data takes KEY=VALUE, not '=x'"),
    ],
)
def test_invalid_answer(run: Run, template: Path, answer: str, words: str) -> None:
    refused(run("new", "-t", template, "-y", "-d", answer), words)


@pytest.mark.parametrize(
    "name",
    [
        *("A", "a b", "a'b", 'a"b', "$(id)", "`id`", "a;b", "modèle", "模型", "a--b", "-a", "a/", "a//b"),
        *("../x", "/x", "a\nb", "", "{{ 1 }}"),
        "x" * 257,
    ],
)
def test_odd_project_names_break_r1(run_here: Run, name: str) -> None:
    refused(run_here("new", "-y", "-d", f"project_name={name}"), "project_name: must", "(R1)")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "cannot read the answers"),
        ("a: [", "is not YAML"),
        ("a: 2024-13-45", "is not YAML: month must be in 1..12"),
        ("- a\n", "must hold a mapping"),
        ("x: 1", "'x'"),
    ],
)
def test_data_file(run: Run, template: Path, work: Path, text: str | None, words: str) -> None:
    if text is not None:
        write(work.parent / "answers.yml", text)
    refused(run("new", "-t", template, "-y", "--data-file", "../answers.yml"), words)


def test_something_is_left_to_ask(run: Run, template: Path) -> None:
    said = "there is no terminal to ask in: add -y for the defaults, or -d project_name=VALUE (without an answer: "
    refused(run("new", "-t", template), said)
    refused(run("new", "-t", template, "-d", "project_name=ab"), "-d layout=VALUE (without an answer: layout")
    refused(run("new", "-t", template, "--quiet"), "--quiet does not ask: add -y")


def test_read_only_parent(run: Run, template: Path, tmp_path: Path, environment: dict[str, str]) -> None:
    in_namespace(
        environment,
        tmp_path,
        f'mount -t tmpfs -o size=1m none "$1"; mount -o remount,ro none "$1"; cd "$1"; {new(template)}',
        f"Read-only file system: {tmp_path}/mounted; nothing was written",
    )


def test_parent_of_somebody_else(run: Run, template: Path, work: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("nothing is forbidden to root")
    work.chmod(0o555)
    refused(run("new", "-t", template, "-y"), "Permission denied")


def test_full_disk(template: Path, tmp_path: Path, environment: dict[str, str]) -> None:
    write(template / "template" / "large", "x" * 200_000)
    in_namespace(
        environment,
        tmp_path,
        f'mount -t tmpfs -o size=64k none "$1"; cd "$1"; {new(template)}',
        f"No space left on device: {tmp_path}/mounted; nothing was written",
    )


def test_a_limit_on_the_size_of_files(environment: dict[str, str], template: Path, work: Path) -> None:
    write(template / "template" / "large", "x" * 200_000)
    done = subprocess.run(
        command("new", "-t", template, "-y"),
        cwd=work,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (65_536, 65_536)),
    )
    refused(done, "File too large: ")
    assert files(work) == set()


def new(template: Path) -> str:
    """A shell command: make a folder, then list what there is, and exit as the first one did."""
    return f"{' '.join(command('new', '-t', template, '-y'))} || status=$?; ls -A; exit $status"


def in_namespace(environment: dict[str, str], tmp_path: Path, script: str, *words: str) -> None:
    """Runs the script with mounts that only it can see; it is refused, and lists nothing in the folder afterwards."""
    folder = tmp_path / "mounted"
    folder.mkdir()
    inside = ["unshare", "--map-root-user", "--mount", "sh", "-ec"]
    if not shutil.which("unshare") or subprocess.run([*inside, 'mount -t tmpfs none "$0"', folder]).returncode:
        pytest.skip("this machine lets nobody mount")
    done = subprocess.run(
        [*inside, script, "sh", folder], env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    refused(done, *words)
