"""The helper that serves bundles to git, and with it templates that installed packages bring."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import yaml
from shared_helpers import write
from update_helpers import Machine

from smscaffold.history import git_remote


def ls_remote(machine: Machine, address: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return machine.run("git", "ls-remote", address, cwd=machine.root, **environment)


def test_git_lists_and_clones(machine_b: Machine, tmp_path: Path) -> None:
    names = [line.split("\t")[1] for line in ls_remote(machine_b, "smscaffold://python-flask").stdout.splitlines()]
    assert names == ["refs/heads/main", "refs/tags/v1.0.0", "refs/tags/v1.1.0", "HEAD"]
    machine_b.git(tmp_path, "clone", "--quiet", "smscaffold://python-flask", "clone")
    assert machine_b.git(tmp_path / "clone", "describe", "--tags").strip() == "v1.1.0"
    machine_b.git(tmp_path / "clone", "fetch", "--quiet", "--tags", "--prune")
    assert (tmp_path / "clone" / "copier.yml").is_file()


def test_a_fetch_brings_what_is_new(machine_a: Machine, machine_b: Machine, tmp_path: Path) -> None:
    machine_a.git(tmp_path, "clone", "--quiet", "smscaffold://python-flask", "clone")
    machine_b.git(tmp_path / "clone", "pull", "--quiet", "--ff-only")
    assert machine_b.git(tmp_path / "clone", "describe", "--tags").strip() == "v1.1.0"


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("smscaffold://nothing", "no template 'nothing' with a history is installed beside"),
        ("smscaffold://acme/nothing", "install or upgrade the package that provides acme/..."),
        ("smscaffold://nothing", "install or upgrade smscaffold, or the package that provides nothing"),
        ("smscaffold://", "is not smscaffold://NAME or smscaffold://PACKAGE/NAME"),
        ("smscaffold://../history/python-flask", "is not smscaffold://NAME"),
        ("smscaffold://a/b/c", "is not smscaffold://NAME"),
    ],
)
def test_addresses_without_a_template(machine_b: Machine, address: str, words: str) -> None:
    done = ls_remote(machine_b, address)
    assert done.returncode != 0
    assert done.stderr.startswith("smscaffold: ")
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_run_by_hand_it_says_what_it_is_for(machine_b: Machine) -> None:
    done = machine_b.run("git-remote-smscaffold", cwd=machine_b.root)
    assert (done.returncode, done.stdout) == (2, "")
    assert "git runs this program" in done.stderr


def test_a_file_that_is_no_bundle(tmp_path: Path) -> None:
    with pytest.raises(git_remote.BundleError, match="is not a git bundle"):
        git_remote.refs(str(write(tmp_path / "x.bundle", "something else\n")))


def test_a_damaged_bundle(machine_b: Machine, acme: dict[str, str], tmp_path: Path) -> None:
    bundle = next(Path(acme["PYTHONPATH"]).rglob("churn.bundle"))
    bundle.write_bytes(bundle.read_bytes()[:-40])
    done = machine_b.run("git", "clone", "--quiet", "smscaffold://acme/churn", "x", cwd=tmp_path, **acme)
    assert done.returncode != 0
    assert "is damaged" in done.stderr


def test_listing_imports_next_to_nothing(machine_b: Machine) -> None:
    program = (
        "import sys; before = set(sys.modules); from smscaffold.history import git_remote; "
        "git_remote.refs(git_remote.find_bundle('smscaffold://python-flask')); print(*set(sys.modules) - before)"
    )
    done = machine_b.run("python", "-c", program, cwd=machine_b.root, check=True)
    assert set(done.stdout.split()) == {
        "smscaffold",
        "smscaffold.history",
        "smscaffold.history.git_remote",
        "__future__",
    }


@pytest.fixture
def acme(machine_b: Machine, tmp_path: Path) -> dict[str, str]:
    """An installed package with a template that has a history, which must not be imported."""
    site = tmp_path / "site"
    package = site / "acme_templates"
    write(package / "__init__.py", "raise RuntimeError('imported')\n")
    write(site / "acme_models-1.2.dist-info" / "METADATA", "Metadata-Version: 2.1\nName: acme-models\nVersion: 1.2\n")
    write(site / "acme_models-1.2.dist-info" / "entry_points.txt", "[smscaffold.templates]\nacme = acme_templates\n")
    repository = tmp_path / "churn"
    write(repository / "copier.yml", "_smscaffold: {title: Churn}\nname: {type: str, default: x}\n")
    write(repository / "{{ _copier_conf.answers_file }}.jinja", "{{ _copier_answers | to_nice_yaml }}")
    machine_b.git(repository, "init", "--quiet")
    for version in ("0.1", "0.10", "0.9"):
        write(repository / "version.txt", f"{version}\n")
        machine_b.commit(repository)
        machine_b.git(repository, "tag", f"v{version}")
    machine_b.git(repository, "bundle", "create", "--quiet", str(package / "churn.bundle"), "--all")
    return {"PYTHONPATH": str(site)}


def test_a_package_brings_a_template_and_updates_it(machine_b: Machine, acme: dict[str, str], tmp_path: Path) -> None:
    run = machine_b.run
    assert "acme/churn " in run("smscaffold", "list", cwd=tmp_path, **acme).stdout
    for options in (["--ref", "v0.1"], []):
        folder = tmp_path / f"folder{len(options)}"
        run("smscaffold", "new", folder, "-t", "acme/churn", "-y", *options, cwd=tmp_path, check=True, **acme)
    answers = yaml.safe_load((tmp_path / "folder0" / ".copier-answers.yml").read_text())
    assert (answers["_src_path"], answers["_commit"]) == ("git+smscaffold://acme/churn", "v0.10")
    folder = tmp_path / "folder2"
    assert (folder / "version.txt").read_text() == "0.1\n"
    run("copier", "update", "--defaults", cwd=folder, check=True, **acme)
    assert (folder / "version.txt").read_text() == "0.10\n"
    machine_b.commit(folder)
    done = run("smscaffold", "update", cwd=folder)
    assert (done.returncode, "install or upgrade the package that provides acme/..." in done.stderr) == (1, True)


def test_the_package_has_a_name_of_its_own(machine_b: Machine, acme: dict[str, str], tmp_path: Path) -> None:
    """On a package index the name that a package registers may be somebody else's."""
    done = ls_remote(machine_b, "smscaffold://acme/nothing", **acme)
    assert "install or upgrade the package acme-models, which provides acme/..." in done.stderr
    folder = tmp_path / "x"
    machine_b.run("smscaffold", "new", folder, "-t", "acme/churn", "-y", cwd=tmp_path, check=True, **acme)
    answers = folder / ".copier-answers.yml"
    answers.write_text(answers.read_text().replace("v0.10", "v0.11"))
    machine_b.commit(folder)
    done = machine_b.run("smscaffold", "update", cwd=folder, **acme)
    assert "is v0.10: first upgrade the package acme-models, which provides acme/..." in done.stderr
    assert "pip" not in done.stderr
