"""What a template says is the user's stays as the user has left it, in every template."""

from __future__ import annotations

from pathlib import Path

import pytest
from shared_helpers import write
from update_helpers import Machine, append, users_files

from smscaffold import catalog

SETTINGS = "smscaffold-check.toml"
TEMPLATES = [template for template in catalog.templates() if template.origin == catalog.BUILT_IN and template.folder]
#: their files of the user are those of another template
AGAIN = ("python-fastapi", "scala-http")


@pytest.mark.parametrize(
    "template",
    [pytest.param(each, id=each.name, marks=[pytest.mark.exhaustive] * (each.name in AGAIN)) for each in TEMPLATES],
)
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


@pytest.mark.parametrize("update", [("smscaffold", "update"), ("copier", "update", "--defaults")], ids=" ".join)
def test_an_update_keeps_the_settings_that_no_template_has(
    update: tuple[str, ...], machine_a: Machine, machine_b: Machine, tmp_path: Path
) -> None:
    folder = machine_a.new(tmp_path / "model")
    assert not (folder / SETTINGS).exists()
    write(folder / SETTINGS, "metric = 'rmse=(.*)'\n")
    machine_a.commit(folder)
    machine_b.run(*update, cwd=folder, check=True)
    assert (folder / "added.md").exists(), "what the new version brings"
    assert (folder / SETTINGS).read_text() == "metric = 'rmse=(.*)'\n"
    assert SETTINGS not in machine_b.status(folder)
