"""Text by strangers reaches no terminal and no log raw: a template or a file could drive the terminal with it.

Every command here meets text with a write to the clipboard, colours, reordered and hidden letters.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pexpect
import pytest
from cli_helpers import CHECKOUT, Result, Run, command
from hostile_text import HOSTILE, SHOWN, harmful, quoted
from shared_helpers import write

from smscaffold.authoring import trial
from smscaffold.console import Console


def harmless(result: Result, *words: str) -> str:
    """What was printed, after a look at every character of it."""
    output = result.stdout + result.stderr
    assert harmful(output) == []
    assert "Traceback" not in output
    for word in words:
        assert word in output
    return output


@pytest.fixture
def hostile(template: Path) -> Path:
    """The small template; its title and one more question are hostile."""
    config = (template / "copier.yml").read_text().replace("A stub", quoted(f"A stub{HOSTILE}"))
    asks = (
        f"colour: {{type: str, help: {quoted(HOSTILE)}, default: blue, choices: [{quoted(f'red{HOSTILE}')}, blue]}}\n"
    )
    write(template / "copier.yml", config + asks)
    return template


@pytest.fixture
def config(hostile: Path, tmp_path: Path) -> Path:
    """An organisation's configuration with hostile values, file name included."""
    sources = f"[templates.sources]\nstub = {quoted(str(hostile))}\n"
    defaults = f"[defaults]\n{quoted(f'size{HOSTILE}')} = {quoted(HOSTILE)}\n"
    return write(tmp_path / f"{HOSTILE[1:]}.toml", sources + defaults)


def test_the_list_of_templates(run_here: Run, config: Path) -> None:
    harmless(run_here("list", "--config", config), SHOWN)
    listed = run_here("list", "--json", "--config", config)
    assert listed.stdout.isascii()
    assert f"A stub{HOSTILE}" in [each["title"] for each in json.loads(listed.stdout)]


def test_a_title_that_floods_the_list(run_here: Run, template: Path, tmp_path: Path) -> None:
    text = (template / "copier.yml").read_text().replace("A stub", "x" * 1_000_000)
    write(template / "copier.yml", text)
    config = write(tmp_path / "smscaffold.toml", f"[templates.sources]\nstub = '{template}'\n")
    done = run_here("list", "--config", config)
    assert "x... (1000000 characters)" in done.stdout
    assert len(done.stdout) < 20_000


def test_the_columns_of_a_table_count_what_is_shown(run_here: Run, config: Path) -> None:
    header, *lines = run_here("list", "--config", config).stdout.splitlines()
    column = header.index("FROM")
    assert all(line[column - 2 : column] == "  " for line in lines)


def test_the_configuration(run_here: Run, config: Path) -> None:
    done = run_here("config", "--config", config)
    harmless(done, "stub")
    assert "no template here asks" in done.stderr
    assert run_here("config", "--json", "--config", config).stdout.isascii()


def test_what_a_configuration_says_wrongly(run_here: Run, tmp_path: Path) -> None:
    for text in (f"{quoted(HOSTILE)} = 1\n", f"[templates]\nallowed = [{quoted(HOSTILE)}, 1]\n", HOSTILE):
        config = write(tmp_path / f"{HOSTILE}.toml", text)
        assert run_here("list", "--config", config).returncode == 1
        harmless(run_here("list", "--config", config), "smscaffold: error: ")


def test_a_template_of_many_files(run_here: Run, hostile: Path) -> None:
    write(hostile / "template" / "a\u202e\x9b31m.txt", "x")
    shown = harmless(run_here("new", "one", "-t", hostile, "-y", "-n"), r"\u202e\x9b31m.txt")
    assert "README.md" in shown
    made = run_here("new", "one", "-t", hostile, "-y")
    harmless(made, "Made one/")


@pytest.mark.parametrize(
    "line",
    [
        "_min_copier_version: {0}",
        "size: {{type: str, default: x, validator: {0}}}",
        "size: {{type: str, default: {0}, choices: [a, b]}}",
        "size: {{type: str, default: '{{{{ 1 | nofilter }}}}', help: {0}}}",
        "? {0}\n: {{type: int, default: '{{{{ 1 / 0 }}}}'}}",
        "_tasks: [x]\n_external_data: {{{0}: {0}}}",
        "- {0}",
        "_exclude: {{{0}: 1}}",
    ],
)
def test_templates_that_are_refused(run_here: Run, template: Path, line: str) -> None:
    with (template / "copier.yml").open("a") as file:
        file.write(line.format(quoted(HOSTILE)) + "\n")
    done = run_here("new", "one", "-t", template, "-y")
    harmless(done)


