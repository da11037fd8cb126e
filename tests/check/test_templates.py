"""Every built-in template, in every layout and with every front end, keeps all clauses that apply to it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from smscaffold import catalog

LAYOUTS = ("single", "split")
FRONT_ENDS = {"java-spring": ("nginx", "direct")}
VARIANTS = [
    (template.name, layout, front_end)
    for template in catalog.templates()
    if template.origin == catalog.BUILT_IN
    for layout in LAYOUTS
    for front_end in FRONT_ENDS.get(template.name, ("nginx",))
]


@pytest.mark.docker
@pytest.mark.exhaustive
@pytest.mark.parametrize(("template", "layout", "front_end"), VARIANTS)
def test_holds_all_clauses(template: str, layout: str, front_end: str, tmp_path: Path) -> None:
    folder, report = tmp_path / "folder", tmp_path / "report.json"
    answers = [f"-d{name}={value}" for name, value in (("layout", layout), ("front_end", front_end))]
    new = [sys.executable, "-m", "smscaffold", "new", folder, "-y", "--no-git", "--quiet", "-t", template, *answers]
    subprocess.run([*new, "-dproject_name=smscaffold-test/checked"], check=True)
    check = [sys.executable, "-m", "smscaffold", "check", folder, "--format=json", f"--output={report}"]
    done = subprocess.run(check, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    broken = [clause for clause in json.loads(report.read_text())["clauses"] if clause["outcome"] == "fail"]
    assert broken == []
