"""``make release``: the history of the templates, the same whoever writes it, and never rewritten."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from shared_helpers import write
from update_helpers import CHECKOUT, append, copy_checkout, release

from smscaffold.history import git_remote, record

HISTORY = Path("smscaffold", "history")


def content(sources: Path) -> dict[str, bytes]:
    """The bundles and the record."""
    history = sources / HISTORY
    return {path.name: path.read_bytes() for path in [*history.glob("*.bundle"), history / "releases.txt"]}


def git(folder: Path, *words: str) -> str:
    return subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    return copy_checkout(tmp_path / "sources")


@pytest.fixture
def released(version_b: Path, tmp_path: Path) -> Path:
    """Two releases, 1.0.0 and 1.1.0."""
    return Path(shutil.copytree(version_b, tmp_path / "released"))


def test_two_runs_are_the_same_to_the_byte(sources: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(sources, tmp_path / "elsewhere" / "copy"))
    home = write(
        tmp_path / "home" / ".gitconfig", "[user]\nname = X\n[core]\nautocrlf = true\ncompression = 0\n"
    ).parent
    environment = {"TZ": "Asia/Tokyo", "HOME": str(home), "GIT_AUTHOR_NAME": "Y", "LC_ALL": "C"}
    for version in ("1.0.0", "1.1.0"):
        assert release(sources, version).returncode == 0
        done = release(other, version, **environment)
        assert done.returncode == 0, done.stderr
        for folder in (sources, other):
            append(folder / "templates" / "_shared" / "questions" / "common.yml", f"\n# after {version}\n")
    assert content(sources) == content(other)
    assert '__version__ = "1.1.0"\n' in (other / "smscaffold" / "__init__.py").read_text()


def test_a_bundle_is_what_the_record_says(released: Path, tmp_path: Path) -> None:
    releases = record.releases("python-flask", released / HISTORY)
    assert [each.tag for each in releases] == ["v1.0.0", "v1.1.0"]
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", str(released / HISTORY / "python-flask.bundle"), str(clone))
    for each in releases:
        assert git(clone, "rev-parse", f"{each.tag}^{{commit}}", f"{each.tag}^{{tree}}").split() == [
            each.commit,
            each.tree,
        ]
    assert git(clone, "rev-parse", "v1.1.0^") == releases[0].commit
    people = {"smscaffold <templates@smscaffold.invalid> 2000-01-01"}
    assert set(git(clone, "log", "--format=%an <%ae> %as", "--date=iso").splitlines()) == people
    assert set(git(clone, "log", "--format=%cn <%ce> %cs").splitlines()) == people


def test_what_was_released_stays(version_a: Path, version_b: Path) -> None:
    before = record.read_record(version_a / HISTORY)
    assert record.read_record(version_b / HISTORY)[: len(before)] == before


def test_a_template_that_has_not_changed_is_left_alone(released: Path) -> None:
    before = content(released)
    done = release(released, "1.2.0")
    assert (done.returncode, "No template has changed" in done.stdout) == (0, True)
    assert content(released) == before
    assert release(released, "1.2.0").returncode == 0


def test_only_what_has_changed_is_released(released: Path) -> None:
    other = released / "templates" / "another"
    write(other / "copier.yml", "_subdirectory: template\nname: x\n")
    write(other / "template" / "{{ _copier_conf.answers_file }}.jinja", "{{ _copier_answers | to_nice_yaml }}")
    before = content(released)
    assert release(released, "1.2.0").returncode == 0
    after = content(released)
    assert after["python-flask.bundle"] == before["python-flask.bundle"]
    assert [each.tag for each in record.releases("another", released / HISTORY)] == ["v1.2.0"]


@pytest.mark.parametrize(
    ("version", "words"),
    [
        ("1.1", "a version is three numbers"),
        ("v1.2.0", "a version is three numbers"),
        ("1.2.0rc1", "a version is three numbers"),
        ("", "a version is three numbers"),
        ("1.0.5", "1.0.5 is lower than 1.1.0"),
        ("1.1.0", "python-flask v1.1.0 is released already, and python-flask has changed since"),
    ],
)
def test_versions_that_cannot_be(released: Path, version: str, words: str) -> None:
    append(released / "templates" / "python-flask" / "copier.yml", "\n# changed\n")
    before = content(released)
    done = release(released, version)
    assert done.returncode == 1
    assert done.stderr.startswith("release: error: ")
    assert words in done.stderr
    assert content(released) == before


def test_what_is_not_committed_is_not_released(sources: Path) -> None:
    git(sources, "init", "--quiet")
    done = release(sources, "1.0.0")
    assert (done.returncode, done.stderr.splitlines()) == (
        1,
        [
            "release: error: commit these before you release them:",
            "  ?? smscaffold/authoring/template-package/",
            "  ?? smscaffold/sagemaker_local.py",
            "  ?? templates/",
        ],
    )


def test_a_release_that_was_cut_short_is_done_again(version_b: Path, released: Path) -> None:
    complete = content(version_b)
    lines = (released / HISTORY / "releases.txt").read_text().splitlines(keepends=True)
    (released / HISTORY / "releases.txt").write_text("".join(lines[:-1]))
    assert release(released, "1.1.0").returncode == 0
    assert content(released) == complete


def test_line_ends_arrive_as_they_were_released(released: Path, tmp_path: Path) -> None:
    bundle = released / HISTORY / "python-flask.bundle"
    git(tmp_path, "-c", "core.autocrlf=true", "clone", "--quiet", str(bundle), "clone")
    assert b"\r" not in (tmp_path / "clone" / "template" / "Dockerfile.jinja").read_bytes()


class TestThisCheckout:
    """The bundles that are committed here."""

    BUNDLES = sorted((CHECKOUT / HISTORY).glob("*.bundle"))

    def test_no_tag_has_moved(self) -> None:
        recorded = {(each.template, f"refs/tags/{each.tag}"): each.commit for each in record.read_record()}
        held = {
            (bundle.stem, name): commit
            for bundle in self.BUNDLES
            for name, commit in git_remote.refs(str(bundle)).items()
            if name.startswith("refs/tags/")
        }
        assert held == recorded

    @pytest.mark.parametrize("bundle", BUNDLES, ids=lambda bundle: bundle.stem)
    def test_every_commit_holds_what_was_released(self, bundle: Path, tmp_path: Path) -> None:
        git(tmp_path, "clone", "--quiet", "--bare", str(bundle), "clone")
        parent = ""
        for each in record.releases(bundle.stem):
            assert git(tmp_path / "clone", "rev-parse", f"{each.commit}^{{tree}}") == each.tree
            assert record.commit_id(each.template, each.tree, parent) == each.commit
            parent = each.commit
        assert git_remote.refs(str(bundle))[git_remote.BRANCH] == parent

    def test_no_line_of_the_record_was_ever_changed(self) -> None:
        log = ["git", "log", "--format=", "--patch", "--", str(HISTORY / "releases.txt")]
        done = subprocess.run(log, cwd=CHECKOUT, capture_output=True, text=True)
        if done.returncode:
            pytest.skip("not a checkout of git")
        assert not [line for line in done.stdout.splitlines() if line.startswith("-") and not line.startswith("---")]
