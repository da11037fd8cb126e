"""``smscaffold template build``, and what every command says about a broken template or a folder that is none."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from authoring_helpers import Machine, append, refused, write

from smscaffold import staging
from smscaffold.authoring.build import Request, build
from smscaffold.compile import MARK
from smscaffold.console import Console

FLAT = """
project_name: {type: str, default: x}
layout: {type: str, choices: [single], default: single}
"""


def test_plain_copier_takes_it(author: Machine, package: Path, tmp_path: Path) -> None:
    done = author.run("smscaffold", "template", "build", cwd=package, check=True)
    assert done.stdout.startswith("Built build/python-http/ (")
    author.run(
        "copier", "copy", "--quiet", "--defaults", "build/python-http", tmp_path / "plain", cwd=package, check=True
    )
    author.run(
        "smscaffold", "new", tmp_path / "ours", "-y", "-t", "build/python-http", "--no-git", cwd=package, check=True
    )
    for folder in (tmp_path / "plain", tmp_path / "ours"):
        assert (folder / "build_and_push.sh").stat().st_mode & 0o111
        assert (folder / "tests" / "sagemaker_local.py").is_file()
        assert not (folder / "program" / "nginx.conf").exists()


def test_an_own_file_wins_and_what_was_built_before_is_replaced(
    author: Machine, template: Path, tmp_path: Path
) -> None:
    output = tmp_path / "out"
    write(template / "template" / "predicted.md", "old\n")
    author.run("smscaffold", "template", "build", template, "--output", output, cwd=tmp_path, check=True)
    (template / "template" / "predicted.md").unlink()
    write(template / "template" / ".gitignore", "mine\n")
    author.run("smscaffold", "template", "build", template, "--output", output, cwd=tmp_path, check=True)
    assert not (output / "python-http" / "template" / "predicted.md").exists()
    assert (output / "python-http" / "template" / ".gitignore").read_text() == "mine\n"
    assert [path.name for path in output.iterdir()] == ["python-http"]


def test_what_is_no_template_is_not_replaced(author: Machine, template: Path, tmp_path: Path) -> None:
    write(tmp_path / "out" / "python-http" / "thesis.txt", "years of work\n")
    refused(
        author.run("smscaffold", "template", "build", template, "-o", "out", cwd=tmp_path),
        "out/python-http is there already and is no template",
    )


def test_what_no_build_made_is_not_replaced(author: Machine, template: Path, tmp_path: Path) -> None:
    """The source of another package's template has the same look as what was built."""
    other = Path(shutil.copytree(template, tmp_path / "out" / "python-http"))
    write(other / "copier.yml", "# not committed\n")
    refused(
        author.run("smscaffold", "template", "build", template, "-o", "out", cwd=tmp_path),
        "out/python-http was not made by `smscaffold template build`",
        "remove it by hand",
    )
    assert (other / "copier.yml").read_text() == "# not committed\n"


def test_the_mark_of_a_build_is_in_no_folder(author: Machine, tmp_path: Path) -> None:
    """Not even where the whole template is rendered, by us or by plain copier."""
    flat = write(
        tmp_path / "flat" / "copier.yml", "_smscaffold: {language: R, framework: none, title: Flat}\n" + FLAT
    ).parent
    write(flat / "{{ _copier_conf.answers_file }}.jinja", "{{ _copier_answers|to_nice_yaml -}}\n")
    author.run("smscaffold", "template", "build", flat, "-o", "out", cwd=tmp_path, check=True)
    assert (tmp_path / "out" / "flat" / MARK).is_file()
    author.run("smscaffold", "new", "ours", "-y", "-t", "./out/flat", "--no-git", cwd=tmp_path, check=True)
    author.run("copier", "copy", "--quiet", "--defaults", "out/flat", "plain", cwd=tmp_path, check=True)
    for folder in ("ours", "plain"):
        assert [path.name for path in (tmp_path / folder).iterdir()] == [".copier-answers.yml"]
    author.run("smscaffold", "template", "build", "out/flat", "-o", "again", cwd=tmp_path, check=True)


def test_nothing_is_built_inside_the_template(author: Machine, template: Path) -> None:
    done = author.run("smscaffold", "template", "build", cwd=template)
    refused(done, f"{template}/build lies in the template itself: name another folder by --output")