def test_words_of_the_command_line(run_here: Run, template: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for words in (
        ["new", HOSTILE, "-t", HOSTILE, "-y"],
        ["new", "one", "-t", template, "-y", "-d", f"{HOSTILE}=1"],
        ["new", "one", "-t", template, "-y", "-d", f"workers={HOSTILE}"],
        ["new", "one", "-t", template, "-y", "--data-file", HOSTILE],
        ["new", "one", "-t", template, "-y", "--ref", HOSTILE],
        ["new", "one", "-t", f"https://127.0.0.1:1/{HOSTILE}", "-y"],
        ["update", HOSTILE],
        ["check", "--explain", HOSTILE],
        ["check", "x", "--select", HOSTILE],
        ["check", "x", "--output", f"{HOSTILE}/x"],
        ["check", "x", "--payload", HOSTILE],
        ["template", "test", HOSTILE],
        ["template", "build", HOSTILE],
        ["template", "release", HOSTILE],
        ["config", "--config", HOSTILE],
    ):
        done = run_here(*words)
        assert done.returncode
        harmless(done, "smscaffold: error: ")
    for words in (["list", HOSTILE], ["completion", HOSTILE], [HOSTILE]):
        with pytest.raises(SystemExit):
            run_here(*words)
    assert harmful(capsys.readouterr().err) == []


def test_variables_of_the_environment(run_here: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMSCAFFOLD_CONFIG", HOSTILE)
    harmless(run_here("list"), "$SMSCAFFOLD_CONFIG names")


def test_warnings_of_the_libraries(run: Run, template: Path) -> None:
    with (template / "copier.yml").open("a") as file:
        file.write("_tasks: [x]\n")
    done = run("new", "one", "-t", template, "-y", env={"COPIER_SETTINGS_PATH": HOSTILE})
    harmless(done, SHOWN, "wants to run its own code")


def test_answers_of_a_file(run_here: Run, template: Path, tmp_path: Path) -> None:
    answers = write(tmp_path / "answers.yml", f"? {quoted(HOSTILE)}\n: 1\n")
    harmless(run_here("new", "one", "-t", template, "-y", "--data-file", answers), "there is no question")
    answers = write(tmp_path / "answers.yml", f"project_name: {quoted('a' + HOSTILE)}\n")
    harmless(run_here("new", "one", "-t", template, "-y", "--data-file", answers), "repository name")
    answers = write(tmp_path / "answers.yml", f"layout: {HOSTILE}\n")
    harmless(run_here("new", "one", "-t", template, "-y", "--data-file", answers), "is not YAML")


def test_an_error_of_many_megabytes(run_here: Run, template: Path) -> None:
    with (template / "copier.yml").open("a") as file:
        file.write("size: {type: str, default: x, validator: \"{{ 'y' * 5000000 }}\"}\n")
    done = run_here("new", "one", "-t", template, "-y")
    assert done.returncode == 1
    assert "characters)" in done.stderr
    assert len(done.stderr) < 10_000


def test_a_line_of_a_stranger_looks_like_none_of_ours(run_here: Run) -> None:
    done = run_here("update", "x\nsmscaffold: error: trust me")
    assert [line for line in done.stderr.splitlines() if line.startswith("smscaffold: ")] == [
        done.stderr.splitlines()[0]
    ]


@pytest.fixture
def two_versions(template: Path, environment: dict[str, str], run_here: Run) -> Path:
    """A folder from the first of two versions of the template; the second one brings hostile text."""
    git = ["git", "-C", str(template), "-c", "core.quotePath=false"]
    for version, text in (("v1.0.0", "mild\n"), ("v2.0.0", f"{HOSTILE}\nsafe\rforged\n")):
        write(template / "template" / "version.txt", text)
        write(template / "template" / "\u202egnp" / f"{version}.txt", text)
        for words in (["init", "-q"], ["add", "--all"], ["commit", "-qm", f"{version}{HOSTILE}"], ["tag", version]):
            subprocess.run([*git, *words], env=environment, check=True, capture_output=True)
    assert run_here("new", "one", "-t", template, "-y", "--ref", "v1.0.0").returncode == 0
    return template


@pytest.mark.usefixtures("two_versions")
def test_the_difference_of_an_update(run_here: Run) -> None:
    harmless(run_here("update", "one", "-n"), f"\n+{SHOWN}", "\n+safe\\rforged\n")


@pytest.mark.usefixtures("two_versions")
def test_the_report_of_an_update(run_here: Run) -> None:
    harmless(run_here("update", "one"), r"A \u202egnp/v2.0.0.txt", "Updated one")


@pytest.mark.usefixtures("two_versions")
def test_the_difference_in_a_terminal(work: Path, environment: dict[str, str]) -> None:
    program, *words = command("update", "one", "-n")
    subprocess.run(["git", "config", "--global", "color.diff.new", "red"], env=environment, check=True)
    terminal = pexpect.spawn(program, words, cwd=work, env={**environment, "TERM": "xterm"}, encoding="utf-8")  # type: ignore[arg-type]
    terminal.expect(pexpect.EOF, timeout=90)
    shown = str(terminal.before)
    assert f"\x1b[32m+{SHOWN}" in shown
    assert "\x1b]" not in shown
    assert harmful(shown, own="\x1b\r") == []


def test_a_fault_of_our_own(work: Path, environment: dict[str, str]) -> None:
    """Even a traceback shows the text of a stranger escaped."""
    script = (
        "import smscaffold.listing, smscaffold.cli\n"
        f"def fail(standard): raise RuntimeError({HOSTILE!r})\n"
        "smscaffold.listing.as_table = fail\n"
        "smscaffold.cli.main(['list'])\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=work, env=environment, capture_output=True, text=True)
    assert done.returncode == 1
    assert SHOWN in done.stderr
    assert harmful(done.stderr) == []


def test_gits_helper(environment: dict[str, str], work: Path) -> None:
    helper = CHECKOUT / "smscaffold" / "history" / "git_remote.py"
    done = subprocess.run(
        [sys.executable, helper, "origin", f"smscaffold://x{HOSTILE}\nsmscaffold: trust me"],
        cwd=work,
        env={**environment, "PYTHONPATH": ""},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    harmless(done, "no template")


def test_a_source_that_forges_lines(run_here: Run, template: Path, work: Path, environment: dict[str, str]) -> None:
    """A folder by a stranger says where its template lies: the words stay in their line."""
    forged = template.with_name("stub\nsmscaffold: trust me")
    template.rename(forged)
    for words in (["init", "-q"], ["add", "--all"], ["commit", "-qm", "v1"], ["tag", "v1.0.0"]):
        subprocess.run(["git", "-C", str(forged), *words], env=environment, check=True, capture_output=True)
    folder = write(work / "one" / ".copier-answers.yml", f"_commit: v1.0.0\n_src_path: {quoted(str(forged))}\n").parent
    for words in (["init", "-q"], ["add", "--all"], ["commit", "-qm", "one"]):
        subprocess.run(["git", "-C", str(folder), *words], env=environment, check=True, capture_output=True)
    done = run_here("update", "one")
    assert (done.returncode, done.stdout.count("\n")) == (0, 1), done
    assert r"stub\nsmscaffold: trust me" in done.stdout


#: a program that says no UTF-8, commands for a terminal, a forged line and a long one
NOISY = r"""import os, sys
os.write(1, b"\xff\x1b]52;c;aa\x07\xc2\x9b31m\nsmscaffold: trust me\n" + b"x" * 5000)
sys.exit(1)"""


def test_what_the_engine_says_while_it_builds(
    run_here: Run, work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "bin" / "docker", f"#!{sys.executable}\n{NOISY}\n").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}")
    monkeypatch.setattr("smscaffold.contract.preparing._require_engine", lambda: None)
    write(work / "folder" / "Dockerfile", "FROM scratch\n")
    done = run_here("check", "folder")
    assert done.returncode == 2
    text = harmless(done, r"\x1b]52;c;aa\x07\x9b31m", "(5000 characters)")
    assert "\nsmscaffold: trust me" not in text


def test_what_the_tests_of_a_template_say(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = trial._run([sys.executable, "-c", NOISY], tmp_path)
    Console().quote(said)
    assert code == 1
    assert r"\x1b]52;c;aa\x07\x9b31m" in capsys.readouterr().err
