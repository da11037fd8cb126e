"""``smscaffold new``: what it writes, where, and what it says."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
from pathlib import Path

import pytest
import yaml
from cli_helpers import CHECKOUT, Run, command, files
from shared_helpers import write

STUB_FILES = {"README.md", "local_test", "local_test/train_local.sh", ".copier-answers.yml"}


def recorded(folder: Path) -> dict[str, object]:
    answers = yaml.safe_load((folder / ".copier-answers.yml").read_text())
    assert isinstance(answers, dict)
    return answers


def test_the_folder_is_named_after_the_project(run: Run, template: Path, work: Path) -> None:
    done = run("new", "-t", template, "--defaults", "--no-git")
    assert done.returncode == 0, done.stderr
    assert files(work) == {"my-model"} | {f"my-model/{name}" for name in STUB_FILES}
    assert (work / "my-model" / "README.md").read_text() == "# my-model\nsingle 2 False\n"
    assert stat.S_IMODE((work / "my-model").stat().st_mode) & 0o055 == 0o055
    assert os.access(work / "my-model" / "local_test" / "train_local.sh", os.X_OK)


def test_it_says_what_to_do_next(run: Run, template: Path, work: Path) -> None:
    for name in ("local_test/serve_local.sh", "local_test/predict.sh", "program/algorithm.py"):
        write(template / "template" / name, "#!/bin/sh\n")
    config = template / "copier.yml"
    config.write_text(f"_skip_if_exists: [program/algorithm.py]\n{config.read_text()}")
    done = run("new", "it's mine", "-t", template, "--defaults")
    assert done.stdout == (
        "Made it's mine/ (6 files) from stub\n\n"
        "Next:\n  cd 'it'\"'\"'s mine'\n  local_test/train_local.sh\n  local_test/serve_local.sh\n"
        "  local_test/predict.sh  # in another terminal, while it serves\nYour model: program/algorithm.py\n"
    )


def test_only_what_the_folder_has_is_proposed(run: Run, template: Path) -> None:
    done = run("new", "-t", template, "--defaults", "--", "-x")
    assert done.stdout.endswith("Next:\n  cd ./-x\n  local_test/train_local.sh\n")


def test_dest_may_lie_in_folders_that_are_not_there_yet(run: Run, template: Path, work: Path) -> None:
    assert run("new", "a/b/c", "-t", template, "--defaults").returncode == 0
    assert (work / "a/b/c/README.md").is_file()
    assert run("new", "team/churn", "-t", template, "--defaults", "-d", "project_name=team/churn").returncode == 0
    assert (work / "team/churn/README.md").is_file()


@pytest.mark.parametrize("dest", ["empty", "."])
def test_an_empty_folder_is_filled_and_stays_the_same_folder(run: Run, template: Path, work: Path, dest: str) -> None:
    folder = work / dest
    folder.mkdir(exist_ok=True)
    before = folder.stat().st_ino
    done = run("new", dest, "-t", template, "--defaults")
    assert done.returncode == 0, done.stderr
    assert folder.stat().st_ino == before
    assert files(folder) == STUB_FILES
    assert ("cd " in done.stdout) == (dest != ".")


def test_data_wins_over_the_file_and_the_file_over_defaults(run: Run, template: Path, work: Path) -> None:
    file = write(work / "answers.yml", "layout: split\nworkers: 4\ngpu: yes\n")
    done = run("new", "x", "-t", template, "--defaults", "--data-file", file, "-d", "workers=8", "--no-git")
    assert done.returncode == 0, done.stderr
    assert (work / "x" / "README.md").read_text() == "# my-model\nsplit 8 True\n"
    assert recorded(work / "x")["train_base_image"] == "python:3.13"


@pytest.mark.parametrize("layout", ["single", "split"])
def test_the_answers_of_one_folder_make_another(run: Run, template: Path, work: Path, layout: str) -> None:
    run("new", "one", "-t", template, "--defaults", "-d", f"layout={layout}", "--no-git")
    done = run("new", "two", "-t", template, "--data-file", "one/.copier-answers.yml", "--no-git")
    assert done.returncode == 0, done.stderr
    assert (work / "one/.copier-answers.yml").read_bytes() == (work / "two/.copier-answers.yml").read_bytes()


def test_a_value_may_hold_anything(run: Run, template: Path, work: Path) -> None:
    value = "registry/$(id):{{ 1 + 1 }} = 'x'"
    done = run("new", "x", "-t", template, "-y", "-d", "layout=split", "-d", f"train_base_image={value}", "--no-git")
    assert done.returncode == 0, done.stderr
    assert recorded(work / "x")["train_base_image"] == value


@pytest.mark.parametrize(
    ("dest", "name"),
    [("churn", "churn"), ("a/b/churn.v2", "churn.v2"), ("My Model", "my-model"), ("x", "my-model"), (".", "work")],
)
def test_the_project_is_named_after_dest_where_that_is_a_name(
    run: Run, template: Path, work: Path, dest: str, name: str
) -> None:
    assert run("new", dest, "-t", template, "--defaults", "--no-git").returncode == 0
    assert recorded(work / dest)["project_name"] == name


def test_an_answer_names_the_project_whatever_dest_is(run: Run, template: Path, work: Path) -> None:
    run("new", "churn", "-t", template, "--defaults", "--no-git", "-d", "project_name=other")
    assert recorded(work / "churn")["project_name"] == "other"


def test_an_answer_without_a_question_is_mentioned(run: Run, template: Path) -> None:
    done = run("new", "x", "-t", template, "--defaults", "-d", "train_base_image=debian")
    assert done.returncode == 0
    assert "train_base_image changes nothing" in done.stderr


@pytest.mark.parametrize("settings", ["defaults: {layout: split, workers: none}\n", "a: [\n"])
def test_copiers_settings_of_the_user_answer_nothing(
    run: Run, template: Path, work: Path, environment: dict[str, str], settings: str
) -> None:
    write(Path(environment["HOME"]) / ".config" / "copier" / "settings.yml", settings)
    done = run("new", "x", "-t", template, "-y")
    assert done.returncode == 0, done.stderr
    assert (work / "x" / "README.md").read_text() == "# my-model\nsingle 2 False\n"


def test_no_defaults_are_needed_when_every_question_has_its_answer(run: Run, template: Path) -> None:
    data = ["project_name=a-b", "layout=split", "workers=1", "gpu=no", "train_base_image=debian"]
    done = run("new", "-t", template, *(word for pair in data for word in ("-d", pair)))
    assert done.returncode == 0, done.stderr


def test_pretend_shows_the_tree_and_writes_nothing(
    run: Run, template: Path, work: Path, tmp_path: Path, environment: dict[str, str]
) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    before = files(tmp_path)
    done = run("new", "-t", template, "--defaults", "--pretend", env={"TMPDIR": str(temporary)})
    assert done.returncode == 0, done.stderr
    assert done.stdout == "my-model/\n├── local_test/\n│   └── train_local.sh\n├── .copier-answers.yml\n└── README.md\n"
    assert files(tmp_path) == before


def test_the_tree_is_plain_where_lines_cannot_be_shown(run: Run, template: Path) -> None:
    done = run("new", "-t", template, "--defaults", "--pretend", env={"PYTHONIOENCODING": "ascii"})
    assert done.stdout.endswith("|-- .copier-answers.yml\n`-- README.md\n")


def test_quiet_says_nothing(run: Run, template: Path) -> None:
    done = run("new", "x", "-t", template, "--defaults", "--quiet")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_python_m_and_the_temporary_folder_leave_no_trace(run: Run, template: Path, work: Path, tmp_path: Path) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    assert run("new", "x", "-t", template, "--defaults", env={"TMPDIR": str(temporary)}).returncode == 0
    assert list(temporary.iterdir()) == []
    assert [path.name for path in work.iterdir()] == ["x"]


def test_24_side_by_side_all_succeed(template: Path, work: Path, environment: dict[str, str]) -> None:
    running = [
        subprocess.Popen(
            command("new", f"x{number}", "-t", template, "--defaults", "--no-git"),
            cwd=work,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        for number in range(24)
    ]
    for process in running:
        _, said = process.communicate(timeout=120)
        assert process.returncode == 0, said
    for number in range(24):
        assert (work / f"x{number}" / "README.md").read_text() == f"# x{number}\nsingle 2 False\n"
    assert len(list(work.iterdir())) == 24


class TestBuiltIn:
    def test_every_one_renders_with_its_defaults_and_remembers_where_it_came_from(self, run: Run, work: Path) -> None:
        for template in json.loads(run("list", "--json").stdout):
            name = template["name"]
            done = run("new", name, "-t", name, "--defaults", "--no-git")
            assert done.returncode == 0
            answers = recorded(work / name)
            assert answers["_src_path"] == f"git+smscaffold://{name}"
            if done.stderr:  # a working tree that differs from every release
                assert "copier can update this folder once exactly this is released" in done.stderr
                assert re.fullmatch(r"v[0-9.]+-1-g[0-9a-f]{16}", str(answers["_commit"]))
            else:
                assert answers["_commit"] == f"v{template['version']}"
            assert answers["project_name"] == name
            assert not list((work / name).rglob("*.jinja"))
            assert str(CHECKOUT) not in "".join(
                path.read_text(errors="replace") for path in (work / name).rglob("*") if path.is_file()
            )

    def test_python_flask_is_the_default(self, run: Run) -> None:
        assert "from python-flask " in run("new", "--defaults", "--no-git").stdout

    @pytest.mark.parametrize("layout", ["single", "split"])
    def test_both_layouts_stay_within_34_files(self, run: Run, work: Path, layout: str) -> None:
        assert run("new", "x", "--defaults", "--no-git", "-d", f"layout={layout}").returncode == 0
        assert sum((work / "x" / name).is_file() for name in files(work / "x")) <= 34


class TestFolder:
    def test_its_absolute_path_is_remembered(self, run: Run, template: Path, work: Path) -> None:
        done = run("new", "x", "-t", os.path.relpath(template, work), "--defaults")
        assert recorded(work / "x")["_src_path"] == str(template)
        assert "_commit" not in recorded(work / "x")
        assert "no later updates" in done.stderr

    def test_a_commit_is_remembered_with_it(
        self, run: Run, template: Path, work: Path, environment: dict[str, str]
    ) -> None:
        for words in ("init -q", "add -A", "commit -q -m one", "tag v1.2.0"):
            subprocess.run(["git", *words.split()], cwd=template, env=environment, check=True)
        done = run("new", "x", "-t", template, "--defaults")
        assert recorded(work / "x")["_commit"] == "v1.2.0"
        assert (done.stderr, "from stub 1.2.0" in done.stdout) == ("", True)
        assert not (work / "x" / ".git" / "refs" / "tags" / "v1.2.0").exists()
        write(template / "template" / "README.md.jinja", "edited\n")
        assert "no later updates" in run("new", "y", "-t", template, "--defaults").stderr
        assert (work / "y" / "README.md").read_text() == "edited\n"

    def test_comments_in_the_answers_file_stay_first(self, run: Run, template: Path, work: Path) -> None:
        run("new", "x", "-t", template, "--defaults")
        lines = (work / "x" / ".copier-answers.yml").read_text().splitlines()
        assert lines[0] == "# The recorded answers."
        assert lines[1].startswith("_src_path: ")

    def test_shared_files_lie_under_its_own(self, run: Run, template: Path, work: Path) -> None:
        shared = template.parent / "_shared"
        write(shared / "template" / "README.md", "shared, and beaten by README.md.jinja\n")
        write(shared / "template" / "LICENSE", "shared\n")
        write(shared / "questions" / "common.yml", "region: {type: str, default: here}\n")
        write(shared / "includes" / "macros.jinja", "{% macro hello() %}hello from {{ region }}{% endmacro %}")
        config = template / "copier.yml"
        config.write_text(config.read_text() + "---\n!include _shared/questions/common.yml\n")
        write(
            template / "template" / "hello.jinja",
            "{% from '_shared/includes/macros.jinja' import hello with context %}{{ hello() }}",
        )
        done = run("new", "x", "-t", template, "--defaults", "--no-git")
        assert done.returncode == 0, done.stderr
        local_platform = (CHECKOUT / "smscaffold" / "sagemaker_local.py").read_bytes()
        assert (work / "x" / "tests" / "sagemaker_local.py").read_bytes() == local_platform
        assert (work / "x" / "LICENSE").read_text() == "shared\n"
        assert (work / "x" / "README.md").read_text().startswith("# my-model")
        assert (work / "x" / "hello").read_text() == "hello from here"

    def test_caches_in_it_are_left_out(self, run: Run, template: Path, work: Path) -> None:
        write(template / "template" / "__pycache__" / "x.pyc", "")
        write(template / "template" / ".pytest_cache" / "x", "")
        run("new", "x", "-t", template, "--defaults", "--no-git")
        assert files(work / "x") == STUB_FILES

    def test_links_stay_links_where_the_template_says_so(self, run: Run, template: Path, work: Path) -> None:
        (template / "template" / "link").symlink_to("README.md")
        config = template / "copier.yml"
        config.write_text("_preserve_symlinks: true" + config.read_text())
        assert run("new", "x", "-t", template, "--defaults", "--no-git").returncode == 0
        assert (work / "x" / "link").readlink() == Path("README.md")
