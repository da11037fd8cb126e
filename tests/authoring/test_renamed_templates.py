"""A template whose folder was renamed: its history goes on, and the container folders of the old name follow."""

from __future__ import annotations

from pathlib import Path

import pytest
from authoring_helpers import Machine, append, install, refused, write
from test_template_release import release

from smscaffold.history import git_remote, record

OTHER = "_smscaffold: {language: A, framework: B, title: C}\nname: {default: x}\n"


class Renamed:
    """The package with a release 0.1.0, in which the template python-http is called ``tree`` now."""

    def __init__(self, author: Machine, package: Path, *folders: Path) -> None:
        """With `folders`, these are made of the release before."""
        self.author, self.package, self.place = author, package, package / "acme_templates"
        write(self.place / "python-http" / "template" / "notes.md", "one\n")
        release(author, package, "0.1.0")
        if folders:
            install(author, package)
        for folder in folders:
            author.new(folder, "-t", "acme/python-http")
        self.tree = (self.place / "python-http").rename(self.place / "tree")

    def says(self, formerly: str, template: Path | None = None) -> None:
        config = (template or self.tree) / "copier.yml"
        text = config.read_text()
        assert "_smscaffold: {" in text or "_smscaffold:\n" in text
        old, new = ("_smscaffold: {", f"_smscaffold: {{formerly: {formerly}, ")
        if old not in text:
            old, new = ("_smscaffold:\n", f"_smscaffold:\n  formerly: {formerly}\n")
        config.write_text(text.replace(old, new, 1))

    def is_refused(self, *words: str) -> None:
        self.author.commit(self.package)
        before = {path: path.read_bytes() for path in self.place.glob("*.*")}
        refused(self.author.run("smscaffold", "template", "release", "0.2.0", cwd=self.package), *words)
        assert {path: path.read_bytes() for path in self.place.glob("*.*")} == before
        assert self.author.status(self.package) == ""

    def tags(self, name: str) -> list[str]:
        found = git_remote.refs(str(self.place / f"{name}.bundle"))
        return [ref.removeprefix("refs/tags/") for ref in found if ref.startswith("refs/tags/")]


@pytest.fixture
def renamed(author: Machine, package: Path) -> Renamed:
    return Renamed(author, package)


def test_folders_of_the_old_name_follow(author: Machine, package: Path, tmp_path: Path) -> None:
    folders = [tmp_path / "by-copier", tmp_path / "by-us"]
    renamed = Renamed(author, package, *folders)
    renamed.says("[python-http]")
    write(renamed.tree / "template" / "notes.md", "zero\none\n")
    release(author, package, "0.2.0")
    before = record.read_record(renamed.place)
    assert [(each.template, each.tag) for each in before] == [("python-http", "v0.1.0"), ("tree", "v0.2.0")]
    assert renamed.tags("tree") == ["v0.1.0", "v0.2.0"]
    assert not (renamed.place / "python-http.bundle").exists()
    append(renamed.tree / "template" / "notes.md", "two\n")
    release(author, package, "0.3.0")
    assert renamed.tags("tree") == ["v0.1.0", "v0.2.0", "v0.3.0"]
    install(author, package)
    commands = (["copier", "update", "--defaults"], ["smscaffold", "update"])
    for folder, command in zip(folders, commands, strict=True):
        append(folder / "notes.md", "mine\n")
        author.commit(folder)
        author.run(*command, cwd=folder)
        answers = (folder / ".copier-answers.yml").read_text()
        assert "_commit: v0.3.0\n_src_path: git+smscaffold://acme/python-http\n" in answers
        assert "zero\none\n" in (folder / "notes.md").read_text()
        assert "mine\n" in (folder / "notes.md").read_text()
    names = "from smscaffold import catalog; print(catalog.from_source('git+smscaffold://acme/python-http').names)"
    assert "acme/tree" in author.run("python", "-c", names, cwd=tmp_path, check=True).stdout  # what answers go by
    new = author.new(tmp_path / "new", "-t", "acme/tree")
    assert "_src_path: git+smscaffold://acme/tree\n" in (new / ".copier-answers.yml").read_text()


def test_a_name_given_back(renamed: Renamed) -> None:
    renamed.says("[python-http]")
    release(renamed.author, renamed.package, "0.2.0")
    renamed.tree.rename(renamed.place / "python-http")
    config = renamed.place / "python-http" / "copier.yml"
    config.write_text(config.read_text().replace("formerly: [python-http]", "formerly: [tree]"))
    release(renamed.author, renamed.package, "0.3.0")
    assert renamed.tags("python-http") == ["v0.1.0", "v0.2.0", "v0.3.0"]
    assert git_remote.bundle_in(str(renamed.place), "tree") == str(renamed.place / "python-http.bundle")


def test_a_bundle_that_was_renamed_too(renamed: Renamed) -> None:
    (renamed.place / "python-http.bundle").rename(renamed.place / "tree.bundle")
    renamed.is_refused(
        "tree.bundle holds v0.1.0, which releases.txt does not know of tree: write `formerly: [python-http]` into "
    )
    renamed.says("[python-http]")
    release(renamed.author, renamed.package, "0.2.0")
    assert renamed.tags("tree") == ["v0.1.0", "v0.2.0"]


def test_one_that_says_nothing(renamed: Renamed) -> None:
    renamed.is_refused(
        "tree was never released, and python-http was and is gone: write `formerly: [python-http]` into _smscaffold",
        "tree/copier.yml if that is what it was called, and `formerly: []` if it is new",
    )
    renamed.says("[]")
    release(renamed.author, renamed.package, "0.2.0")
    assert (renamed.tags("python-http"), renamed.tags("tree")) == (["v0.1.0"], ["v0.2.0"])


def test_one_of_the_old_names_is_left_out(renamed: Renamed) -> None:
    renamed.says("[python-http]")
    release(renamed.author, renamed.package, "0.2.0")
    config = renamed.tree / "copier.yml"
    config.write_text(config.read_text().replace("[python-http]", "[]"))
    renamed.is_refused("tree.bundle holds v0.1.0", "write `formerly: [python-http]`")


def test_a_history_that_is_gone(renamed: Renamed) -> None:
    renamed.says("[python-http]")
    (renamed.place / "python-http.bundle").unlink()
    renamed.is_refused("no bundle in", "bring back python-http.bundle as it was released")


def test_two_that_say_the_same(renamed: Renamed) -> None:
    write(renamed.place / "other" / "copier.yml", OTHER)
    renamed.says("[python-http]")
    renamed.says("[python-http]", renamed.place / "other")
    renamed.is_refused("other/copier.yml and ", "both say formerly: python-http, and only one of them")


@pytest.mark.parametrize("name", ["other", "tree"])
def test_a_name_that_a_template_has(renamed: Renamed, name: str) -> None:
    write(renamed.place / "other" / "copier.yml", OTHER)
    renamed.says(f"[python-http, {name}]")
    renamed.is_refused(f"tree/copier.yml says formerly: {name}, and a template has that name now")


@pytest.mark.parametrize(
    "names", ["python-http", "[1]", "['../python-http']", "['a b']", "['.git']", "{a: b}", '["a\\n"]']
)
def test_what_is_no_list_of_names(renamed: Renamed, names: str) -> None:
    renamed.says(names)
    renamed.is_refused("tree/copier.yml: formerly in _smscaffold is ", "has to be a list of the names")
