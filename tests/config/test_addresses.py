"""Addresses that try to get around `allowed` and `allowed_sources`: refused in one sentence, before git is asked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from config_helpers import Machine, commit
from shared_helpers import refused, write

from smscaffold import catalog
from smscaffold.config.standard import Standard, load
from smscaffold.errors import SmscaffoldError

Configured = Callable[[str], Standard]


@pytest.fixture
def configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Configured:
    """Reads a table [templates] of an organisation, without those of this machine."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CONFIG_DIRS", str(tmp_path / "etc"))
    return lambda text: load(write(tmp_path / "standard.toml", f"[templates]\n{text}\n"))


#: what an organisation allows: a folder, two servers by https, one by ssh in both of its spellings, and GitHub
ALLOWED = [
    "/srv/ok/*",
    "file:///srv/ok/*",
    "https://ok.example/acme/*",
    "https://*.ok.example/*",
    "git@ok.example:acme/*",
    "ssh://git@ok.example/acme/*",
    "gh:acme/*",
]


@pytest.mark.parametrize(
    "address",
    [
        "file:///srv/ok/%2e%2e/evil",
        "file:///srv/ok/%2E%2E%2Fevil",
        "file:///srv/ok/%252e%252e/evil",
        "file:///srv/ok/..%5cevil",
        "file:///srv/ok/a\\..\\..\\evil",
        "file:///srv/ok/%00/evil",
        "file:///srv/ok/x\x1b[2J",
        "file:///srv/ok/../evil",
        "git+file:///srv/ok/./../evil",
        "https://ok.example/acme/../evil/churn.git",
        "https://ok.example/acme/%2e./evil/churn.git",
        "https://ok.example/acme%2f..%2fevil",
        "https://ok.example/acme/x?next=/%2e%2e/evil",
        "git@ok.example:acme/../evil",
        "git@ok.example:acme/%2e%2e/evil",
        "git@ok.example:acme/x y/../../evil",
        "ssh://git@ok.example/acme/../../evil",
        "ssh://git@ok.example/acme/~/../evil",
        "gh:acme/../evil/churn",
        "gh:/acme/../evil/churn",
        "git+gh:acme/churn",
        "git+git+https://ok.example/acme/churn",
        "https://evil.example\\@a.ok.example/churn",
        "https://evil.example\\.ok.example/churn",
        "https://evil.example\uff0fa.ok.example/churn",
    ],
)
def test_an_address_that_cannot_be_compared_is_refused(configured: Configured, address: str) -> None:
    standard = configured(f"allowed_sources = {ALLOWED}")
    assert "cannot be compared with" in standard.refusal((), address)
    with pytest.raises(SmscaffoldError, match="cannot be compared with|there is no template"):
        catalog.find(address, standard)


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/a.ok.example/churn",
        "https://evil.example/@a.ok.example/churn",
        "https://evil.example#a.ok.example/churn",
        "https://evil.example?a.ok.example/churn",
        "https://a.ok.example@evil.example/churn",
        "https://a.ok.example:443@evil.example/churn",
        "https://ok.example/acme@evil/churn",
        "https://ok.example:8443/acme/churn",
        "https://ok.example.evil.example/acme/churn",
        "http://ok.example/acme/churn",
        "git@ok.example:/acme/churn",
        "root@ok.example:acme/churn",
        "ssh://ok.example/acme/churn",
        "ssh://git@evil.example/git@ok.example/acme/churn",
        "gh:acme-evil/churn",
        "gl:acme/churn",
        "https://evil.example/file:///srv/ok/churn",
    ],
)
def test_another_place_is_refused(configured: Configured, address: str) -> None:
    with pytest.raises(SmscaffoldError, match=r"does not allow|cannot be compared with"):
        catalog.find(address, configured(f"allowed_sources = {ALLOWED}"))


