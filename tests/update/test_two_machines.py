"""A folder made on one machine, edited there, cloned to another one that has a newer version, and updated there."""

from __future__ import annotations

import os
import re
import shlex
import shutil
from pathlib import Path

import pytest
import yaml
from shared_helpers import write
from update_helpers import PYTHON_FLASK, Machine, append


def recorded(folder: Path) -> dict[str, object]:
    answers = yaml.safe_load((folder / ".copier-answers.yml").read_text())
    assert isinstance(answers, dict)
    return answers


def edit(folder: Path) -> None:
    """What a user does: an own algorithm, a line here and there, a sample file thrown away."""
    append(folder / "program" / "algorithm.py", "# mine\n")
    append(folder / "requirements.txt", "# mine\n")
    dockerfile = folder / "Dockerfile"
    dockerfile.write_text(f"# mine\n{dockerfile.read_text()}")
    (folder / "local_test" / "payloads" / "iris.json").unlink()


def check(folder: Path) -> None:
    """The edits are there, and so is everything that 1.1.0 brings."""
    assert (folder / "program" / "algorithm.py").read_text().endswith("# mine\n")
    assert (folder / "requirements.txt").read_text().endswith("# mine\n")
    assert not (folder / "local_test" / "payloads" / "iris.json").exists()
    dockerfile = (folder / "Dockerfile").read_text()
    assert dockerfile.startswith("# mine\n")
    assert dockerfile.endswith('LABEL template="1.1.0"\n')
    assert (folder / "program" / "requirements-server.txt").read_text().endswith("# checked\n")
    assert (folder / "added.md").read_text().startswith("For nobody.\n")
    assert not (folder / "local_test" / "dropped.md").exists()
    assert os.access(folder / "local_test" / "tool.sh", os.X_OK)
    answers = recorded(folder)
    assert (answers["_commit"], answers["_src_path"], answers["owner"]) == ("v1.1.0", PYTHON_FLASK, "nobody")


@pytest.fixture(params=["machine_b", "machine_b_oldest"])
def second(request: pytest.FixtureRequest) -> Machine:
    """The other machine: newest copier, oldest copier."""
    machine = request.getfixturevalue(request.param)
    assert isinstance(machine, Machine)
    return machine


@pytest.mark.parametrize("command", ["copier update --defaults --quiet", "smscaffold update --quiet"])
def test_edits_stay_and_everything_new_comes(machine_a: Machine, second: Machine, folder: Path, command: str) -> None:
    assert recorded(folder)["_commit"] == "v1.0.0"
    edit(folder)
    machine_a.commit(folder)
    clone = folder.with_name("clone")
    second.git(folder.parent, "clone", "--quiet", str(folder), str(clone))
    done = second.run(*command.split(), cwd=clone, check=True)
    assert "Traceback" not in done.stderr
    check(clone)
    second.commit(clone, "Update")
    assert second.run(*command.split(), cwd=clone, check=True).returncode == 0
    assert second.status(clone) == ""
    # a reviewer who has smscaffold nowhere but in the virtual environment, which is not activated
    done = second.run(second.root / "venv/bin/smscaffold", "update", cwd=clone, PATH=os.defpath)
    assert done.stdout.startswith("There is nothing to update: ")
    assert "(Dockerfile, local_test/payloads/iris.json): by edits" in done.stderr


def test_copier_finds_nothing_without_the_helper_and_smscaffold_does(machine_b: Machine, folder: Path) -> None:
    binaries = machine_b.root / "venv" / "bin"
    done = machine_b.run(binaries / "python", "-m", "copier", "update", "--defaults", cwd=folder, PATH=os.defpath)
    assert done.returncode != 0
    assert "remote-smscaffold" in done.stderr
    machine_b.run(binaries / "python", "-m", "smscaffold", "update", cwd=folder, check=True, PATH=os.defpath)
    assert recorded(folder)["_commit"] == "v1.1.0"


def test_it_says_what_happened(machine_b: Machine, folder: Path) -> None:
    done = machine_b.update(folder)
    assert done.stdout.startswith(f"Updated model from v1.0.0 to v1.1.0 of {PYTHON_FLASK}\n")
    for line in ("M Dockerfile", "A added.md", "D local_test/dropped.md", "M local_test/tool.sh"):
        assert f"  {line}\n" in done.stdout
    assert done.stderr == "smscaffold: new question owner: took its default 'nobody' (another one: -d owner=...)\n"
    undo = done.stdout.splitlines()[-1].split()
    machine_b.run(*undo, cwd=folder, check=True)
    assert machine_b.status(folder) == ""
    assert recorded(folder)["_commit"] == "v1.0.0"


