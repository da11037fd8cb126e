"""Templates by strangers that want to run code, write outside their folder or read this machine: each is refused.

Every attack here has been seen succeeding before the rule that holds it off was written.
"""

from __future__ import annotations

import json
import os
import stat
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path, PurePath

import pytest
from cli_helpers import Result, Run, files
from jinja2.exceptions import SecurityError
from shared_helpers import refused, write

from smscaffold.asking.expressions import Expressions, UnsupportedError
from smscaffold.errors import SmscaffoldError
from smscaffold.template_config import load_config
from smscaffold.trust import Trust, refuse_path

JINJA_GIT = "{{ '.gi' ~ 't' }}"  # git tracks no file of the name .git, but it tracks this one
LINKS = "_preserve_symlinks: true\n"
# where the functions are from that the libraries give to templates as filters and tests
KNOWN_MODULES = {"builtins", "itertools", "json", "markupsafe", "_operator", "math", "_json", "posixpath"}
# by an object of copier's that evaluates what it takes for a type
CODE = (
    '{{ _copier_conf.settings.model_fields.trust.from_annotation(\'__import__("os").system("touch $RAN")\')'
    ".apply_typevars_map({}) or '' }}"
)

Attack = Callable[..., None]


@pytest.fixture
def evil(tmp_path: Path, ran: Path) -> str:
    """A configuration of git that runs a program of its author's."""
    program = write(tmp_path / "evil.sh", f"#!/bin/sh\ntouch {ran}\ncat\n")
    program.chmod(0o755)
    return (
        f"[core]\nrepositoryformatversion = 0\nfsmonitor = {program}\nhooksPath = {tmp_path}/hooks\n"
        f'[filter "evil"]\nclean = {program}\nsmudge = {program}\n[uploadpack]\npackObjectsHook = {program}\n'
    )


@pytest.fixture
def attack(run_here: Run, template: Path, work: Path, ran: Path) -> Attack:
    """Makes a folder of the template, then only shows one: both are refused, nothing is written and nothing is run."""

    def attack(*words: str, source: str | Path = template) -> None:
        for options in (["--pretend"], []):
            refused(run_here("new", "x", "-t", source, "-y", *options), *words)
        assert files(work) == set()
        assert not ran.exists()

    return attack


def git(folder: Path, *words: str) -> str:
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.com"]
    done = subprocess.run(["git", "-C", folder, *identity, *words], check=True, capture_output=True, text=True)
    return done.stdout


def configure(template: Path, text: str) -> None:
    """Adds lines to the template's copier.yml."""
    config = template / "copier.yml"
    config.write_text(text + "---\n" + config.read_text().lstrip())


