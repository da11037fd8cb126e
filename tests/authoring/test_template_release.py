"""``smscaffold template release``: a package's history, made and served as that of the built-in templates."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from authoring_helpers import Machine, append, install, refused, write

from smscaffold.history import git_remote, record


def release(author: Machine, package: Path, version: str) -> None:
    """Commits everything, releases it, and commits that."""
    author.commit(package)
    author.run("smscaffold", "template", "release", version, cwd=package, check=True)
    author.commit(package, f"Release {version}")


def history(package: Path) -> dict[str, bytes]:
    """The bundles and the record."""
    place = package / "acme_templates"
    return {path.name: path.read_bytes() for path in [*place.glob("*.bundle"), place / "releases.txt"]}


@pytest.fixture
def released(author: Machine, package: Path, template: Path) -> Path:
    """The package with its release 0.1.0, and a change since."""
    write(template / "template" / "notes.md", "one\n")
    release(author, package, "0.1.0")
    append(template / "template" / "notes.md", "two\n")
    return package


def test_two_authors_make_the_same_and_no_tag_moves(author: Machine, released: Path, tmp_path: Path) -> None:
    before = record.read_record(released / "acme_templates")
    other = Path(shutil.copytree(released, tmp_path / "elsewhere"))
    for package in (released, other):
        release(author, package, "0.2.0")
    assert history(released) == history(other)
    after = record.read_record(released / "acme_templates")
    assert [each.tag for each in after] == ["v0.1.0", "v0.2.0"]
    assert after[:1] == before
    tags = git_remote.refs(str(released / "acme_templates" / "python-http.bundle"))
    assert [tags[f"refs/tags/{each.tag}"] for each in after] == [each.commit for each in after]
    assert 'version = "0.2.0"  # set by' in (released / "pyproject.toml").read_text()


def test_only_the_templates_that_have_changed(author: Machine, released: Path) -> None:
    place = released / "acme_templates"
    write(place / "other" / "copier.yml", "_smscaffold: {language: A, framework: B, title: C}\nname: {default: x}\n")
    author.run("git", "checkout", "--", ".", cwd=released, check=True)
    before = history(released)
    release(author, released, "0.2.0")
    assert history(released)["python-http.bundle"] == before["python-http.bundle"]
    assert [each.tag for each in record.releases("other", place)] == ["v0.2.0"]


@pytest.mark.parametrize(
    ("version", "said"),
    [
        ("0.0.9", "0.0.9 is lower than 0.1.0, which is released already"),
        ("0.1.0", "python-http v0.1.0 is released already, and python-http has changed since: take a higher version"),
        ("1.0", "a version is three numbers, such as 0.2.0, not '1.0'"),
    ],
)
def test_versions_that_cannot_be(author: Machine, released: Path, version: str, said: str) -> None:
    author.commit(released)
    refused(author.run("smscaffold", "template", "release", version, cwd=released), said)
    assert author.status(released) == ""


def test_none_is_released_when_one_is_refused(author: Machine, released: Path) -> None:
    write(
        released / "acme_templates" / "another" / "copier.yml", "_smscaffold: {language: A, framework: B, title: C}\n"
    )
    author.commit(released)
    done = author.run("smscaffold", "template", "release", "0.1.0", cwd=released)
    refused(done, "python-http v0.1.0 is released already")
    assert author.status(released) == ""


def test_nothing_has_changed(author: Machine, released: Path) -> None:
    author.run("git", "checkout", "--", ".", cwd=released, check=True)
    refused(author.run("smscaffold", "template", "release", "0.2.0", cwd=released), "no template has changed")
    assert author.status(released) == ""


def test_what_is_not_committed(author: Machine, released: Path) -> None:
    done = author.run("smscaffold", "template", "release", "0.2.0", cwd=released)
    assert (done.returncode, done.stderr.splitlines()) == (
        1,
        [
            "smscaffold: error: commit these before you release them:",
            "   M acme_templates/python-http/template/notes.md",
        ],
    )


def test_a_name_that_another_package_has(author: Machine, released: Path, tmp_path: Path) -> None:
    others = tmp_path / "site"
    write(others / "other_templates" / "__init__.py", "")
    write(others / "others-1.0.dist-info" / "METADATA", "Metadata-Version: 2.1\nName: others\nVersion: 1.0\n")
    write(others / "others-1.0.dist-info" / "entry_points.txt", "[smscaffold.templates]\nacme = other_templates\n")
    done = author.run("smscaffold", "template", "release", "0.2.0", cwd=released, PYTHONPATH=str(others))
    refused(done, "pyproject.toml registers the name acme, which the installed package others has taken")


def test_a_package_that_says_its_version_elsewhere(author: Machine, released: Path) -> None:
    path = released / "pyproject.toml"
    lines = [line for line in path.read_text().splitlines() if not line.startswith("version")]
    path.write_text("\n".join([*lines, "[tool.other]", 'version = "9"', ""]))
    author.commit(released)
    done = author.run("smscaffold", "template", "release", "0.2.0", cwd=released, check=True)
    assert "pyproject.toml says no version" in done.stderr
    assert 'version = "9"' in path.read_text()


def test_line_ends_of_pyproject_stay(author: Machine, released: Path) -> None:
    path = released / "pyproject.toml"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    before = path.read_bytes()
    release(author, released, "0.2.0")
    assert path.read_bytes() == before.replace(b'version = "0.1.0"', b'version = "0.2.0"')


def test_folders_follow_the_installed_package(author: Machine, released: Path, template: Path, tmp_path: Path) -> None:
    author.run("git", "checkout", "--", ".", cwd=released, check=True)
    install(author, released)
    listed = author.run("smscaffold", "list", cwd=tmp_path, check=True).stdout
    assert "acme/python-http" in listed
    assert "acme-templates 0.1.0" in listed
    folder = author.new(tmp_path / "model", "-t", "acme/python-http")
    answers = (folder / ".copier-answers.yml").read_text()
    assert "_commit: v0.1.0\n_src_path: git+smscaffold://acme/python-http\n" in answers
    append(folder / "notes.md", "mine\n")
    author.commit(folder)
    write(template / "template" / "notes.md", "zero\none\n")
    release(author, released, "0.2.0")
    install(author, released)
    author.run("copier", "update", "--defaults", cwd=folder, check=True)
    assert (folder / "notes.md").read_text() == "zero\none\nmine\n"
