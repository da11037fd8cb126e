"""What ``smscaffold new`` renders, and what a folder remembers of it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from shared_helpers import write
from update_helpers import PYTHON_FLASK, Machine, append, copy_checkout, release


def recorded(folder: Path) -> tuple[object, object]:
    answers = yaml.safe_load((folder / ".copier-answers.yml").read_text())
    return answers["_src_path"], answers.get("_commit")


def new(sources: Path, machine: Machine, folder: Path, *options: str, check: bool = True) -> str:
    """Makes a folder with a checkout instead of the installed package; returns what was noted."""
    command = [sys.executable, "-m", "smscaffold", "new", folder, "-y", *options]
    return machine.run(*command, cwd=folder.parent, check=check, PYTHONPATH=str(sources)).stderr


def test_an_installed_package_renders_its_newest_release(machine_b: Machine, tmp_path: Path) -> None:
    done = machine_b.run("smscaffold", "new", "x", "-y", cwd=tmp_path, check=True)
    assert (done.stdout.splitlines()[0][-23:], done.stderr) == ("from python-flask 1.1.0", "")
    assert recorded(tmp_path / "x") == (PYTHON_FLASK, "v1.1.0")
    python = machine_b.root / "venv" / "bin" / "python"
    (tmp_path / "empty").mkdir()
    machine_b.run(python, "-m", "smscaffold", "new", "y", "-y", cwd=tmp_path, check=True, PATH=str(tmp_path / "empty"))
    assert recorded(tmp_path / "y") == (PYTHON_FLASK, "v1.1.0")


def test_it_is_what_copier_renders_from_the_same_release(machine_b: Machine, tmp_path: Path) -> None:
    machine_b.run("smscaffold", "new", "my-model", "-y", "--no-git", cwd=tmp_path, check=True)
    machine_b.run("copier", "copy", "--defaults", PYTHON_FLASK, "y", cwd=tmp_path, check=True)
    compare = ["git", "diff", "--no-index", "my-model", "y"]
    assert machine_b.run(*compare, cwd=tmp_path).stdout == ""


def test_an_installed_package_without_a_history_works(machine_b: Machine, tmp_path: Path) -> None:
    site = tmp_path / "site"
    (installed,) = (machine_b.root / "venv" / "lib").glob("python*/site-packages/smscaffold")
    shutil.copytree(installed, site / "smscaffold", ignore=shutil.ignore_patterns("*.bundle", "releases.txt"))
    assert "once exactly this is released" in new(site, machine_b, tmp_path / "x")
    assert re.fullmatch("v0-1-g[0-9a-f]{16}", str(recorded(tmp_path / "x")[1]))


def test_an_installed_package_between_two_releases_renders_the_last_one(machine_b: Machine, tmp_path: Path) -> None:
    site = tmp_path / "site"
    (installed,) = (machine_b.root / "venv" / "lib").glob("python*/site-packages/smscaffold")
    shutil.copytree(installed, site / "smscaffold")
    append(site / "smscaffold" / "_templates" / "_shared" / "template" / "notes.md", "not released\n")
    assert new(site, machine_b, tmp_path / "x") == ""
    assert recorded(tmp_path / "x") == (PYTHON_FLASK, "v1.1.0")
    assert "not released" not in (tmp_path / "x" / "notes.md").read_text()


class TestCheckout:
    """In a checkout the working tree is rendered, released or not."""

    def test_a_released_working_tree_is_recorded_as_that_release(
        self, version_b: Path, machine_b: Machine, tmp_path: Path
    ) -> None:
        assert new(version_b, machine_b, tmp_path / "x") == ""
        assert recorded(tmp_path / "x") == (PYTHON_FLASK, "v1.1.0")

    def test_another_one_cannot_be_updated_until_exactly_that_is_released(
        self, version_b: Path, machine_b: Machine, tmp_path: Path
    ) -> None:
        sources = tmp_path / "sources"
        shutil.copytree(version_b, sources)
        notes = sources / "templates" / "_shared" / "template" / "notes.md"
        append(notes, "1.2.0\n")
        folder = tmp_path / "x"
        assert "once exactly this is released" in new(sources, machine_b, folder)
        assert re.fullmatch("v1.1.0-1-g[0-9a-f]{16}", str(recorded(folder)[1]))
        append(folder / "Dockerfile", "# mine\n")
        machine_b.commit(folder)
        refused = machine_b.update(folder, check=False)
        assert (refused.returncode, "that no release holds" in refused.stderr) == (1, True)
        assert release(sources, "1.2.0").returncode == 0
        append(notes, "1.3.0\n")
        assert release(sources, "1.3.0").returncode == 0
        helper = write(tmp_path / "bin" / "git-remote-smscaffold", serve(sources))
        helper.chmod(0o755)
        path = f"{helper.parent}{os.pathsep}{machine_b.environment['PATH']}"
        machine_b.run("copier", "update", "--defaults", cwd=folder, check=True, PATH=path)
        assert recorded(folder) == (PYTHON_FLASK, "v1.3.0")
        assert (folder / "notes.md").read_text().endswith("1.2.0\n1.3.0\n")
        assert (folder / "Dockerfile").read_text().endswith("# mine\n")

    def test_a_template_before_its_first_release(self, machine_b: Machine, tmp_path: Path) -> None:
        sources = copy_checkout(tmp_path / "sources")
        assert "once exactly this is released" in new(sources, machine_b, tmp_path / "x")
        assert release(sources, "0.1.0").returncode == 0
        assert new(sources, machine_b, tmp_path / "y") == ""
        clone = ["git", "clone", "--quiet", str(sources / "smscaffold" / "history" / "python-flask.bundle"), "clone"]
        machine_b.run(*clone, cwd=tmp_path, check=True)
        _, commit = recorded(tmp_path / "x")
        assert machine_b.git(tmp_path / "clone", "describe", "--tags", str(commit)).strip() == "v0.1.0"


def serve(sources: Path) -> str:
    """The helper of a checkout."""
    return f'#!/bin/sh\nexec {sys.executable} {sources}/smscaffold/history/git_remote.py "$@"\n'


class TestGit:
    """Templates in git repositories elsewhere."""

    @pytest.fixture
    def repository(self, machine_b: Machine, tmp_path: Path) -> Path:
        root = tmp_path / "company" / "churn.git"
        write(root / "copier.yml", "_subdirectory: template\nname: {type: str, default: x}\n")
        write(root / "template" / "{{ _copier_conf.answers_file }}.jinja", "{{ _copier_answers | to_nice_yaml }}")
        machine_b.git(root, "init", "--quiet")
        for tag in ("v1.0.0", "v2.0.0", "v3.0.0rc1"):
            write(root / "template" / "version.txt", f"{tag}\n")
            machine_b.commit(root)
            machine_b.git(root, "tag", tag)
        return root

    def new(self, machine: Machine, template: str, folder: Path, *options: str, check: bool = True) -> str:
        command = ["smscaffold", "new", folder, "-y", "-t", template, *options]
        return machine.run(*command, cwd=folder.parent, check=check).stderr

    def test_the_newest_release_of_an_address(self, machine_b: Machine, repository: Path, tmp_path: Path) -> None:
        for address in (f"file://{repository}", f"git+file://{repository}"):
            folder = tmp_path / f"x{len(address)}"
            assert self.new(machine_b, address, folder) == ""
            assert recorded(folder) == (address, "v2.0.0")

    def test_another_version_of_it_and_the_way_to_the_newest(
        self, machine_b: Machine, repository: Path, tmp_path: Path
    ) -> None:
        bare = repository.rename(repository.with_suffix(""))
        self.new(machine_b, f"file://{bare}", tmp_path / "x", "--ref", "v1.0.0")
        assert recorded(tmp_path / "x") == (f"git+file://{bare}", "v1.0.0")
        machine_b.update(tmp_path / "x", "--quiet")
        assert (tmp_path / "x" / "version.txt").read_text() == "v2.0.0\n"
        machine_b.commit(tmp_path / "x")
        machine_b.update(tmp_path / "x", "--ref", "v3.0.0rc1")
        assert (tmp_path / "x" / "version.txt").read_text() == "v3.0.0rc1\n"

    def test_a_folder_that_is_a_repository(self, machine_b: Machine, repository: Path, tmp_path: Path) -> None:
        assert self.new(machine_b, str(repository), tmp_path / "x", "--ref", "v1.0.0") == ""
        assert recorded(tmp_path / "x") == (str(repository), "v1.0.0")
        machine_b.update(tmp_path / "x")
        assert recorded(tmp_path / "x") == (str(repository), "v2.0.0")

    def test_a_folder_that_is_none_says_so(self, machine_b: Machine, repository: Path, tmp_path: Path) -> None:
        shutil.rmtree(repository / ".git")
        assert "no later updates from it" in self.new(machine_b, str(repository), tmp_path / "x")
        done = machine_b.update(tmp_path / "x", check=False)
        assert (done.returncode, "which had no version then" in done.stderr) == (1, True)
        refused = self.new(machine_b, str(repository), tmp_path / "y", "--ref", "v1", check=False)
        assert "has no history here, so there is no version 'v1' of it" in refused

    @pytest.mark.parametrize("hidden", [False, True])
    def test_a_folder_with_a_file_that_no_commit_has_says_so(
        self, machine_b: Machine, repository: Path, tmp_path: Path, hidden: bool
    ) -> None:
        write(repository / "template" / "new.txt", "")
        if hidden:
            machine_b.git(repository, "config", "status.showUntrackedFiles", "no")
        said = self.new(machine_b, str(repository), tmp_path / "x")
        assert "is not a git repository with everything committed: no later updates from it" in said
        assert recorded(tmp_path / "x") == (str(repository), None)
        assert (tmp_path / "x" / "new.txt").exists()

    def test_a_branch_whatever_the_user_calls_remotes(
        self, machine_b: Machine, repository: Path, tmp_path: Path
    ) -> None:
        machine_b.git(repository, "checkout", "--quiet", "-b", "feature", "v1.0.0")
        machine_b.git(repository, "checkout", "--quiet", "main")
        settings = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "clone.defaultRemoteName", "GIT_CONFIG_VALUE_0": "up"}
        new = ["smscaffold", "new", "x", "-y", "-t", f"file://{repository}", "--ref", "feature"]
        machine_b.run(*new, cwd=tmp_path, check=True, **settings)
        assert recorded(tmp_path / "x") == (f"file://{repository}", "v1.0.0")
        assert "is up to date" in machine_b.update(tmp_path / "x", "--ref", "feature", **settings).stdout
        machine_b.update(tmp_path / "x", **settings)
        assert recorded(tmp_path / "x") == (f"file://{repository}", "v2.0.0")

    def test_hooks_of_the_user_are_none_of_the_templates_business(
        self, machine_b: Machine, repository: Path, tmp_path: Path
    ) -> None:
        for hook in ("post-checkout", "pre-commit", "commit-msg", "post-commit"):
            script = f"#!/bin/sh\npwd >> {tmp_path}/ran\nexit 1\n"
            write(tmp_path / "hooks" / hook, script).chmod(0o755)
        hooks = {
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "core.hooksPath",
            "GIT_CONFIG_VALUE_0": str(tmp_path / "hooks"),
        }
        new = ["smscaffold", "new", "x", "-y", "-t", str(repository), "--ref", "v1.0.0", "--no-git"]
        machine_b.run(*new, cwd=tmp_path, check=True, **hooks)
        machine_b.git(tmp_path / "x", "init", "--quiet")
        machine_b.commit(tmp_path / "x")
        machine_b.update(tmp_path / "x", **hooks)
        assert (tmp_path / "x" / "version.txt").read_text() == "v2.0.0\n"
        assert not (tmp_path / "ran").exists()

    def test_no_such_address(self, machine_b: Machine, tmp_path: Path) -> None:
        said = self.new(machine_b, f"file://{tmp_path}/nowhere", tmp_path / "x", check=False)
        assert said.startswith(f"smscaffold: error: cannot get the template git+file://{tmp_path}/nowhere: fatal: ")
        assert said.count("\n") == 1

    def test_code_of_a_template_is_run_by_an_update_only_if_the_user_trusts_it(
        self, machine_b: Machine, repository: Path, tmp_path: Path
    ) -> None:
        self.new(machine_b, str(repository), tmp_path / "x")
        append(repository / "copier.yml", "_tasks: [touch hacked]\n")
        machine_b.commit(repository)
        machine_b.git(repository, "tag", "v4.0.0")
        done = machine_b.update(tmp_path / "x", check=False)
        assert (done.returncode, "wants to run its own code" in done.stderr) == (1, True)
        assert not (tmp_path / "x" / "hacked").exists()
        settings = write(tmp_path / "settings.yml", f"trust: [{repository}]")
        shown = machine_b.update(tmp_path / "x", "--pretend", COPIER_SETTINGS_PATH=str(settings))
        assert "hacked" not in shown.stdout
        machine_b.update(tmp_path / "x", COPIER_SETTINGS_PATH=str(settings))
        assert (tmp_path / "x" / "hacked").exists()


def test_no_python_of_a_template_is_loaded_from_where_the_user_stands(machine_b: Machine, tmp_path: Path) -> None:
    write(tmp_path / "subprocess.py", "raise RuntimeError('loaded')\n")
    done = subprocess.run(
        ["git", "ls-remote", "smscaffold://python-flask"], cwd=tmp_path, env=machine_b.environment, capture_output=True
    )
    assert done.returncode == 0, done.stderr