class TestGitFolders:
    """No part of a path that git would take for its own folder, on this file system or another one."""

    @pytest.mark.parametrize(
        "path",
        [
            f"{JINJA_GIT}/config",
            f"sub/{JINJA_GIT}/config",
            "{{ '.gi' ~ 't' ~ _copier_conf.sep ~ 'config' }}",
            ".GiT/config",
            "sub/GIT~1/config",
            f"{JINJA_GIT}",
            f"sub/{JINJA_GIT}",
        ],
    )
    def test_is_refused(self, attack: Attack, template: Path, evil: str, path: str) -> None:
        write(template / "template" / path, evil)
        attack("the template stub makes", "git would take", "nothing was written")

    @pytest.mark.parametrize(
        "name",
        [
            *(".git", ".GIT", ".git.", ".git ", ".git. .", "git~1", "GIT~1", "git~1 ", ".git:x", "git~1:x"),
            *(".git::$INDEX_ALLOCATION", ".g\u200cit", "\ufeff.git", ".git\u206f", ".g\u202ei\u200ft", ".\u200cGIT ."),
        ],
    )
    def test_names(self, name: str) -> None:
        for path in (name, f"{name}/config", f"a/{name}/b"):
            with pytest.raises(SmscaffoldError, match="git would take"):
                refuse_path("stub", Path(path))

    def test_names_that_are_none_of_gits(self) -> None:
        for name in (".gitignore", ".gitattributes", ".github", "git", "x.git", ".git-blame", "git~10", "legit"):
            refuse_path("stub", Path(name, "x"))

    def test_hooks(self, attack: Attack, template: Path, ran: Path) -> None:
        write(template / "template" / JINJA_GIT / "hooks" / "pre-commit", f"#!/bin/sh\ntouch {ran}\n").chmod(0o755)
        attack("the template stub makes '.git", "git would take")

    def test_hooks_that_the_user_has_in_every_folder(
        self, run_here: Run, template: Path, work: Path, ran: Path, environment: dict[str, str]
    ) -> None:
        """A path in the user's configuration that leads into the folder leads to what the template has made there."""
        write(template / "template" / ".githooks" / "pre-commit", f"#!/bin/sh\ntouch {ran}\n").chmod(0o755)
        with Path(environment["HOME"], ".gitconfig").open("a") as config:
            config.write("[core]\nhooksPath = .githooks\n")
        assert run_here("new", "x", "-t", template, "-y").returncode == 0
        assert git(work / "x", "log", "--oneline").count("\n") == 1
        assert not ran.exists()

    def test_hooks_that_do_what_a_file_in_the_folder_says(
        self, run_here: Run, template: Path, work: Path, ran: Path, environment: dict[str, str]
    ) -> None:
        """Many users have such ones in every repository (``pre-commit init-templatedir``)."""
        write(work.parent / "hooks" / "pre-commit", "#!/bin/sh\nsh .checks\n").chmod(0o755)
        write(template / "template" / ".checks", f"touch {ran}\n")
        with Path(environment["HOME"], ".gitconfig").open("a") as config:
            config.write(f"[core]\nhooksPath = {work.parent}/hooks\n")
        assert run_here("new", "x", "-t", template, "-y").returncode == 0
        assert git(work / "x", "log", "--oneline").count("\n") == 1
        assert not ran.exists()

    def test_from_a_git_address(self, attack: Attack, template: Path, evil: str) -> None:
        write(template / "template" / JINJA_GIT / "config", evil)
        git(template, "init", "-q")
        git(template, "add", "--all")
        git(template, "commit", "-qm", "x")
        attack("the template stub makes '.git", source=f"file://{template}")

    @pytest.mark.parametrize("target", [".git/hooks", "sub/../.GIT", "./git~1"])
    def test_a_link_to_it(self, attack: Attack, template: Path, target: str) -> None:
        (template / "template" / "link").symlink_to(target)
        configure(template, LINKS)
        attack("makes the link link to ", "git would take")

    @pytest.mark.parametrize("name", [".gitmodules", ".gitattributes", ".gitignore"])
    def test_a_link_that_git_reads_as_a_file(self, attack: Attack, template: Path, name: str) -> None:
        (template / "template" / name).symlink_to("README.md")
        configure(template, LINKS)
        attack(f"makes the link {name}")

    @pytest.mark.parametrize("paths", [["HEAD", "objects/x", "refs/x"], ["head", "commondir"]])
    def test_a_folder_in_the_shape_of_a_repository(
        self, attack: Attack, template: Path, evil: str, paths: list[str]
    ) -> None:
        for path in ["config", *paths]:
            write(template / "template" / "sub" / path, evil)
        attack("git would take")

    def test_a_template_in_the_shape_of_a_repository(self, attack: Attack, template: Path, evil: str) -> None:
        """Copier asks git about the template's own folder."""
        write(template / "config", f"{evil}[core]\nworktree = .\n")
        write(template / "HEAD", "ref: refs/heads/main\n")
        for name in ("objects", "refs"):
            write(template / name / "x", "")
        attack("git would take")

    def test_a_repository_that_no_file_is_made_of(self, run_here: Run, template: Path) -> None:
        """What a template has for its own tests is its author's business."""
        for path in ("HEAD", "objects/x", "refs/x"):
            write(template / "tests" / "data" / path, "")
        assert run_here("new", "x", "-t", template, "-y").returncode == 0

    def test_a_chain_of_links_that_leads_out(self, attack: Attack, template: Path) -> None:
        """Each of them leads to a place inside, read as text."""
        (template / "template" / "p" / "q").mkdir(parents=True)
        (template / "template" / "p" / "q" / "up").symlink_to("../..")
        (template / "template" / "out").symlink_to("p/q/up/..")
        configure(template, LINKS)
        attack("makes the link out to ", "outside the folder")