@pytest.mark.parametrize(
    "address",
    [
        "file:///srv/ok/churn",
        "git+file:///srv//ok/./churn.git/",
        "https://ok.example/acme/churn",
        "HTTPS://OK.example/acme/churn",
        "https://ok.example:443/acme/teams/churn.git",
        "https://user:secret@ok.example/acme/churn",
        "https://ok.example/acme/@evil",
        "https://ok.example/acme/my%20model",
        "https://a.ok.example/churn",
        "git@ok.example:acme/churn.git",
        "ssh://git@ok.example/acme/churn.git",
        "gh:acme/churn",
        "https://github.com/acme/churn.git",
    ],
)
def test_an_allowed_place_in_other_spellings(configured: Configured, address: str) -> None:
    assert catalog.find(address, configured(f"allowed_sources = {ALLOWED}")).origin == catalog.GIT


@pytest.mark.parametrize("address", ["python-x@evil.example:churn", "git@evil.example:acme/churn"])
def test_a_pattern_of_names_allows_no_address(configured: Configured, address: str) -> None:
    with pytest.raises(SmscaffoldError, match="is not among the templates"):
        catalog.find(address, configured("allowed = ['python-*', 'git@*', '*-flask', '*/churn']"))


def test_a_pattern_of_names_allows_no_folder(configured: Configured, template: Path) -> None:
    with pytest.raises(SmscaffoldError, match="is not among the templates"):
        catalog.find(str(template), configured("allowed = ['*churn', '*/churn', 'c*']"))
    assert catalog.find(str(template), configured(f"allowed = ['{template}']")).folder == template.resolve()


def test_a_folder_is_where_its_links_lead(configured: Configured, template: Path, tmp_path: Path) -> None:
    """Both ways: a link to elsewhere is no way around a list, and a list may name a folder by a link."""
    ok = tmp_path / "ok"
    ok.mkdir()
    (ok / "churn").symlink_to(template)
    standard = configured(f"allowed_sources = ['{ok}/*', 'file://{ok}/*']")
    for source in (str(ok / "churn"), f"file://{ok}/churn"):
        assert "does not allow" in standard.refusal((), source)
        with pytest.raises(SmscaffoldError, match="does not allow"):
            catalog.find(source, standard)
    (tmp_path / "link").symlink_to(template.parent)
    standard = configured(f"allowed_sources = ['{tmp_path}/link/*']")
    assert catalog.find(str(template), standard).folder == template.resolve()


@pytest.mark.parametrize("source", ["file:///srv/ok/%2e%2e/evil", "git@ok.example:acme/../evil", "../evil"])
def test_configured_sources_are_compared_too(configured: Configured, source: str, template: Path) -> None:
    source = source if ":" in source else str(template)
    standard = configured(f"allowed_sources = {ALLOWED}\nsources.churn = '{source}'")
    assert "churn" not in {each.name for each in catalog.templates(standard=standard)}
    with pytest.raises(SmscaffoldError, match=r"cannot be compared with|does not allow"):
        catalog.find("churn", standard)