class TestTheAuthorsOwn:
    """What the template is made of is not taken for what was built before, however it is named."""

    @pytest.fixture(autouse=True)
    def edited(self, template: Path) -> None:
        append(template / "copier.yml", "# not committed\n")

    @pytest.mark.parametrize(
        ("stands", "words"),
        [
            ("acme_templates/python-http", [".", "-o", ".."]),
            ("acme_templates", ["python-http", "-o", "."]),
            (".", ["acme_templates/python-http", "-o", "acme_templates"]),
            (".", ["-o", "acme_templates"]),
        ],
    )
    def test_its_source(self, author: Machine, package: Path, template: Path, stands: str, words: list[str]) -> None:
        before = author.status(package)
        done = author.run("smscaffold", "template", "build", *words, cwd=package / stands)
        refused(done, "python-http holds what the template is made of: name another folder by --output")
        assert (template / "copier.yml").read_text().endswith("# not committed\n")
        assert author.status(package) == before

    def test_a_folder_above_it(self, author: Machine, template: Path, tmp_path: Path) -> None:
        above = write(tmp_path / "python-http" / "copier.yml", "").parent
        inside = Path(shutil.copytree(template, above / "python-http"))
        done = author.run("smscaffold", "template", "build", inside, "-o", ".", cwd=tmp_path)
        refused(done, "python-http holds what the template is made of")
        assert (inside / "copier.yml").is_file()

    def test_a_repository(self, author: Machine, template: Path, tmp_path: Path) -> None:
        other = Path(shutil.copytree(template, tmp_path / "out" / "python-http"))
        author.git(other, "init", "--quiet")
        done = author.run("smscaffold", "template", "build", template, "-o", "out", cwd=tmp_path)
        refused(done, "out/python-http is a git repository: name another folder by --output")
        assert (other / ".git").is_dir()


def test_who_stands_in_what_was_built_before(author: Machine, template: Path, tmp_path: Path) -> None:
    author.run("smscaffold", "template", "build", template, "-o", "out", cwd=tmp_path, check=True)
    write(template / "template" / "new.md", "")
    author.run("smscaffold", "template", "build", template, "-o", "..", cwd=tmp_path / "out/python-http", check=True)
    assert (tmp_path / "out" / "python-http" / "template" / "new.md").is_file()
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["python-http"]


def test_what_was_built_before_stays_when_the_new_cannot_take_its_place(
    template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = write(tmp_path / "python-http" / "copier.yml", "# built before\n")
    write(before.with_name(MARK), "")

    def refuse(folder: Path, dest: Path) -> None:
        raise PermissionError(13, "Permission denied", str(dest))

    monkeypatch.setattr(staging, "_rename", refuse)
    with pytest.raises(PermissionError):
        build(Request(template, tmp_path), Console())
    assert before.read_text() == "# built before\n"
    assert not list(tmp_path.glob(".smscaffold-*"))


def test_no_template_is_built_when_one_is_refused(author: Machine, package: Path, template: Path) -> None:
    append(Path(shutil.copytree(template, template.with_name("second"))) / "copier.yml", "_tasks: [touch x]\n")
    refused(author.run("smscaffold", "template", "build", cwd=package), "second/copier.yml: _tasks would run code")
    assert not (package / "build").exists()


def test_what_the_system_refuses(author: Machine, template: Path, tmp_path: Path) -> None:
    write(tmp_path / "file", "")
    done = author.run("smscaffold", "template", "build", template, "-o", "file/below", cwd=tmp_path)
    refused(done, "Not a directory: ")


@pytest.mark.parametrize("command", [["build"], ["test", "--no-docker"], ["release", "0.1.0"]])
class TestNoPackage:
    def test_no_pyproject(self, author: Machine, tmp_path: Path, command: list[str]) -> None:
        done = author.run("smscaffold", "template", *command, cwd=tmp_path)
        refused(done, f"{tmp_path} is no package of templates: it has no pyproject.toml")

    def test_no_entry_point(self, author: Machine, tmp_path: Path, command: list[str]) -> None:
        write(tmp_path / "pyproject.toml", "[project]\nname = 'x'\n")
        refused(author.run("smscaffold", "template", *command, cwd=tmp_path), "no entry point of smscaffold.templates")

    def test_no_folder(self, author: Machine, package: Path, command: list[str]) -> None:
        (package / "acme_templates").rename(package / "other")
        done = author.run("smscaffold", "template", *command, cwd=package)
        refused(done, "pyproject.toml registers acme_templates as acme, but there is no folder")

    def test_no_template(self, author: Machine, template: Path, package: Path, command: list[str]) -> None:
        (template / "copier.yml").unlink()
        refused(author.run("smscaffold", "template", *command, cwd=package), "acme_templates holds no template")

    def test_not_toml(self, author: Machine, package: Path, command: list[str]) -> None:
        write(package / "pyproject.toml", "[project\n")
        refused(
            author.run("smscaffold", "template", *command, cwd=package), "pyproject.toml cannot be read: ", "line 1"
        )

    def test_broken_copier_yml(self, author: Machine, template: Path, package: Path, command: list[str]) -> None:
        append(template / "copier.yml", "question: [\n")
        done = author.run("smscaffold", "template", *command, cwd=package)
        refused(done, "acme_templates/python-http/copier.yml is not a copier configuration", "line ")

    def test_tasks(self, author: Machine, template: Path, package: Path, command: list[str]) -> None:
        append(template / "copier.yml", "_tasks: [touch x]\n")
        done = author.run("smscaffold", "template", *command, cwd=package)
        refused(done, "acme_templates/python-http/copier.yml: _tasks would run code")