class TestTheTemplatesOwnRepository:
    """A template's folder may be a git repository: what its configuration names is not run."""

    @pytest.fixture
    def repository(self, template: Path, evil: str) -> Path:
        git(template, "init", "-q")
        write(template / ".gitattributes", "* filter=evil\n")
        git(template, "add", "--all")
        git(template, "commit", "-qm", "x")
        git(template, "tag", "v1.0.0")
        with (template / ".git" / "config").open("a") as config:
            config.write(evil)
        (template / "copier.yml").touch()  # git looks again at a file of another date
        return template

    def test_of_a_folder(self, run_here: Run, repository: Path, work: Path, ran: Path) -> None:
        done = run_here("new", "x", "-t", repository, "-y", "--no-git")
        assert done.returncode == 0, done.stderr
        assert "_commit: v1.0.0\n" in (work / "x" / ".copier-answers.yml").read_text()
        assert not ran.exists()

    def test_of_an_older_version_in_a_folder(self, run_here: Run, repository: Path, work: Path, ran: Path) -> None:
        write(repository / "template" / "later.txt", "")
        done = run_here("new", "x", "-t", repository, "-y", "--no-git", "--ref", "v1.0.0")
        assert done.returncode == 0, done.stderr
        assert not ran.exists()

    def test_a_gitdir_elsewhere(self, run_here: Run, repository: Path, tmp_path: Path, ran: Path) -> None:
        (repository / ".git").rename(repository / "template" / "elsewhere")
        write(repository / ".git", "gitdir: template/elsewhere\n")
        run_here("new", "x", "-t", repository, "-y", "--no-git")
        assert not ran.exists()

    @pytest.mark.parametrize("how", ["file", "link", "commondir"])
    def test_a_history_elsewhere(self, run_here: Run, repository: Path, work: Path, tmp_path: Path, how: str) -> None:
        """An organisation allows the sources of some places: a folder there must not stand for another place."""
        assert run_here("new", "y", "-t", f"git+file://{repository}", "-y").returncode == 0
        (repository / ".git").rename(tmp_path / "elsewhere")
        if how == "file":
            write(repository / ".git", f"gitdir: {tmp_path}/elsewhere\n")
        elif how == "link":
            (repository / ".git").symlink_to(tmp_path / "elsewhere")
        else:
            write(repository / ".git" / "commondir", f"{tmp_path}/elsewhere\n")
            write(repository / ".git" / "HEAD", "ref: refs/heads/main\n")
        for source in (repository, f"git+file://{repository}"):
            done = run_here("new", "x", "-t", source, "-y", "--ref", "v1.0.0")
            refused(done, "the history of the template", "lies in another folder")
        refused(run_here("update", work / "y", "--ref", "HEAD"), "lies in another folder", "name the main repository")
        assert files(work / "x") == set()

    def test_of_an_update(self, run_here: Run, repository: Path, work: Path, ran: Path) -> None:
        git(repository, "tag", "-d", "v1.0.0")
        assert run_here("new", "x", "-t", repository, "-y").returncode == 0
        ran.unlink(missing_ok=True)
        write(repository / "template" / "later.txt", "").chmod(0o644)
        git(repository, "-c", "core.fsmonitor=false", "-c", "filter.evil.clean=cat", "add", "--all")
        git(repository, "-c", "core.fsmonitor=false", "-c", "filter.evil.clean=cat", "commit", "-qm", "y")
        (repository / "copier.yml").touch()
        ran.unlink(missing_ok=True)
        done = run_here("update", work / "x")
        assert done.returncode == 0, done.stderr
        assert (work / "x" / "later.txt").exists()
        assert not ran.exists()


