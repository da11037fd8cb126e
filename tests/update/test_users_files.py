"""What a template says is the user's stays as the user has left it, in every template."""

from __future__ import annotations

from pathlib import Path

import pytest
from update_helpers import Machine, append, users_files

from smscaffold import catalog

TEMPLATES = [template for template in catalog.templates() if template.origin == catalog.BUILT_IN and template.folder]


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.name)
def test_an_update_keeps_the_users_files(
    template: catalog.Template, machine_a: Machine, machine_b: Machine, tmp_path: Path
) -> None:
    folder = machine_a.new(tmp_path / "model", f"--template={template.name}")
    assert template.folder
    users = users_files(template.folder)
    edited = {folder / name: (folder / name).read_text() for name in users if (folder / name).exists()}
    assert edited
    for path in edited:
        path.write_text("mine\n")
    append(folder / ".dockerignore", "# mine\n")
    machine_a.commit(folder)
    machine_b.update(folder)
    assert [path.read_text() for path in edited] == ["mine\n"] * len(edited)
    assert (folder / "added.md").exists(), "what the new version brings"
    assert "# mine" in (folder / ".dockerignore").read_text()
