"""Files that mean harm: YAML that grows when it is written out, files without an end, includes without an end."""

from __future__ import annotations

import os
import resource
import subprocess
from pathlib import Path

import pytest
from cli_helpers import COPIER_YML, Result, Run, command
from shared_helpers import refused, write

BOMB = "\n".join(["- &a0 [x]", *(f"- &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10))])
MERGED = "\n".join(
    ["m0: &m0 {k: 1}", *(f"m{n}: &m{n} {{<<: [{', '.join([f'*m{n - 1}'] * 10)}]}}" for n in range(1, 10))]
)
MEMORY = 1 << 30  # bytes


@pytest.fixture
def bounded(work: Path, environment: dict[str, str]) -> Run:
    """Runs ``smscaffold ARGUMENTS`` with little memory, and only for a while."""

    def run(*words: str | Path) -> Result:
        def limit() -> None:
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))

        return subprocess.run(
            command(*words), cwd=work, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=60, preexec_fn=limit,
        )  # fmt: skip

    return run


def indented(text: str, by: str) -> str:
    return "\n".join(by + line for line in text.split("\n"))


@pytest.mark.parametrize("title", [f"\n{indented(BOMB, '    ')}", "{a: b}", "[a]"])
def test_a_title_that_is_no_text(bounded: Run, environment: dict[str, str], template: Path, title: str) -> None:
    config = template / "copier.yml"
    config.write_text(f"{COPIER_YML}\n_smscaffold:\n  title: {title}\n")
    write(
        Path(environment["HOME"]) / ".config" / "smscaffold" / "smscaffold.toml",
        f"[templates.sources]\nchurn = '{template}'\n",
    )
    done = bounded("list")
    assert done.returncode == 0, done.stderr
    assert "python-flask" in done.stdout
    assert ("&a" in title) == ("aliases" in done.stderr), done.stderr


@pytest.mark.parametrize("text", [f"project_name:\n{indented(BOMB, '  ')}\n", f"{MERGED}\n", "project_name: &x [*x]\n"])
def test_answers_that_grow(bounded: Run, template: Path, tmp_path: Path, text: str) -> None:
    file = write(tmp_path / "answers.yml", text)
    refused(bounded("new", "x", "-y", "-t", template, "--data-file", file), "answers.yml", "aliases")


def test_choices_that_grow(bounded: Run, template: Path) -> None:
    with (template / "copier.yml").open("a") as file:
        file.write(f"\nsize:\n  choices:\n{indented(BOMB, '    ')}\n")
    refused(bounded("new", "x", "-y", "-t", template), "copier.yml", "aliases")


def test_what_a_message_repeats_is_cut(bounded: Run, template: Path, tmp_path: Path) -> None:
    file = write(tmp_path / "answers.yml", f"project_name: [{'a' * 500_000}]\n")
    done = bounded("new", "x", "-y", "-t", template, "--data-file", file)
    refused(done, "project_name must be text, not ['aaa")
    assert len(done.stderr) < 500


@pytest.mark.parametrize("number", ["0x" + "f" * 6_000, "0b" + "1" * 60_000])
def test_a_number_too_long_to_be_shown(bounded: Run, template: Path, tmp_path: Path, number: str) -> None:
    for option, name, text in (
        ("--data-file", "a.yml", f"layout: {number}"),
        ("--config", "a.toml", f"[defaults]\nlayout = {number}"),
    ):
        refused(bounded("new", "x", "-y", "-t", template, option, write(tmp_path / name, text)), name)


class TestFilesThatAreNone:
    """What is read as a whole is a plain file of no more than 1 MiB."""

    @pytest.fixture(params=["fifo", "endless", "huge"])
    def file(self, request: pytest.FixtureRequest, tmp_path: Path) -> Path:
        path = tmp_path / "given"
        if request.param == "fifo":
            os.mkfifo(path)
        elif request.param == "endless":
            path.symlink_to("/dev/zero")
        else:
            with path.open("wb") as file:
                file.truncate(64 << 20)
        return path

    @pytest.mark.parametrize("option", ["--data-file", "--config"])
    def test_options(self, bounded: Run, template: Path, file: Path, option: str) -> None:
        refused(bounded("new", "x", "-y", "-t", template, option, file), str(file))

    def test_certificates(self, bounded: Run, template: Path, file: Path) -> None:
        named = file.rename(file.with_name("ca.crt"))
        config = write(file.with_name("smscaffold.toml"), "[organisation]\ncertificates = ['ca.crt']\n")
        refused(
            bounded("new", "x", "-y", "-t", template, "--config", config),
            f"line 2: organisation.certificates names {named}: ",
        )

    def test_includes(self, bounded: Run, template: Path, file: Path) -> None:
        if file.is_symlink():
            pytest.skip("a link out of the template is refused for that")
        file.rename(template / "more.yml")
        with (template / "copier.yml").open("a") as config:
            config.write("\n---\n!include more.yml\n")
        refused(bounded("new", "x", "-y", "-t", template), "more.yml")


def test_a_huge_copier_yml(bounded: Run, template: Path) -> None:
    with (template / "copier.yml").open("ab") as file:
        file.truncate(64 << 20)
    refused(bounded("new", "x", "-y", "-t", template), "copier.yml", "larger than 1 MiB")


def test_a_huge_record_of_answers(bounded: Run, work: Path) -> None:
    with write(work / "x" / ".copier-answers.yml", "").open("wb") as file:
        file.truncate(64 << 20)
    refused(bounded("update", "x"), ".copier-answers.yml", "larger than 1 MiB")


class TestIncludes:
    def test_doubling(self, bounded: Run, template: Path) -> None:
        for level in range(25):
            write(template / f"q{level}.yml", f"!include q{level + 1}.yml\n---\n!include q{level + 1}.yml\n")
        write(template / "q25.yml", "more: {type: str, default: x}\n")
        self.include(template, "q0.yml")
        refused(bounded("new", "x", "-y", "-t", template), "copier.yml", "include")

    def test_many(self, bounded: Run, template: Path) -> None:
        for number in range(101):
            write(template / "questions" / f"{number}.yml", f"q{number}: {{type: str, default: x}}\n")
        self.include(template, "questions/*.yml")
        refused(bounded("new", "x", "-y", "-t", template), "copier.yml", "more than 100 files")

    def test_many_below_each_other(self, bounded: Run, template: Path) -> None:
        for level in range(12):
            write(template / f"q{level}.yml", f"!include q{level + 1}.yml\n")
        write(template / "q12.yml", "more: {type: str, default: x}\n")
        self.include(template, "q0.yml")
        refused(bounded("new", "x", "-y", "-t", template), "copier.yml", "include each other")

    def test_much(self, bounded: Run, template: Path) -> None:
        for number in range(3):
            write(template / "questions" / f"{number}.yml", f"q{number}: {{default: {'x' * 500_000}}}\n")
        self.include(template, "questions/*.yml")
        refused(bounded("new", "x", "-y", "-t", template), "copier.yml", "larger than 1 MiB together")

    def test_itself(self, bounded: Run, template: Path) -> None:
        self.include(template, "copier.yml")
        refused(bounded("new", "x", "-y", "-t", template), "copier.yml", "include")

    @pytest.mark.parametrize("pattern", ["**/*/**/*/**/*.yml", "*/*/*/*/*/*/*/*/*/*/*/*.yml"])
    def test_patterns_of_folders(self, bounded: Run, template: Path, pattern: str) -> None:
        for name in "abcdefgh":
            (template / name).symlink_to(".")
        self.include(template, pattern)
        refused(bounded("new", "x", "-y", "-t", template), "copier.yml", "last part")

    def test_a_pattern_of_files(self, bounded: Run, template: Path, work: Path) -> None:
        write(template / "questions" / "a.yml", "gpu: {type: bool, default: true}\n")
        self.include(template, "questions/*.yml")
        done = bounded("new", "x", "-y", "--no-git", "-t", template)
        assert done.returncode == 0, done.stderr

    def include(self, template: Path, pattern: str) -> None:
        with (template / "copier.yml").open("a") as config:
            config.write(f"\n---\n!include '{pattern}'\n")