class TestOutsideItsFolder:
    def test_a_link_among_what_templates_share(self, run_here: Run, template: Path, tmp_path: Path) -> None:
        mine = write(tmp_path / "mine" / "precious", "mine")
        shared = tmp_path / "_shared" / "template"
        shared.mkdir(parents=True)
        (shared / "link").symlink_to(mine.parent)
        write(template / "template" / "link" / "precious", "theirs")
        refused(run_here("new", "x", "-t", template, "-y"), "link")
        assert mine.read_text() == "mine"

    @pytest.mark.parametrize("path", ["_shared", "_shared/questions"])
    def test_a_link_as_the_shared_part(self, run_here: Run, template: Path, tmp_path: Path, path: str) -> None:
        write(tmp_path / "mine" / "questions" / "secret", "mine")
        write(tmp_path / "mine" / "secret", "mine")
        (tmp_path / "_shared").mkdir() if "/" in path else None
        (tmp_path / path).symlink_to(tmp_path / "mine")
        write(template / "template" / "leak.jinja", "{% include '_shared/questions/secret' %}")
        refused(run_here("new", "x", "-t", template, "-y"), path, "is a link")

    @pytest.mark.parametrize("suffix", ["", ".jinja"])
    def test_a_licence_header_for_somebody_elses_file(
        self, run_here: Run, template: Path, tmp_path: Path, suffix: str
    ) -> None:
        mine = write(tmp_path / f"mine.sh{suffix}", "echo mine\n")
        (tmp_path / "_shared").mkdir()
        write(template / "template" / "x.sh.jinja", f"{{% include '{mine}' %}}")
        run_here("new", "x", "-t", template, "-y")
        assert mine.read_text() == "echo mine\n"
        (template / "template" / "x.sh.jinja").unlink()
        (template / "inner.sh").symlink_to(mine)
        write(template / "template" / "x.sh.jinja", "{% include 'inner.sh' %}")
        run_here("new", "x", "-t", template, "-y")
        assert mine.read_text() == "echo mine\n"

    @pytest.mark.parametrize("name", ["../../mine.txt", "{{ '/' ~ home }}/mine.txt"])
    def test_somebody_elses_file_as_the_answers_file(
        self, run_here: Run, template: Path, work: Path, name: str
    ) -> None:
        """The folder's source is recorded in the answers file: a file outside would be changed."""
        mine = write(work / "mine.txt", "mine\n")
        name = name.replace("home", repr(str(work).lstrip("/")))
        configure(template, f'_answers_file: "{name}"\n')
        (template / "template" / "{{ _copier_conf.answers_file }}.jinja").unlink()
        refused(run_here("new", "x", "-t", template, "-y"), "the template stub", "answers file", "outside the folder")
        assert mine.read_text() == "mine\n"

    def test_a_pipe(self, attack: Attack, template: Path) -> None:
        os.mkfifo(template / "template" / "pipe")
        attack("pipe")

    def test_a_pipe_in_a_folder_that_is_built(self, run_here: Run, template: Path, work: Path) -> None:
        os.mkfifo(template / "template" / "pipe")
        refused(run_here("template", "build", template), "pipe")
        assert files(work) == set()


