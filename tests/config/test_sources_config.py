"""Which templates there are and may be used: several of one name, configured ones, allowed ones."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from config_helpers import CHECKOUT, COPIER_YML, Machine, answers
from shared_helpers import refused, write

from smscaffold import catalog

OTHERS = {template.name for template in catalog.templates()} - {"python-flask"}


def listed(machine: Machine, **environment: str) -> dict[str, str]:
    """The names of the templates, and where each comes from."""
    rows = json.loads(machine.done("list", "--json", **environment).stdout)
    return {row["name"]: row["origin"] for row in rows if row["name"].rpartition("/")[2] not in OTHERS}


@pytest.fixture
def packages(machine: Machine, template: Path) -> dict[str, str]:
    """Two installed packages with a template `churn` each, and one of them with a `python-flask`."""
    site = machine.root / "site"
    for package, names in (("acme", ("churn", "python-flask")), ("beta", ("churn",))):
        for name in names:
            write(site / f"{package}_templates" / name / "copier.yml", COPIER_YML)
            write(site / f"{package}_templates" / name / "template" / "README.md", f"{package}/{name}\n")
        write(site / f"{package}_templates" / "__init__.py", "raise RuntimeError('imported')\n")
        metadata = f"Metadata-Version: 2.1\nName: {package}-templates\nVersion: 1.0\n"
        write(site / f"{package}_templates-1.0.dist-info" / "METADATA", metadata)
        points = f"[smscaffold.templates]\n{package} = {package}_templates\n"
        write(site / f"{package}_templates-1.0.dist-info" / "entry_points.txt", points)
    return {"PYTHONPATH": f"{CHECKOUT}:{site}"}


def test_two_of_one_name_need_their_full_names(machine: Machine, packages: dict[str, str]) -> None:
    assert listed(machine, **packages) == {
        "smscaffold/python-flask": "built-in",
        "acme/churn": "acme-templates 1.0",
        "acme/python-flask": "acme-templates 1.0",
        "beta/churn": "beta-templates 1.0",
    }
    for name, both in (
        ("churn", ("acme/churn (acme-templates 1.0)", "beta/churn (beta-templates 1.0)")),
        ("python-flask", ("smscaffold/python-flask (built-in)", "acme/python-flask (acme-templates 1.0)")),
    ):
        refused(machine.run("new", "x", "-y", "-t", name, **packages), f"more than one template {name!r}", *both)
    machine.done("new", "x", "-y", "-t", "acme/python-flask", **packages)
    assert (machine.work / "x" / "README.md").read_text() == "acme/python-flask\n"
    machine.done("new", "y", "-y", "-t", "smscaffold/python-flask", **packages)
    machine.done("new", "z", "-y", **packages)
    assert answers(machine.work / "y")["_src_path"] == answers(machine.work / "z")["_src_path"]


def test_one_of_them_is_allowed(machine: Machine, packages: dict[str, str]) -> None:
    write(machine.users, "[templates]\nallowed = ['acme/*']\ndefault = 'python-flask'\n")
    assert set(listed(machine, **packages)) == {"acme/churn", "acme/python-flask"}
    machine.done("new", "x", "-y", **packages)
    assert (machine.work / "x" / "README.md").read_text() == "acme/python-flask\n"
    words = (
        f"the template smscaffold/python-flask is not among the templates that {machine.users}, line 2 allows (acme/*)"
    )
    refused(
        machine.run("new", "y", "-y", "-t", "smscaffold/python-flask", **packages), words.replace("smscaffold/p", "p")
    )


def test_configured_templates(machine: Machine, template: Path) -> None:
    write(
        machine.users,
        f"[templates.sources]\nchurn = {{source = 'git+file://{template}', ref = 'v1.0.0', title = 'Churn'}}\n"
        f"near = '../../../templates/churn'\n",
    )
    assert listed(machine) == {
        "python-flask": "built-in",
        "churn": "configured (~/.config/smscaffold/smscaffold.toml)",
        "near": "configured (~/.config/smscaffold/smscaffold.toml)",
    }
    machine.done("new", "x", "-y", "-t", "churn")
    assert (answers(machine.work / "x")["_src_path"], answers(machine.work / "x")["_commit"]) == (
        f"git+file://{template}",
        "v1.0.0",
    )
    machine.done("new", "y", "-y", "-t", "near")
    assert answers(machine.work / "y")["_src_path"] == str(template)
    assert "is up to date with v1.0.0" in machine.done("update", cwd=machine.work / "x").stdout


def test_allowed_sources(machine: Machine, template: Path) -> None:
    write(machine.users, f"[templates]\nallowed_sources = ['smscaffold://*', 'gh:acme/*', '{template.parent}/*']\n")
    machine.done("new", "a", "-y", "--quiet")
    machine.done("new", "b", "-y", "-t", template, "--quiet")
    for address, origin in (
        (f"file://{template}", f"file://{template}"),
        ("gh:other/churn", "https://github.com/other/churn"),
    ):
        refused(machine.run("new", "c", "-y", "-t", address), f"comes from {origin}, which {machine.users}, line 2")
    machine.users.write_text("[templates]\nallowed_sources = ['smscaffold://*']\n")
    refused(machine.run("update", cwd=machine.work / "b"), f"comes from {template}, which")


@pytest.mark.parametrize(("short", "host"), [("gh:", "https://github.com/"), ("gl:", "https://gitlab.com/")])
def test_abbreviations_of_copier(machine: Machine, template: Path, short: str, host: str) -> None:
    """The hosts are played by a folder: git looks there instead."""
    bare = machine.root / "hosts" / "acme" / "churn.git"
    bare.parent.mkdir(parents=True)
    assert machine.command("git", "clone", "--quiet", "--bare", template, bare).returncode == 0
    variables = {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.file://{machine.root / 'hosts'}/.insteadOf",
        "GIT_CONFIG_VALUE_0": host,
    }
    machine.done("new", "x", "-y", "-t", f"{short}acme/churn", "--ref", "v1.0.0", **variables)
    found = answers(machine.work / "x")
    assert (found["_src_path"], found["_commit"]) == (f"{short}acme/churn", "v1.0.0")
    assert "is up to date" in machine.done("update", cwd=machine.work / "x", **variables).stdout
