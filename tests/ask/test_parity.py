"""Asking, --data-file and bare copier make the same folder of the same answers, for every template and layout."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from ask_helpers import Open, files

from smscaffold import catalog
from smscaffold.compile import compile_template

REVIEW = "Write it, or change an answer?"
TEMPLATES = [template for template in catalog.templates() if template.origin == catalog.BUILT_IN and template.folder]
# each template has the same questions about the layout
CASES = [
    pytest.param(
        template,
        layout,
        id=f"{template.name}-{layout}",
        marks=[pytest.mark.exhaustive] * ((layout == "single") != (template.name == "python-flask")),
    )
    for template in TEMPLATES
    for layout in ("single", "split")
]


@pytest.mark.parametrize(("template", "layout"), CASES)
def test_same_answers_same_folder(
    open_terminal: Open,
    work: Path,
    tmp_path: Path,
    environment: dict[str, str],
    template: catalog.Template,
    layout: str,
) -> None:
    terminal = open_terminal("new", "asked", "-t", template.name, "--no-git")
    terminal.answer("> asked", "team/churn")
    terminal.wait("One image or two?")
    terminal.press("1" if layout == "single" else "2", "Enter")
    # what faces the platform is asked where that can be chosen
    while "AWS region" not in (shown := terminal.next_question()):
        if "One image or two?" not in shown:
            terminal.press("Enter")
        terminal.wait_while(shown)
    terminal.answer("AWS region", "eu-central-1")
    while REVIEW not in (shown := terminal.next_question()):
        terminal.press("Enter")
        terminal.wait_while(shown)
    terminal.press("Enter")
    assert terminal.exit_code() == 0

    answers = (work / "asked" / ".copier-answers.yml").read_text()
    given = {name: value for name, value in yaml.safe_load(answers).items() if not name.startswith("_")}
    assert {"project_name": "team/churn", "layout": layout, "aws_region": "eu-central-1"}.items() <= given.items()
    file = tmp_path / "answers.yml"
    file.write_text(yaml.safe_dump(given))
    command = [sys.executable, "-m", "smscaffold", "new", "given", "-t", template.name, "--data-file", file, "--no-git"]
    subprocess.run(command, cwd=work, env=environment, check=True, capture_output=True, stdin=subprocess.DEVNULL)
    assert template.folder
    compile_template(template.folder, tmp_path / "template")
    copier = [Path(sys.executable).parent / "copier", "copy", "--defaults", "--quiet", "--data-file", file]
    env = {**os.environ, "COPIER_CACHE_DIR": str(tmp_path / "cache")}
    subprocess.run([*copier, tmp_path / "template", work / "copied"], env=env, check=True)

    assert files(work / "asked") == files(work / "given") == files(work / "copied")
    for name in files(work / "asked"):
        asked, given_, copied = (work / each / name for each in ("asked", "given", "copied"))
        assert content(asked) == content(given_) == content(copied), name
        assert asked.stat().st_mode == given_.stat().st_mode, name
        assert asked.stat().st_mode & 0o111 == copied.stat().st_mode & 0o111, name
    assert (work / "asked/.copier-answers.yml").read_bytes() == (work / "given/.copier-answers.yml").read_bytes()


def content(path: Path) -> bytes:
    """A file without the lines that say where its template came from: bare copier knows another place."""
    data = path.read_bytes()
    return re.sub(rb"(?m)^(_src_path|_commit): .*\n", b"", data) if path.name == ".copier-answers.yml" else data