class TestComputedDestinations:
    """Without DEST the folder gets the name that the answers give: one plain name."""

    @pytest.mark.parametrize(
        "name", [".git", ".ssh", "link", "link/x", "a/b", "/tmp/x", "..", ".", "a/../x", "git~1", r"a\\b", r"a\nb"]
    )
    def test_that_are_refused(self, run_here: Run, template: Path, work: Path, name: str) -> None:
        write(template / "copier.yml", f'_subdirectory: template\nproject_name: {{default: "{name}", when: false}}\n')
        (work.parent / "elsewhere").mkdir()
        (work / "link").symlink_to("../elsewhere")
        for options in (["--pretend"], [])[name != ".git" :]:
            refused(run_here("new", "-t", template, "-y", *options), "project_name", "give DEST")
        assert (files(work), files(work.parent / "elsewhere")) == ({"link"}, set())

    def test_a_link_above_the_dest_that_the_user_gives(self, run_here: Run, template: Path, work: Path) -> None:
        (work / "real").mkdir()
        (work / "link").symlink_to("real")
        assert run_here("new", "link/x", "-t", template, "-y").returncode == 0
        assert run_here("new", ".hidden", "-t", template, "-y").returncode == 0
        assert (work / "real" / "x" / "README.md").is_file()


def modes(root: Path) -> dict[str, int]:
    return {str(path.relative_to(root)): stat.S_IMODE(path.lstat().st_mode) for path in root.rglob("*")}


@pytest.mark.parametrize("name", ["*.py", ":x.py", "sub/:(top)x", "a?", "none.rej", "sub/x.REJ"])
def test_names_that_git_reads_as_patterns_or_copier_as_its_own(attack: Attack, template: Path, name: str) -> None:
    write(template / "template" / name, "x\n")
    attack("the template stub makes a file of the name", name)


class TestModes:
    """Files of a template are 0644 or 0755, and folders 0755, as git keeps them."""

    @pytest.fixture(autouse=True)
    def _generous(self, template: Path) -> object:
        script = template / "template" / "local_test" / "train_local.sh"
        script.chmod(0o6777)
        (template / "template" / "README.md.jinja").chmod(0o1666)
        script.parent.chmod(0o3777)
        before = os.umask(0)
        yield
        os.umask(before)

    def test_in_a_container_folder(self, run_here: Run, template: Path, work: Path) -> None:
        assert run_here("new", "x", "-t", template, "-y", "--no-git").returncode == 0
        found = modes(work)
        assert found.pop("x/local_test/train_local.sh") == 0o755
        assert (found.pop("x"), found.pop("x/local_test")) == (0o755, 0o755)
        assert set(found.values()) == {0o644}

    def test_in_what_is_built(self, run_here: Run, template: Path, work: Path) -> None:
        done = run_here("template", "build", template)
        assert done.returncode == 0, done.stderr
        found = modes(work / "build")
        assert found["stub/template/local_test/train_local.sh"] == 0o755
        assert found["stub/template/README.md.jinja"] == 0o644
        assert {found[name] for name in ("stub", "stub/template", "stub/template/local_test")} == {0o755}