@pytest.mark.parametrize("edited", [False, True], ids=["merged", "conflict"])
@pytest.mark.parametrize("stands", ["repository", "elsewhere"])
def test_the_way_back_is_that_of_the_folder_alone(
    machine_a: Machine, machine_b: Machine, folder: Path, tmp_path: Path, stands: str, edited: bool
) -> None:
    shutil.rmtree(folder / ".git")
    moved = tmp_path / "repository" / "my models" / "churn"
    moved.parent.mkdir(parents=True)
    folder.rename(moved)
    if edited:
        notes = moved / "notes.md"
        notes.write_text(notes.read_text().replace("line 10\n", "my line\n"))
    other = write(tmp_path / "repository" / "other.py", "one\n")
    machine_a.git(other.parent, "init", "--quiet")
    machine_a.commit(other.parent)
    append(other, "not committed\n")
    here = tmp_path / stands
    here.mkdir(exist_ok=True)
    done = machine_b.run("smscaffold", "update", os.path.relpath(moved, here), cwd=here)
    assert done.returncode == int(edited), done.stderr
    if not edited:
        (look,) = re.findall(r"See `(.+)`, test it", done.stdout)
        assert "added.md" in machine_b.run(*shlex.split(look), cwd=here, check=True).stdout
    undo = done.stderr.partition("undo the update: ")[2] if edited else done.stdout.splitlines()[-1]
    machine_b.run(*shlex.split(undo), cwd=here, check=True)
    assert machine_b.status(other.parent) == " M other.py\n"


def test_pretend_shows_the_difference_and_changes_nothing(machine_b: Machine, folder: Path) -> None:
    done = machine_b.update(folder, "--pretend")
    assert '+LABEL template="1.1.0"\n' in done.stdout
    assert "+For nobody.\n" in done.stdout
    assert "-A file that the next version has no more.\n" in done.stdout
    assert machine_b.status(folder) == ""
    assert machine_b.git(folder, "worktree", "list").count("\n") == 1
    assert recorded(folder)["_commit"] == "v1.0.0"
    patch = folder.with_name("patch")
    patch.write_text(done.stdout)
    machine_b.git(folder, "apply", "--index", str(patch))
    tree = machine_b.git(folder, "write-tree")
    machine_b.git(folder, "reset", "--quiet", "--hard")
    machine_b.update(folder, "--quiet")
    assert machine_b.git(folder, "write-tree") == tree


def test_a_difference_that_nobody_reads_to_its_end_is_no_error(machine_b: Machine, folder: Path) -> None:
    done = machine_b.run("bash", "-c", "smscaffold update --pretend | true; echo ${PIPESTATUS[0]}", cwd=folder)
    assert (done.stdout, done.stderr) == ("141\n", "")


def test_up_to_date_that_nobody_reads_is_no_error(machine_b: Machine, folder: Path) -> None:
    machine_b.update(folder, "--quiet")
    machine_b.commit(folder)
    # nobody reads from the end that stays open
    nobody = "exec 3> >(:); wait $!; smscaffold update >&3; echo $?"
    done = machine_b.run("bash", "-c", nobody, cwd=folder, PYTHONUNBUFFERED="1")
    assert (done.stdout, done.stderr) == ("141\n", "")


@pytest.mark.parametrize(("of_folder", "of_user"), [("sha256", "sha1"), ("sha1", "sha256")])
def test_hashes_of_another_kind(
    machine_a: Machine, machine_b: Machine, folder: Path, of_folder: str, of_user: str
) -> None:
    shutil.rmtree(folder / ".git")
    edit(folder)
    machine_a.git(folder, "init", "--quiet", f"--object-format={of_folder}")
    machine_a.commit(folder)
    machine_b.update(folder, "--quiet", GIT_DEFAULT_HASH=of_user)
    check(folder)


def test_an_older_version_can_be_asked_for(machine_b: Machine, tmp_path: Path) -> None:
    folder = machine_b.new(tmp_path / "old", "--ref", "v1.0.0")
    assert recorded(folder)["_commit"] == "v1.0.0"
    assert (folder / "local_test" / "dropped.md").exists()
    assert "is up to date" in machine_b.update(folder, "--ref", "v1.0.0").stdout
    refused = machine_b.run("smscaffold", "new", "x", "-y", "--ref", "v3", cwd=tmp_path)
    assert (refused.returncode, "has no version, branch or commit 'v3'" in refused.stderr) == (1, True)


def test_three_folders_of_one_repository_one_by_one(machine_a: Machine, machine_b: Machine, tmp_path: Path) -> None:
    top = tmp_path / "monorepo"
    top.mkdir()
    machine_a.git(top, "init", "--quiet")
    (top / "models").mkdir()
    folders = [machine_a.new(top / "models" / name, "-d", f"project_name={name}") for name in ("one", "two", "three")]
    for folder in folders:
        edit(folder)
    machine_a.commit(top)
    append(folders[2] / "README.md", "not committed\n")  # none of the others' business
    for updated, folder in enumerate(folders[:2], start=1):
        machine_b.update(folder, "--quiet")
        check(folder)
        assert sum((each / "added.md").exists() for each in folders) == updated
        machine_b.git(top, "commit", "--quiet", "--message", "Update")
    assert machine_b.status(top) == " M models/three/README.md\n"
    assert "README.md" in machine_b.update(folders[2], check=False).stderr
    machine_b.commit(top)
    machine_b.run("copier", "update", "--defaults", "--quiet", cwd=folders[2], check=True)
    check(folders[2])


def test_a_second_work_tree_of_the_user_is_updated_too(machine_b: Machine, folder: Path) -> None:
    machine_b.git(folder, "worktree", "add", "--quiet", "../branch")
    branch = folder.with_name("branch")
    machine_b.update(branch, "--quiet")
    assert (branch / "added.md").exists()
    assert machine_b.status(folder) == ""