class TestUpdate:
    """A container folder is somebody else's: what it remembers is compared as well."""

    @pytest.fixture
    def folder(self, machine: Machine, template: Path) -> Path:
        machine.done("new", "x", "-y", "-t", f"git+file://{template}", "--quiet")
        return machine.work / "x"

    def remember(self, machine: Machine, folder: Path, source: str) -> None:
        file = folder / ".copier-answers.yml"
        lines = [line for line in file.read_text().splitlines() if not line.startswith("_src_path")]
        file.write_text("\n".join([*lines, f"_src_path: '{source}'", ""]))
        machine.commit(folder)

    @pytest.mark.parametrize("dots", ["%2e%2e", "..", "%252e%252e"])
    def test_a_path_that_climbs(self, machine: Machine, template: Path, folder: Path, dots: str) -> None:
        write(machine.users, f"[templates]\nallowed_sources = ['file://{template.parent}/ok/*']\n")
        self.remember(machine, folder, f"git+file://{template.parent}/ok/{dots}/{template.name}")
        refused(machine.run("update", cwd=folder), "cannot be compared with")

    @pytest.mark.parametrize("source", ["ext::sh -c touch% hacked", "evil.example:acme/churn", "https::https://evil/x"])
    def test_other_ways_of_git(self, machine: Machine, folder: Path, source: str) -> None:
        write(machine.users, "[templates]\nallowed_sources = ['/*', 'https://ok.example/*']\n")
        self.remember(machine, folder, source)
        done = machine.run("update", cwd=folder, GIT_SSH_COMMAND=f"touch {machine.root}/hacked")
        refused(done, str(machine.users))
        assert not list(machine.root.rglob("hacked"))

    def test_a_folder_of_the_name_of_an_address(self, machine: Machine, template: Path, folder: Path) -> None:
        """Git takes a folder `git@host:path` below the current one for the address git@host:path."""
        script = f'#!/bin/sh\ncd {template.parent}\nfor last; do :; done\neval "exec $last"\n'
        hosts = write(machine.root / "ssh", script)  # plays the host
        hosts.chmod(0o755)
        address = f"git@ok.example:./{template.name}"
        self.remember(machine, folder, address)
        evil, fake = machine.root / "evil", folder / address
        assert machine.command("git", "clone", "--quiet", template, evil).returncode == 0
        write(evil / "template" / "README.md.jinja", "hacked\n")
        commit(evil, "v2.0.0")
        assert machine.command("git", "clone", "--quiet", "--bare", evil, fake).returncode == 0
        for empty in [path for path in fake.rglob("*") if path.is_dir() and not any(path.iterdir())]:
            write(empty / ".kept", "")  # git keeps no empty folder
        machine.commit(folder)
        write(template / "template" / "new.txt", "new\n")
        commit(template, "v2.0.0")
        machine.done("update", cwd=folder, GIT_SSH_COMMAND=str(hosts))
        assert "hacked" not in (folder / "README.md").read_text()
        assert (folder / "new.txt").read_text() == "new\n"

    def test_trust_is_not_had_by_climbing(self, machine: Machine, template: Path, folder: Path) -> None:
        """The user trusts all below a folder; the template lies beside that."""
        (template.parent / "trusted").mkdir()
        settings = f"trust: ['git+file://{template.parent}/trusted/']\n"
        write(machine.root / "home" / ".config" / "copier" / "settings.yml", settings)
        config = template / "copier.yml"
        config.write_text(f"_tasks: [touch {machine.root}/hacked]\n{config.read_text()}")
        commit(template, "v2.0.0")
        self.remember(machine, folder, f"git+file://{template.parent}/trusted/%2e%2e/{template.name}")
        refused(machine.run("update", cwd=folder), "wants to run its own code")
        assert not (machine.root / "hacked").exists()


class TestSubmodules:
    """What a template's repository brings along has to be allowed as well."""

    @pytest.fixture
    def evil(self, machine: Machine, template: Path) -> Path:
        """A repository that is not allowed, and is a submodule of the template's."""
        root = machine.root / "elsewhere" / "evil"
        write(root / "evil.txt", "evil\n")
        assert machine.command("git", "init", "--quiet", root).returncode == 0
        commit(root, "v1.0.0")
        add = ("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(root), "template/evil")
        assert machine.command("git", *add, cwd=template).returncode == 0
        commit(template, "v2.0.0")
        return root

    def test_of_another_place(self, machine: Machine, template: Path, evil: Path) -> None:
        allow = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "protocol.file.allow", "GIT_CONFIG_VALUE_0": "always"}
        address = f"git+file://{template}"
        machine.done("new", "x", "-y", "-t", address, **allow)
        assert (machine.work / "x" / "evil" / "evil.txt").exists()
        machine.done("new", "y", "-y", "-t", address, "--ref", "v1.0.0", **allow)
        write(machine.users, f"[templates]\nallowed_sources = ['file://{template.parent}/*']\n")
        words = (f"comes from {evil}, which {machine.users}, line 2 does not allow", "submodule")
        refused(machine.run("new", "z", "-y", "-t", address, **allow), *words)
        refused(machine.run("update", cwd=machine.work / "y", **allow), *words)
        write(machine.users, f"[templates]\nallowed_sources = ['file://{template.parent}/*', '{evil.parent}/*']\n")
        machine.done("update", cwd=machine.work / "y", **allow)
        assert (machine.work / "y" / "evil" / "evil.txt").exists()