class TestWhatTemplatesRead:
    """Nothing of this machine, unless the user trusts the author."""

    @pytest.mark.parametrize(
        ("name", "expression"),
        [
            ("fileglob", "'/etc/host*' | fileglob | join"),
            ("expanduser", "'~' | expanduser"),
            ("expandvars", "'$HOME' | expandvars"),
            ("realpath", "'.' | realpath"),
            ("relpath", "'/' | relpath"),
        ],
    )
    def test_filters(self, attack: Attack, template: Path, name: str, expression: str) -> None:
        write(template / "template" / "leak.jinja", f"{{{{ {expression} }}}}")
        attack(f"the template stub uses the filter {name}, which reads this machine", f"add {template} to `trust`")

    def test_filters_in_a_question(self, attack: Attack, template: Path) -> None:
        configure(template, "leak: {type: str, default: \"{{ '~' | expanduser }}\"}\n")
        attack("the template stub uses the filter expanduser, which reads this machine")

    def test_filters_of_a_template_that_is_trusted(
        self, run_here: Run, template: Path, work: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write(template / "template" / "leak.jinja", "{{ '/etc/host*' | fileglob | join }}")
        settings = write(work.parent / "settings.yml", f"trust: ['{template}']\n")
        monkeypatch.setenv("COPIER_SETTINGS_PATH", str(settings))
        assert run_here("new", "x", "-t", template, "-y", "--no-git").returncode == 0
        assert "/etc/host" in (work / "x" / "leak").read_text()

    def test_data_from_elsewhere(self, attack: Attack, template: Path, tmp_path: Path) -> None:
        write(tmp_path / "secret.yml", "secret: x\n")
        configure(template, f"_external_data: {{mine: {tmp_path}/secret.yml}}\n")
        write(template / "template" / "leak.jinja", "{{ _external_data.mine.secret }}")
        attack(f"the template stub reads {tmp_path}/secret.yml", "_external_data", f"add {template} to `trust`")

    def test_a_configuration_that_is_a_link(self, attack: Attack, template: Path, tmp_path: Path) -> None:
        (template / "copier.yml").rename(tmp_path / "mine.yml")
        (template / "copier.yml").symlink_to(tmp_path / "mine.yml")
        attack("copier.yml", "outside the template")

    def test_places_on_this_machine(self, run_here: Run, template: Path, work: Path, tmp_path: Path) -> None:
        conf = "{{ _copier_conf.src_path }} {{ _copier_conf.dst_path }} {{ _copier_python }} {{ _copier_conf }}"
        write(template / "template" / "leak.jinja", conf)
        assert run_here("new", "x", "-t", template, "-y", "--no-git").returncode == 0
        assert "/" not in (work / "x" / "leak").read_text()


class TestWhatExpressionsReach:
    """Plain data, and nothing by which an expression could run code."""

    @pytest.fixture(autouse=True)
    def _ran(self, monkeypatch: pytest.MonkeyPatch, ran: Path) -> None:
        monkeypatch.setenv("RAN", str(ran))

    def test_code_in_a_file(self, attack: Attack, template: Path) -> None:
        write(template / "template" / "x.txt.jinja", CODE)
        attack("the template cannot be rendered", "no attribute 'model_fields'")

    def test_code_in_a_name(self, attack: Attack, template: Path) -> None:
        write(template / "template" / f"x{CODE}.txt", "")
        attack("no attribute 'model_fields'")

    @pytest.mark.parametrize("include", ["{% include 'x' %}", "{% import 'x' as x with context %}{{ x }}"])
    def test_code_in_a_part(self, attack: Attack, template: Path, include: str) -> None:
        write(template / "x", CODE)
        write(template / "template" / "x.txt.jinja", include)
        attack("no attribute 'model_fields'")

    @pytest.mark.parametrize(
        "details",
        [
            f"default: {json.dumps(CODE)}",
            f"default: x, help: {json.dumps(CODE)}, validator: {json.dumps(CODE)}",
            f"default: x, when: {json.dumps(CODE)}",
            f"default: x, ask: {json.dumps(CODE)}",
            f"default: x, choices: {json.dumps(CODE)}",
            f"default: x, choices: {{{json.dumps(CODE)}: x}}",
            f"default: x, choices: {{a: {{value: x, validator: {json.dumps(CODE)}}}}}",
        ],
    )
    def test_code_in_a_question(self, attack: Attack, template: Path, details: str) -> None:
        configure(template, f"more: {{type: str, {details}}}\n")
        attack("no attribute 'model_fields'")

    @pytest.mark.parametrize("setting", ["_exclude: [{}]", "_subdirectory: {}"])
    def test_code_in_a_setting(self, attack: Attack, template: Path, setting: str) -> None:
        config = template / "copier.yml"
        if "subdirectory" in setting:
            config.write_text(config.read_text().replace("_subdirectory: template", ""))
        configure(template, setting.format(json.dumps(CODE)) + "\n")
        attack("no attribute 'model_fields'")

    def test_code_in_template_test(self, run_here: Run, work: Path, ran: Path) -> None:
        assert run_here("template", "new", "p", "-y", "--no-git").returncode == 0
        (folder,) = (path.parent for path in (work / "p").rglob("copier.yml"))
        write(folder / "template" / "x.txt.jinja", CODE)
        assert run_here("template", "test", folder, "--no-docker").returncode == 1
        assert not ran.exists()

    @pytest.mark.parametrize(
        "expression",
        [
            "_copier_conf.settings.model_dump()",
            "_copier_conf.settings | attr('model_fields')",
            "[_copier_conf.settings] | map(attribute='model_fields') | list",
            "'{0.settings.model_fields}'.format(_copier_conf)",
            "_copier_conf.dst_path.parser.os",
            "_copier_conf.dst_path.with_segments('/')",
            "_copier_phase.use('render')",
            "''.__class__",
            "pathjoin.__globals__ or ''",
            "pathjoin.mro or ''",
            "range.mro() or ''",
            "self.x.y.z or ''",
        ],
    )
    def test_other_objects(self, run_here: Run, template: Path, work: Path, expression: str) -> None:
        write(template / "template" / "x.txt.jinja", f"{{{{ {expression} }}}}")
        run_here("new", "x", "-t", template, "-y", "--no-git")
        text = (work / "x" / "x.txt").read_text() if (work / "x" / "x.txt").exists() else ""
        assert text in ("", "[Undefined]")

    @pytest.mark.parametrize(
        "expression", ["''.__class__ or ''", "pathjoin.__globals__ or ''", "_copier_conf.dst_path.is_reserved() or ''"]
    )
    def test_the_sentence(self, attack: Attack, template: Path, expression: str) -> None:
        write(template / "template" / "x.txt.jinja", f"{{{{ {expression} or '' }}}}")
        attack("the template stub uses '", "no plain data", "nothing was written")

    @pytest.mark.parametrize(
        "expression",
        [
            *(
                "x.model_fields",
                "x.model_dump",
                "x | attr('trust')",
                "'{0.trust}'.format(x)",
                "path.read_text",
                "call()",
            ),
            *(
                "[x] | map(attribute='trust') | list",
                "path.exists()",
                "call.cache_clear()",
                "kind.from_file()",
                "kind()",
            ),
        ],
    )
    def test_objects_that_a_newer_copier_may_hand_over(self, expression: str) -> None:
        from copier._settings import SettingsModel

        from smscaffold.plain_data import PlainEnvironment

        data = {"x": SettingsModel(), "path": Path(), "call": cache(lambda: "called"), "kind": SettingsModel}
        with pytest.raises(SecurityError, match="no plain data"):
            PlainEnvironment().from_string(f"{{{{ {expression} or '' }}}}").render(data)

    def test_plain_data_is_there(self, run_here: Run, template: Path, work: Path) -> None:
        configure(template, "many: {type: yaml, default: '{a: [1, 2], b: 2020-01-01}'}\n")
        text = """\
{% macro m(x) %}{{ x }}{{ caller() if caller else '' }}{% endmacro %}{% import 'part' as part %}{{ part.twice('a') }}
{% set ns = namespace(n=0) %}{% for x in many.a %}{% set ns.n = ns.n + x %}{{ loop.index }}{{ loop.cycle('p', 'q') }}\
{% endfor %}{{ ns.n }} {{ m('b') }} {% call m('c') %}d{% endcall %}
{{ many.b.year }} {{ many.b.isoformat() }} {{ ('2021-02-03 00:00:00' | to_datetime).strftime('%d') }} \
{{ many.get('z', 1) }}
{{ 'a-b'.split('-') | join }} {{ '{0.year}'.format(many.b) }} {{ '{:>3}'.format(1) }} {{ many.items() | list | length }}
{% set c = cycler('x', 'y') %}{{ c.next() }}{{ c.next() }} {% block here %}here{% endblock %} {{ self.here() }}
{{ _copier_conf.dst_path.name }} {{ (_copier_conf.answers_file.parent / 'x').as_posix() }} {{ _copier_conf.get('sep') }}
{{ [{'k': 1, 'v': 2}] | groupby('k') | map(attribute='grouper') | join }} {{ pathjoin('a', 'b') }} {{ _copier_phase }}
{{ _copier_conf.data | to_json }} {{ _copier_conf.settings.defaults | to_json }} {{ none_there is defined }}
"""
        write(template / "template" / "x.txt.jinja", text)
        write(template / "part", "{% macro twice(x) %}{{ x }}{{ x }}{% endmacro %}")
        done = run_here("new", "x", "-t", template, "-y", "--no-git")
        assert done.returncode == 0, done.stderr
        assert (work / "x" / "x.txt").read_text().split("\n")[:-1] == [
            *("aa", "1p2q3 b cd", "2020 2020-01-01 03 1", "ab 2020   1 2", "xy here here"),
            *("x x /", "1 a/b render", "{} {} False"),
        ]

    def test_questions_that_are_asked_here(self, template: Path) -> None:
        """They have an environment of their own, with the rule of copier's."""
        configure(template, "more: {type: str, default: \"{{ ''.__class__ or '' }}\"}\n")
        config = load_config(template)
        with pytest.raises(UnsupportedError, match="no plain data"):
            Expressions(config).default(config.questions["more"], {})

    def test_nothing_else_is_handed_to_templates(self, template: Path, tmp_path: Path) -> None:
        """A newer copier may hand over more: it has to be looked at then."""
        from copier._settings import SettingsModel
        from copier._types import LazyDict

        from smscaffold.plain_data import PLAIN
        from smscaffold.worker import careful_worker

        configure(template, "_external_data: {other: other.yml}\nmany: {type: yaml, default: '{a: [1, 2020-01-01]}'}\n")
        write(tmp_path / "x" / "other.yml", "a: [1]\n")
        work = careful_worker(Trust("stub", str(template)))(
            str(template), tmp_path / "x", settings=SettingsModel(), defaults=True, quiet=True
        )
        work._ask()

        def strange(value: object) -> list[object]:
            if isinstance(value, (dict, LazyDict)):
                here = [] if type(value) in (dict, LazyDict) else [value]
                return here + [each for item in value.items() for part in item for each in strange(part)]
            if isinstance(value, (list, tuple, set, frozenset)):
                return [each for part in value for each in strange(part)]
            return [] if type(value) in PLAIN or type(value) is type(PurePath()) else [value]

        assert strange(work._render_context()) == []
        environment = work.jinja_env
        assert environment.globals.keys() == {
            *("cycler", "dict", "joiner", "lipsum", "make_secret", "namespace", "now", "pathjoin", "range")
        }
        functions = {**environment.filters, **environment.tests}.values()
        modules = {getattr(getattr(each, "func", each), "__module__", "") for each in functions}
        known = ("jinja2.", "jinja2_ansible_filters", "smscaffold.worker")
        assert {name for name in modules if not name.startswith(known)} <= KNOWN_MODULES


def test_a_copier_that_renders_in_another_way_is_refused(
    run_here: Run, template: Path, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rules stand in methods of copier's that are not public: they must not be lost with a new version of it."""
    from copier._main import Worker

    monkeypatch.delattr(Worker, "_render_allowed")
    refused(run_here("new", "x", "-t", template, "-y"), "the installed copier is too new", "_render_allowed")
    assert files(work) == set()


def test_template_test_renders_as_carefully(run_here: Run, work: Path, evil: str, ran: Path) -> None:
    assert run_here("template", "new", "p", "-y", "--no-git").returncode == 0
    (folder,) = (path.parent for path in (work / "p").rglob("copier.yml"))
    write(folder / "template" / JINJA_GIT / "config", evil)
    done: Result = run_here("template", "test", folder, "--no-docker")
    assert done.returncode == 1
    assert "git would take" in done.stderr
