"""docs/templates.md, followed word by word: its commands in a fresh folder, without a network."""

from __future__ import annotations

import re
from pathlib import Path

from authoring_helpers import CHECKOUT, NO_ENGINE, OFFLINE, Machine

TEXT = (CHECKOUT / "docs" / "templates.md").read_text()
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", TEXT, re.DOTALL)


def test_its_commands(author: Machine, tmp_path: Path) -> None:
    """Containers are left out by a Docker engine that is not there: test_template_test.py has them."""
    commands = "\n".join(text for kind, text in BLOCKS if kind == "sh")
    script = f"set -eu\n{commands}\npwd\n"
    done = author.run("bash", "-c", script, cwd=tmp_path, **OFFLINE, **NO_ENGINE)
    assert done.returncode == 0, done.stdout + done.stderr
    said = without_figures(done.stdout)
    (shown,) = [text for kind, text in BLOCKS if kind == "console"]
    assert without_figures(shown) in said
    assert 'LABEL contact="data-team@example.com"\n' in said
    assert "acme/python-http" in said
    assert said.rstrip().endswith(f"{tmp_path}/acme-templates")
    assert (tmp_path / "model" / "Dockerfile").read_text().endswith('LABEL contact="nobody"\nLABEL template="acme"\n')
    assert "_commit: v0.2.0" in (tmp_path / "model" / ".copier-answers.yml").read_text()
    assert (tmp_path / "plain" / "build_and_push.sh").is_file()


def without_figures(text: str) -> str:
    return re.sub(r"\d+ files|\(\d+\.\d s\)", "#", text)


def test_its_links() -> None:
    for target in re.findall(r"\]\(([^)#]+)", TEXT):
        assert (CHECKOUT / "docs" / target).is_file(), target
