"""Answers mean the same wherever they come from; a container folder's record makes another folder of its template."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import yaml
from cli_helpers import Run, files
from shared_helpers import refused, write

#: how people say yes and no: as text, and as YAML what that reads in it
SPELLINGS = {
    False: ["none", "~", "0.0", "", "null", "n", "No", "off", "F", "0"],
    True: ["y", "YES", "on", "t", "1", "1.0", "2"],
}
BOTH = [(spelled, value) for value, each in SPELLINGS.items() for spelled in each]


@pytest.fixture
def readme(work: Path) -> Path:
    return work / "x" / "README.md"


class TestOneReader:
    @pytest.mark.parametrize(("spelled", "value"), BOTH)
    def test_data(self, run_here: Run, template: Path, readme: Path, spelled: str, value: bool) -> None:
        done = run_here("new", "x", "-y", "--no-git", "-t", template, "-d", f"gpu={spelled}")
        assert done.returncode == 0, done.stderr
        assert readme.read_text().split()[-1] == str(value)

    @pytest.mark.parametrize(("spelled", "value"), BOTH)
    def test_data_file(self, run_here: Run, template: Path, readme: Path, spelled: str, value: bool) -> None:
        file = write(template.parent / "answers.yml", f"gpu: {spelled}\n")
        done = run_here("new", "x", "-y", "--no-git", "-t", template, "--data-file", file)
        assert done.returncode == 0, done.stderr
        assert readme.read_text().split()[-1] == str(value)

    @pytest.mark.parametrize("table", ["defaults", "fixed"])
    @pytest.mark.parametrize(("spelled", "value"), [*BOTH, ("true", True), ("false", False)])
    def test_the_organisations(
        self, run_here: Run, template: Path, readme: Path, table: str, spelled: str, value: bool
    ) -> None:
        toml = spelled if spelled[:1].isdigit() or spelled in ("true", "false") else f"'{spelled}'"
        file = write(template.parent / "smscaffold.toml", f"[{table}]\ngpu = {toml}\n")
        done = run_here("new", "x", "-y", "--no-git", "-t", template, "--config", file)
        assert done.returncode == 0, done.stderr
        assert readme.read_text().split()[-1] == str(value)

    @pytest.mark.parametrize("value", ["2.7", ".inf", "true", "~"])
    def test_what_is_no_whole_number_is_not_made_one(self, run_here: Run, template: Path, value: str) -> None:
        file = write(template.parent / "answers.yml", f"workers: {value}\n")
        done = run_here("new", "x", "-y", "-t", template, "--data-file", file)
        refused(done, f"workers must be a whole number, not {yaml.safe_load(value)!r}")

    def test_another_spelling_of_what_is_fixed_is_no_change(self, run_here: Run, template: Path, readme: Path) -> None:
        file = write(template.parent / "smscaffold.toml", "[fixed]\ngpu = false\n")
        words = ("new", "x", "-y", "--no-git", "-t", template, "--config", file)
        refused(run_here(*words, "-d", "gpu=2"), "gpu is fixed to False by")
        assert run_here(*words, "-d", "gpu=none").returncode == 0
        assert readme.read_text().endswith(" False\n")


@pytest.fixture
def other(template: Path) -> Path:
    """A template that asks for less."""
    root = write(template.parent / "other" / "copier.yml", "_subdirectory: template\nproject_name: my-model\n").parent
    write(root / "template" / "other.md.jinja", "{{ project_name }}\n")
    return root


class TestTheTemplateOfARecord:
    def test_a_built_in_one(self, run: Run, work: Path) -> None:
        run("new", "one", "-t", "java-spring", "-y", "--no-git", "-d", "project_name=churn")
        done = run("new", "two", "-y", "--no-git", "--data-file", "one/.copier-answers.yml")
        assert "from java-spring " in done.stdout
        assert "names the template" not in done.stderr
        assert files(work / "one") == files(work / "two")
        assert (work / "one/.copier-answers.yml").read_bytes() == (work / "two/.copier-answers.yml").read_bytes()

    def test_a_folder(self, run: Run, template: Path, work: Path) -> None:
        run("new", "one", "-t", template, "-y", "--no-git", "-d", "workers=7")
        done = run("new", "two", "-y", "--no-git", "--data-file", "one/.copier-answers.yml")
        assert f"smscaffold: one/.copier-answers.yml names the template: {template}\n" in done.stderr
        assert (work / "two/README.md").read_text() == "# one\nsingle 7 False\n"

    def test_a_repository_in_its_newest_version(
        self, run: Run, template: Path, work: Path, environment: dict[str, str]
    ) -> None:
        address = f"git+file://{template}"

        def commit(tag: str) -> None:
            for words in ("init -q", "add -A", f"commit -q -m {tag}", f"tag {tag}"):
                subprocess.run(["git", *words.split()], cwd=template, env=environment, check=True)

        commit("v1.0.0")
        assert run("new", "one", "-t", address, "-y").returncode == 0
        write(template / "template" / "new.md", "")
        commit("v1.1.0")
        done = run("new", "two", "-y", "--data-file", "one/.copier-answers.yml")
        assert done.returncode == 0, done.stderr
        recorded = yaml.safe_load((work / "two/.copier-answers.yml").read_text())
        assert (recorded["_src_path"], recorded["_commit"]) == (address, "v1.1.0")
        standard = write(work / "smscaffold.toml", "[templates]\nallowed_sources = ['smscaffold://*']\n")
        done = run("new", "three", "-y", "--data-file", "one/.copier-answers.yml", "--config", standard)
        refused(done, f"comes from file://{template}, which {standard}, line 2 does not allow", "-t NAME takes another")

    def test_one_that_runs_code(self, run: Run, template: Path, ran: Path) -> None:
        config = template / "copier.yml"
        config.write_text(f"_tasks: ['touch {ran}']\n{config.read_text()}")
        file = write(template.parent / "answers.yml", f"_src_path: {template}\n")
        done = run("new", "x", "-y", "--data-file", file)
        assert done.returncode == 1
        assert "wants to run its own code on this machine (tasks)" in done.stderr.splitlines()[-1]
        assert not ran.exists()

    def test_one_that_the_command_line_names_wins(self, run: Run, template: Path, other: Path, work: Path) -> None:
        run("new", "one", "-t", template, "-y", "--no-git", "-d", "project_name=churn")
        done = run("new", "two", "-t", other, "-y", "--no-git", "--data-file", "one/.copier-answers.yml")
        assert done.returncode == 0, done.stderr
        assert "other does not ask for gpu, layout, workers: left out of what --data-file says" in done.stderr
        assert (work / "two" / "other.md").read_text() == "churn\n"

    def test_what_people_wrote_is_not_left_out(self, run: Run, other: Path) -> None:
        file = write(other.parent / "answers.yml", "layout: split\n")
        refused(run("new", "x", "-t", other, "-y", "--data-file", file), "there is no question 'layout'")

    @pytest.mark.parametrize(
        ("source", "said"),
        [
            ("git+smscaffold://nobody/churn", "there is no template 'git+smscaffold://nobody/churn'"),
            ("/nowhere", "there is no template '/nowhere'"),
            ("[1]", "_src_path must be the address or the folder of a template, not [1]"),
        ],
    )
    def test_one_that_is_not_there(self, run: Run, template: Path, source: str, said: str) -> None:
        file = write(template.parent / "answers.yml", f"_src_path: {source}\n")
        refused(run("new", "x", "-y", "--data-file", file), said, str(file))

    def test_the_organisations_usual_template_does_not_win(self, run: Run, work: Path) -> None:
        standard = write(work / "smscaffold.toml", "[templates]\ndefault = 'r-plumber'\n")
        file = write(work / "answers.yml", "_src_path: git+smscaffold://java-spring\n")
        done = run("new", "x", "-y", "--no-git", "--data-file", file, "--config", standard)
        assert "from java-spring " in done.stdout
