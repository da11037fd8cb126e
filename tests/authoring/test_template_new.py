"""``smscaffold template new``: a package that works at once, and is a folder like every other."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pexpect
import pytest
import yaml
from authoring_helpers import Machine, append, build_wheel, copy_checkout, machine, refused, release

from smscaffold.cli import _parser
from smscaffold.completion import candidates


def test_its_files(package: Path) -> None:
    paths = {str(path.relative_to(package)) for path in package.rglob("*") if ".git" not in path.parts}
    assert {
        "pyproject.toml", "README.md", ".gitignore", "tests/test_templates.py", "acme_templates/__init__.py",
        "acme_templates/python-http/copier.yml", "acme_templates/python-http/template/Dockerfile.jinja",
    } <= paths  # fmt: skip
    assert (package / "acme_templates/python-http/template/program/serve").stat().st_mode & 0o111
    assert not [path for path in paths if "{{" in path or path.endswith(".tmpl")]


def test_answers_name_things(author: Machine, tmp_path: Path) -> None:
    data = ["-d", "language=C++", "-d", "framework=Crow 2", "-d", "title=Quick, really: 'quick'"]
    done = author.run("smscaffold", "template", "new", "churn-lab", "-y", "--no-git", *data, cwd=tmp_path, check=True)
    assert done.stdout.endswith("Next:\n  cd churn-lab\n  smscaffold template test\n")
    config = tmp_path / "churn-lab" / "churn_lab" / "c-crow-2" / "copier.yml"
    about = {"language": "C++", "framework": "Crow 2", "title": "Quick, really: 'quick'"}
    assert next(yaml.load_all(config.read_text(), yaml.BaseLoader))["_smscaffold"] == about
    assert 'churn-lab = "churn_lab"' in (tmp_path / "churn-lab" / "pyproject.toml").read_text()
    assert not (tmp_path / "churn-lab" / ".git").exists()


def test_another_language_than_the_samples(author: Machine, tmp_path: Path) -> None:
    """A file that names Go says as well that the sample is in Python, and where Go belongs."""
    command = ["smscaffold", "template", "new", "acme", "-y", "--no-git", "-d"]
    done = author.run(*command, "language=Go", cwd=tmp_path, check=True)
    assert done.stderr == "smscaffold: the sample is in Python: acme/README.md says what to replace by Go\n"
    template = tmp_path / "acme" / "acme" / "go-http"
    config = template / "copier.yml"
    about = next(yaml.load_all(config.read_text(), yaml.BaseLoader))["_smscaffold"]
    assert about["title"] == "Go model behind http (so far the sample in Python)"
    guide = (tmp_path / "acme" / "README.md").read_text().partition("## Where Go goes\n")[2].partition("\n## ")[0]
    named = set(re.findall(r"`((?:template|includes)[\w/.]*)`", guide))
    assert all((template / name).exists() for name in named), named
    python = {path for path in template.rglob("*") if path.is_file() and "python" in path.read_text().lower()}
    covered = {path for path in python for name in named if path.is_relative_to(template / name)}
    assert python - covered == {config}


def test_the_samples_own_language(author: Machine, tmp_path: Path) -> None:
    done = author.run(
        "smscaffold", "template", "new", "acme", "-y", "--no-git", "-d", "language=python", cwd=tmp_path, check=True
    )
    assert done.stderr == ""
    assert "so far" not in (tmp_path / "acme" / "acme" / "python-http" / "copier.yml").read_text()
    assert "## Where" not in (tmp_path / "acme" / "README.md").read_text()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["taken"], "taken is not empty"),
        (["x", "-d", "project_name=smscaffold-templates"], "the name smscaffold is taken"),
        (["x", "-d", "project_name=Acme"], "must be lower-case letters"),
        (["x", "-d", "langauge=R"], "there is no question 'langauge' (did you mean 'language'?)"),
    ],
)
def test_refusals(author: Machine, tmp_path: Path, words: list[str], said: str) -> None:
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "file").touch()
    refused(author.run("smscaffold", "template", "new", "-y", *words, cwd=tmp_path), said)
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


def test_pretend_writes_nothing(author: Machine, tmp_path: Path) -> None:
    done = author.run("smscaffold", "template", "new", "-y", "--pretend", cwd=tmp_path, check=True)
    assert "python-http/" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_it_asks_in_a_terminal(author: Machine, tmp_path: Path) -> None:
    environment = {**author.environment, "SMSCAFFOLD_PLAIN": "1", "TERM": "xterm"}
    command = ["-m", "smscaffold", "template", "new"]
    child = pexpect.spawn(
        str(author.root / "venv/bin/python"), command, cwd=str(tmp_path), env=environment, encoding="utf-8", timeout=90
    )
    for question, answer in (("package", "lab"), ("Language", "Julia"), ("server", "Genie"), ("One line", "")):
        child.expect(question)
        child.expect(": $")
        child.sendline(answer)
    child.expect("Write it")
    child.sendline("")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0, child.before
    assert "Julia model behind Genie" in (tmp_path / "lab" / "lab" / "julia-genie" / "copier.yml").read_text()


def test_no_list_has_the_scaffold(author: Machine, tmp_path: Path) -> None:
    listed = json.loads(author.run("smscaffold", "list", "--json", cwd=tmp_path, check=True).stdout)
    assert "template-package" not in {each["name"] for each in listed}


def test_a_new_version_of_the_scaffold_is_merged_into_a_package(
    sources: Path, author: Machine, package: Path, tmp_path: Path
) -> None:
    answers = yaml.safe_load((package / ".copier-answers.yml").read_text())
    assert (answers["_src_path"], answers["_commit"]) == ("git+smscaffold://template-package", "v1.0.0")
    later = copy_checkout(tmp_path / "later")
    for name in ("releases.txt", "template-package.bundle"):
        (later / "smscaffold/history" / name).write_bytes((sources / "smscaffold/history" / name).read_bytes())
    append(later / "smscaffold/authoring/template-package/template/README.md.tmpl", "\nMore to read.\n")
    assert release(later, "1.1.0").returncode == 0
    append(package / "pyproject.toml", "# mine\n")
    author.commit(package)
    upgraded = machine(tmp_path / "upgraded", build_wheel(later, tmp_path / "wheel"))
    upgraded.update(package)
    assert (package / "README.md").read_text().endswith("\nMore to read.\n")
    assert (package / "pyproject.toml").read_text().endswith("# mine\n")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("smscaffold templ", ["template"]),
        ("smscaffold template ", ["new", "test", "build", "release"]),
        ("smscaffold template test --n", ["--no-docker"]),
        ("smscaffold template new -d lang", ["language="]),
        ("smscaffold template build ", []),
        ("smscaffold template nonsense ", []),
    ],
)
def test_completion(line: str, expected: list[str]) -> None:
    assert [word for word, _ in candidates(line, _parser())] == expected


def test_help_names_the_commands(author: Machine, tmp_path: Path) -> None:
    shown = author.run("smscaffold", "template", "--help", cwd=tmp_path, check=True).stdout
    assert all(f"    {name} " in shown for name in ("new", "test", "build", "release"))
    alone = author.run("smscaffold", "template", cwd=tmp_path)
    assert (alone.returncode, "COMMAND" in alone.stderr) == (2, True)
