"""Logins in a template's address or in the configuration: used or refused, and never written down or shown."""

from __future__ import annotations

import base64
import functools
import shutil
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from config_helpers import Machine, Result, answers
from shared_helpers import free_port, refused, write

from smscaffold.address import without_secrets

TOKEN = "hidden-4f1c"
NOTE = "the login in the template's address was used this once and is not recorded"


class Server:
    """Git repositories by http, for who knows the token, as a password or as a user's name."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.shown: list[str] = []  # commands of git that show the token to everybody on the machine
        logins = [base64.b64encode(login.encode()).decode() for login in (f"bot:{TOKEN}", f"{TOKEN}:")]
        server = self

        class Handler(SimpleHTTPRequestHandler):
            def do_GET(self) -> None:
                server.look()
                if self.headers.get("Authorization", "").removeprefix("Basic ") in logins:
                    return super().do_GET()
                self.send_response(401)
                self.send_header("WWW-Authenticate", 'Basic realm="git"')
                self.end_headers()
                return None

            def log_message(self, *_: object) -> None:
                """No line for each request."""

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=str(root)))
        self.host = f"127.0.0.1:{self.http.server_address[1]}"

    def look(self) -> None:
        for process in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                words = process.read_bytes().split(b"\0")
            except OSError:
                continue
            if b"git" in words[0] and TOKEN.encode() in b" ".join(words):
                self.shown.append(b" ".join(words).decode(errors="replace"))

    def publish(self, machine: Machine, template: Path) -> str:
        """Lays a copy of a repository out for the server; returns its address without a login."""
        bare = self.root / "churn.git"
        done = machine.command("git", "clone", "--quiet", "--bare", template, bare)
        assert done.returncode == 0, done.stderr
        assert machine.command("git", "update-server-info", cwd=bare).returncode == 0
        return f"http://{self.host}/churn.git"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    root = tmp_path / "published"
    root.mkdir()
    server = Server(root)
    thread = threading.Thread(target=server.http.serve_forever, daemon=True)
    thread.start()
    yield server
    server.http.shutdown()
    server.http.server_close()
    thread.join()


def nowhere(machine: Machine, *results: Result) -> None:
    """The token is in no file that was made, in no commit, and in nothing that was said."""
    for done in results:
        assert TOKEN not in done.stdout + done.stderr
    for path in machine.work.rglob("*"):
        assert not path.is_file() or TOKEN.encode() not in path.read_bytes(), path
    for repository in machine.work.glob("*/.git"):
        history = machine.command("git", "log", "--all", "--patch", "--format=full", cwd=repository.parent)
        assert TOKEN not in history.stdout


@pytest.mark.parametrize("login", [f"bot:{TOKEN}", TOKEN])
def test_a_login_is_used_once(machine: Machine, template: Path, server: Server, login: str) -> None:
    address = server.publish(machine, template)
    # the server asks whoever comes with a name for a password
    done = machine.done("new", "x", "-y", "-t", address.replace("//", f"//{login}@"), GIT_ASKPASS="true")
    assert NOTE in done.stderr
    assert "git's credential helper" in done.stderr
    assert answers(machine.work / "x")["_src_path"] == address
    assert server.shown == []
    nowhere(machine, done)


@pytest.mark.parametrize("path", ["", "/gone.git", "/churn.git"])
def test_an_error_does_not_repeat_it(machine: Machine, server: Server, path: str) -> None:
    wrong = server.host if path else f"127.0.0.1:{free_port()}"
    for login in (f"bot:{TOKEN}x", f"{TOKEN}x"):
        done = machine.run("new", "x", "-y", "-t", f"http://{login}@{wrong}{path}", GIT_TERMINAL_PROMPT="0")
        refused(done, f"cannot get the template http://{wrong}{path}: fatal: ")
        nowhere(machine, done)


def test_other_helpers_do_not_answer_first(machine: Machine, template: Path, server: Server) -> None:
    address = server.publish(machine, template).replace("//", f"//bot:{TOKEN}@")
    config = machine.root / "home" / ".gitconfig"
    config.write_text(f'{config.read_text()}[credential]\nhelper = "!echo username=other; echo password=wrong; #"\n')
    machine.done("new", "x", "-y", "-t", address)


@pytest.mark.parametrize("address", ["https://git.example/x.git?private_token={}", "ssh://git:{}@git.example/x"])
def test_what_git_cannot_be_told_otherwise_is_refused(machine: Machine, address: str) -> None:
    done = machine.run("new", "x", "-y", "-t", address.format(TOKEN))
    refused(done, "which would be recorded: leave that out, and let git's credential helper log you in")
    nowhere(machine, done)
    assert list(machine.work.iterdir()) == []


def test_a_name_for_ssh_is_no_secret(machine: Machine, template: Path) -> None:
    host = write(machine.root / "ssh", '#!/bin/sh\nfor last; do :; done\neval "exec $last"\n')
    host.chmod(0o755)
    address = f"ssh://git@git.example{template}"
    done = machine.done("new", "x", "-y", "-t", address, GIT_SSH_COMMAND=str(host))
    assert NOTE not in done.stderr
    assert answers(machine.work / "x")["_src_path"] == f"git+{address}"


class TestUpdate:
    """A folder in which an earlier version recorded a login."""

    @pytest.fixture
    def folder(self, machine: Machine, template: Path, server: Server) -> Path:
        address = server.publish(machine, template)
        machine.done("new", "x", "-y", "-t", address.replace("//", f"//bot:{TOKEN}@"), "--quiet")
        file = machine.work / "x" / ".copier-answers.yml"
        file.write_text(file.read_text().replace("//127", f"//bot:{TOKEN}@127"))
        machine.commit(machine.work / "x")
        return machine.work / "x"

    def test_it_goes_on_and_says_so(self, machine: Machine, folder: Path) -> None:
        for words in (["-d", "workers=3", "-n"], ["-d", "workers=3"]):
            done = machine.done("update", *words, cwd=folder)
            assert "hold a login or a query in _src_path: let git's credential helper" in done.stderr
            # the difference shows the file's own lines
            assert TOKEN not in done.stderr + done.stdout.replace(f"_src_path: http://bot:{TOKEN}@", "")
        assert "3\n" in (folder / "README.md").read_text()

    def test_an_error_does_not_repeat_it(self, machine: Machine, folder: Path, server: Server) -> None:
        shutil.rmtree(server.root / "churn.git")
        done = machine.run("update", cwd=folder)
        assert done.returncode == 1
        assert "cannot get the template http://127" in done.stderr
        assert TOKEN not in done.stderr + done.stdout


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[templates]\n[templates.sources]\nx = 'https://bot:{}@git.example/x'", "line 3: templates.sources.x must"),
        ("[templates]\nsources.x = {{source = 'https://{}@git.example/x'}}", "line 2: templates.sources.x must"),
        ("[templates]\nsources.x = 'https://git.example/x?token={}'", "line 2: templates.sources.x must"),
        ("[templates]\ndefault = 'https://bot:{}@git.example/x'", "line 2: templates.default must"),
        ("[templates]\nallowed = ['https://bot:{}@git.example/*']", "line 2: templates.allowed must"),
        ("[templates]\nallowed_sources = ['ssh://git:{}@git.example/*']", "line 2: templates.allowed_sources must"),
    ],
)
def test_a_shared_file_holds_no_login(machine: Machine, text: str, words: str) -> None:
    write(machine.users, text.format(TOKEN))
    for command in (["config"], ["list"], ["new", "x", "-y"]):
        done = machine.run(*command)
        refused(done, words, str(machine.users), "without a login or a query", "git's credential helper")
        assert TOKEN not in done.stderr


@pytest.mark.parametrize(
    "mirror", ["https://bot:{}@pypi.example/simple", "https://{}@pypi.example/", "https://x/?t={}"]
)
def test_a_mirror_holds_no_login(machine: Machine, mirror: str) -> None:
    """A build argument's default stands in the Dockerfile, in the answers and in the image's history."""
    write(machine.users, f"[organisation.mirrors]\nPIP_INDEX_URL = '{mirror.format(TOKEN)}'\n")
    done = machine.run("new", "x", "-y")
    refused(done, "line 2: organisation.mirrors.PIP_INDEX_URL must", "without a login", "build secret", "netrc")
    nowhere(machine, done)


@pytest.mark.parametrize("address", ["bot:{}@git.example:acme/x", "git+bot:{}@127.0.0.1:x", "bot:a/{}@git.example:x"])
def test_a_password_in_the_short_form_for_ssh(machine: Machine, address: str) -> None:
    """Git would take all before the second colon for a host; who writes this means a login."""
    address = address.format(TOKEN)
    write(machine.users, f"[templates.sources]\na = '{address}'\n")
    for command in (["config"], ["list"]):
        done = machine.run(*command)
        refused(done, "line 2: templates.sources.a must", "without a login")
        assert TOKEN not in done.stderr
    machine.users.unlink()
    done = machine.run("new", "x", "-y", "-t", address)
    assert TOKEN not in done.stderr + done.stdout
    refused(done, "has a query or a password for ssh")
    write(machine.users, "[templates]\nallowed_sources = ['/srv/*']\n")
    done = machine.run("new", "x", "-y", "-t", address)
    refused(done)
    assert TOKEN not in done.stderr


@pytest.mark.parametrize("text", ["git@git.example:acme/x", f"python:3.13@sha256:{'0a' * 32}", "https://h:80/a@b:c"])
def test_what_is_no_password(text: str) -> None:
    assert without_secrets(text) == text
