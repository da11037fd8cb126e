"""`local_test/train_local.sh`, `serve_local.sh` and `predict.sh`, rendered and run with a small image of their own."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import jinja2
import pytest

TEMPLATES = Path(__file__).parents[2] / "templates"
SHARED = TEMPLATES / "_shared" / "template"
SCRIPTS = ("train_local.sh", "serve_local.sh", "predict.sh")
BASH = os.environ.get("SMSCAFFOLD_BASH", "bash")  # the scripts promise to run in bash 3.2, which macOS has
DEADLINE = 60  # seconds

DOCKERFILE = """\
FROM python:3.13-slim-trixie AS train
COPY train serve /usr/local/bin/
RUN chmod 755 /usr/local/bin/train /usr/local/bin/serve
FROM train AS serve
"""
# Stands for an algorithm: keeps what it was given as its model, and fails or dawdles when a hyperparameter says so.
TRAIN = """\
#!/bin/sh
cd /opt/ml
echo "started with $(cat input/config/hyperparameters.json)"
mode() { grep -q "\\"mode\\": \\"$1\\"" input/config/hyperparameters.json; }
if mode fail; then echo 'mode must not be fail' > output/failure; exit 3; fi
if mode empty; then exit 0; fi
if mode outputs; then
  for folder in output model; do mkdir -p $folder/data && touch $folder/data/same $folder/failure; done
  exit 0
fi
if mode half; then touch model/half checkpoints/half; exit 5; fi
if touch input/data/train/x 2>/dev/null; then echo 'the data can be written to'; exit 4; fi
cp -R input/config model/config && ls checkpoints > model/checkpoints && env > model/environment
ls output > model/output && umask 077 && mkdir model/private && echo 1 > model/private/file && touch checkpoints/round-1
if mode slow; then
  trap 'echo saved; echo best > model/best; exit 0' TERM
  echo waiting
  while :; do sleep 0.1; done
fi
"""
# Stands for a server: ready when it listens, answers with what it was sent.
SERVE = """\
#!/usr/local/bin/python
import http.server, os, signal, sys, threading
if os.path.exists("/opt/ml/model/broken"):
    sys.exit("the model is broken")
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        name = "/tmp" + self.path.removeprefix("/playground")
        self.reply(open(name, "rb").read() if os.path.isfile(name) else os.environ["SERVE_PLAYGROUND"].encode())
    def do_POST(self):
        self.reply(self.rfile.read(int(self.headers["Content-Length"])))
    def reply(self, body):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)
try:
    open("/opt/ml/model/x", "w")
    sys.exit("the model can be written to")
except OSError:
    pass
server = http.server.ThreadingHTTPServer(("", 8080), Handler)
def stop(*_):
    print("draining", flush=True)
    threading.Thread(target=server.shutdown).start()
signal.signal(signal.SIGTERM, stop)
server.serve_forever()
"""


def render(folder: Path, **answers: str) -> Path:
    """Writes the local_test folder of a container folder with these answers into `folder`."""
    shutil.copytree(SHARED / "local_test", folder / "local_test")
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(TEMPLATES), keep_trailing_newline=True)
    for source in (folder / "local_test").glob("*.jinja"):
        template = environment.from_string(source.read_text(encoding="utf-8"))
        source.write_text(template.render(answers), encoding="utf-8")
        source.rename(source.with_suffix(""))
    return folder


def run(script: Path, *arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    options = {"cwd": "/", **options}
    return subprocess.run([BASH, script, *arguments], capture_output=True, text=True, timeout=DEADLINE * 3, **options)  # type: ignore[call-overload,no-any-return]


@pytest.fixture(params=["single", "split"])
def layout(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def plain(tmp_path: Path, layout: str) -> Path:
    """A container folder's local_test, without any image."""
    return render(tmp_path, project_name="team/model", layout=layout) / "local_test"


@pytest.fixture(scope="session")
def engine() -> str:
    docker = os.environ.get("DOCKER", "docker")
    done = subprocess.run([docker, "version"], capture_output=True) if shutil.which(docker) else None
    if done is None or done.returncode != 0:
        if os.environ.get("SMSCAFFOLD_REQUIRE_DOCKER") == "1":
            pytest.fail("needs a Docker engine")
        pytest.skip("needs a Docker engine")
    return docker


@pytest.fixture
def project(engine: str, layout: str) -> Iterator[Path]:
    """A container folder with the small image; its own folder, because pytest's are closed to other users."""
    folder = Path(tempfile.mkdtemp(prefix="local-scripts-"))
    name = f"smscaffold-test/local-{os.getpid()}"
    render(folder, project_name=name, layout=layout)
    # the label makes it an image of its own, whose containers can be told from those of another run
    dockerfile = DOCKERFILE.replace("COPY", f"LABEL of={name}\nCOPY")
    for file, text in (("Dockerfile", dockerfile), ("train", TRAIN), ("serve", SERVE)):
        (folder / file).write_text(text)
    yield folder
    for image in (name, f"{name}-train", f"{name}-serve"):
        left = subprocess.run([engine, "ps", "-aq", "--filter", f"ancestor={image}"], capture_output=True, text=True)
        subprocess.run([engine, "rm", "--force", *left.stdout.split()], capture_output=True)
        # its parents stay: the classic builder fails when one goes while it looks for another child of their base
        subprocess.run([engine, "rmi", "--no-prune", image], capture_output=True)
    shutil.rmtree(folder)


@pytest.fixture
def trained(project: Path) -> Path:
    (project / "local_test/opt_ml/model").mkdir()
    (project / "local_test/opt_ml/model/file").touch()
    return project
