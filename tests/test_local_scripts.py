"""`local_test/train_local.sh`, `serve_local.sh` and `predict.sh`, rendered and run with a small image of their own."""

from __future__ import annotations

import csv
import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import jinja2
import pytest
from shared_helpers import free_port

SHARED = Path(__file__).parents[1] / "templates" / "_shared" / "template"
SCRIPTS = ("train_local.sh", "serve_local.sh", "predict.sh")
BASH = os.environ.get("SMSCAFFOLD_BASH", "bash")  # the scripts promise to run in bash 3.2, which macOS has
DEADLINE = 60  # seconds
UNPRIVILEGED = 12345  # a user id that nobody has

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
    for source in (folder / "local_test").glob("*.jinja"):
        template = jinja2.Template(source.read_text(encoding="utf-8"), keep_trailing_newline=True)
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


def test_iris_is_complete() -> None:
    with (SHARED / "local_test/opt_ml/input/data/train/iris.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert Counter(row["species"] for row in rows) == {"setosa": 50, "versicolor": 50, "virginica": 50}
    sums = {name: round(sum(float(row[name]) for row in rows), 1) for name in rows[0] if name != "species"}
    assert sums == {"sepal_length": 876.5, "sepal_width": 458.6, "petal_length": 563.7, "petal_width": 179.9}


def test_payloads_hold_the_same_rows() -> None:
    payloads = SHARED / "local_test/payloads"
    rows = [[float(value) for value in line.split(",")] for line in (payloads / "iris.csv").read_text().splitlines()]
    assert json.loads((payloads / "iris.json").read_text()) == {"instances": rows}
    lines = [json.loads(line) for line in (payloads / "iris.jsonl").read_text().splitlines()]
    assert [list(line.values()) for line in lines] == rows
    assert list(lines[0]) == ["sepal_length", "sepal_width", "petal_length", "petal_width"]


def test_hyperparameters_are_strings_as_on_the_platform() -> None:
    values = json.loads((SHARED / "local_test/opt_ml/input/config/hyperparameters.json").read_text())
    assert values == {"max_depth": "6", "folds": "5", "seed": "0"}


def test_scripts_pass_shellcheck(plain: Path) -> None:
    shellcheck = shutil.which("shellcheck") or shutil.which("shellcheck", path=str(Path(sys.executable).parent))
    if not shellcheck:
        pytest.skip("needs shellcheck")
    done = subprocess.run([shellcheck, *(plain / name for name in SCRIPTS)], capture_output=True, text=True)
    assert done.stdout == ""


@pytest.mark.parametrize("script", SCRIPTS)
def test_script_explains_itself(plain: Path, script: str) -> None:
    assert os.access(plain / script, os.X_OK)
    done = run(plain / script, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"Usage: local_test/{script} ")
    assert max(map(len, done.stdout.splitlines())) <= 130


@pytest.mark.parametrize(
    ("script", "arguments", "complaint"),
    [
        *((script, ["--nonsense"], "unknown argument '--nonsense'; see --help") for script in SCRIPTS),
        ("serve_local.sh", ["--port"], "--port needs a number"),
        ("serve_local.sh", ["--port", "http"], "--port must be a number from 1 to 65535, not 'http'"),
        ("serve_local.sh", ["--port=65536"], "--port must be a number from 1 to 65535, not '65536'"),
        ("predict.sh", ["--port", "0"], "--port must be a number from 1 to 65535, not '0'"),
        ("predict.sh", ["--accept"], "--accept needs a value"),
        ("predict.sh", ["a", "b", "c"], "one payload and one content type at most, not also 'c'"),
        ("predict.sh", ["nothing.csv"], "no such file: nothing.csv, neither here nor in local_test/payloads"),
    ],
)
def test_wrong_argument_is_named(plain: Path, script: str, arguments: list[str], complaint: str) -> None:
    done = run(plain / script, *arguments)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"{script}: {complaint}\n")


def test_serve_wants_a_model(plain: Path) -> None:
    done = run(plain / "serve_local.sh")
    expected = "serve_local.sh: there is no model in local_test/opt_ml/model yet: run local_test/train_local.sh first\n"
    assert (done.returncode, done.stderr) == (1, expected)


def test_serve_names_a_taken_port(plain: Path) -> None:
    (plain / "opt_ml/model").mkdir()
    (plain / "opt_ml/model/file").touch()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run(plain / "serve_local.sh", "--port", str(port))
    assert done.returncode == 1
    assert f"port {port} is taken" in done.stderr


def test_train_wants_data(plain: Path) -> None:
    shutil.rmtree(plain / "opt_ml/input/data")
    done = run(plain / "train_local.sh")
    assert (done.returncode, done.stderr.split(":")[1]) == (1, " no data")


@pytest.mark.parametrize("script", ["train_local.sh", "serve_local.sh"])
def test_missing_engine_is_named(plain: Path, script: str) -> None:
    (plain / "opt_ml/model").mkdir()
    (plain / "opt_ml/model/file").touch()
    done = run(plain / script, "--port=1" if "serve" in script else "--resume", env=os.environ | {"DOCKER": "nodocker"})
    assert done.returncode == 1
    assert "no container engine answers to 'nodocker version'" in done.stderr


# ---- predict.sh


class Echo(BaseHTTPRequestHandler):
    received: list[tuple[str | None, str | None, bytes]]
    status = 200

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.received.append((self.headers["Content-Type"], self.headers["Accept"], body))
        self.send_response(self.status)
        self.end_headers()
        self.wfile.write(b"setosa\n" if self.status == 200 else b'{"error": "no such column"}\n')

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def echo() -> Iterator[tuple[type[Echo], str]]:
    handler = type("Handler", (Echo,), {"received": []})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield handler, f"--port={server.server_address[1]}"
        server.shutdown()


@pytest.mark.parametrize(
    ("arguments", "payload", "content_type", "accept"),
    [
        ([], "iris.csv", "text/csv", "*/*"),
        (["iris.json"], "iris.json", "application/json", "*/*"),
        (["--accept", "text/csv", "iris.jsonl"], "iris.jsonl", "application/jsonlines", "text/csv"),
        (["iris.csv", "text/csv; header=absent", "--accept=a/b"], "iris.csv", "text/csv; header=absent", "a/b"),
    ],
)
def test_predict_sends_a_payload(
    plain: Path, echo: tuple[type[Echo], str], arguments: list[str], payload: str, content_type: str, accept: str
) -> None:
    handler, port = echo
    done = run(plain / "predict.sh", *arguments, port)
    assert (done.returncode, done.stdout, done.stderr) == (0, "setosa\n", "")
    assert handler.received == [(content_type, accept, (plain / "payloads" / payload).read_bytes())]


def test_predict_takes_a_file_relative_to_where_one_is(
    plain: Path, echo: tuple[type[Echo], str], tmp_path: Path
) -> None:
    handler, port = echo
    (tmp_path / "my rows,1;2.csv").write_bytes(b"\0\r\n\xff")
    done = run(plain / "predict.sh", "my rows,1;2.csv", port, cwd=tmp_path)
    assert (done.returncode, handler.received[0][2]) == (0, b"\0\r\n\xff")
    (tmp_path / "rows.xml").touch()
    done = run(plain / "predict.sh", "rows.xml", port, cwd=tmp_path)
    assert done.returncode == 2
    assert "rows.xml has none of the suffixes" in done.stderr


def test_predict_shows_the_error_and_fails(plain: Path, echo: tuple[type[Echo], str]) -> None:
    handler, port = echo
    handler.status = 400
    done = run(plain / "predict.sh", port)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == 'predict.sh: status 400: {"error": "no such column"}\n'


def test_predict_says_when_nothing_answers(plain: Path) -> None:
    done = run(plain / "predict.sh", f"--port={free_port()}")
    assert done.returncode == 1
    assert "start local_test/serve_local.sh" in done.stderr


# ---- train_local.sh and serve_local.sh


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
        subprocess.run([engine, "rmi", image], capture_output=True)
    shutil.rmtree(folder)


@pytest.fixture
def trained(project: Path) -> Path:
    (project / "local_test/opt_ml/model").mkdir()
    (project / "local_test/opt_ml/model/file").touch()
    return project


def model(project: Path, name: str) -> str:
    return (project / "local_test/opt_ml/model" / name).read_text()


@pytest.mark.docker
def test_train_as_the_platform_does(project: Path, layout: str) -> None:
    done = run(project / "local_test/train_local.sh")
    assert (done.returncode, done.stderr) == (0, "")
    assert "the model is in local_test/opt_ml/model: " in done.stdout
    assert f"building smscaffold-test/local-{os.getpid()}{'-train' if layout == 'split' else ''} (" in done.stdout
    assert "started with {" in done.stdout
    channels = json.loads(model(project, "config/inputdataconfig.json"))
    train = {"TrainingInputMode": "File", "S3DistributionType": "FullyReplicated", "RecordWrapperType": "None"}
    assert channels == {"train": train}
    resources = json.loads(model(project, "config/resourceconfig.json"))
    assert resources == {"current_host": "algo-1", "hosts": ["algo-1"], "network_interface_name": "eth0"}
    assert "TRAINING_JOB_NAME=local-" in model(project, "environment")
    assert model(project, "output") == "data\n"
    config = project / "local_test/opt_ml/input/config"
    assert [path.name for path in config.iterdir()] == ["hyperparameters.json"]
    hidden = [path.name for path in (project / "local_test/opt_ml").iterdir() if path.name.startswith(".")]
    assert hidden == []


@pytest.mark.docker
def test_checkpoints_stay_only_for_resume(project: Path) -> None:
    script = project / "local_test/train_local.sh"
    assert run(script).returncode == 0
    assert model(project, "checkpoints") == ""
    (project / "local_test/opt_ml/model/old").touch()
    assert run(script, "--no-build", "--resume").returncode == 0
    assert model(project, "checkpoints") == "round-1\n"
    assert not (project / "local_test/opt_ml/model/old").exists()
    assert run(script, "--no-build").returncode == 0
    assert model(project, "checkpoints") == ""


@pytest.mark.docker
def test_own_config_and_options(project: Path) -> None:
    script, inputs = project / "local_test/train_local.sh", project / "local_test/opt_ml/input"
    (inputs / "data/second.channel").mkdir()
    (inputs / "config/resourceconfig.json").write_text('{"current_host": "b", "hosts": ["a", "b"]}')
    done = run(script, "--", "--env", "EXTRA=1 2", env=os.environ | {"DOCKER_RUN_OPTS": "--env MORE=3"})
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(model(project, "config/resourceconfig.json"))["hosts"] == ["a", "b"]
    assert set(json.loads(model(project, "config/inputdataconfig.json"))) == {"train", "second.channel"}
    environment = model(project, "environment").splitlines()
    assert {"EXTRA=1 2", "MORE=3"} <= set(environment)


def set_mode(project: Path, mode: str) -> None:
    """What the stand-in for an algorithm does."""
    (project / "local_test/opt_ml/input/config/hyperparameters.json").write_text(json.dumps({"mode": mode}))


@pytest.mark.docker
def test_failed_training_shows_the_failure_file(project: Path) -> None:
    set_mode(project, "fail")
    done = run(project / "local_test/train_local.sh")
    assert done.returncode == 3
    assert "local_test/opt_ml/output/failure:\nmode must not be fail\n" in done.stderr
    assert done.stderr.endswith(" with exit code 3\n")
    set_mode(project, "empty")
    done = run(project / "local_test/train_local.sh", "--no-build")
    assert done.returncode == 1
    assert "wrote nothing to /opt/ml/model" in done.stderr


@pytest.mark.docker
@pytest.mark.parametrize("script", ["train_local.sh", "serve_local.sh"])
def test_failed_build_shows_its_log(trained: Path, script: str) -> None:
    (trained / "Dockerfile").write_text(DOCKERFILE.replace("RUN ", "RUN echo the reason && false && "))
    done = run(trained / "local_test" / script, *(["--port", str(free_port())] if "serve" in script else []))
    assert done.returncode == 1
    assert "\nthe reason\n" in done.stderr or " the reason\n" in done.stderr
    assert "could not be built; the reason stands above" in done.stderr


@pytest.mark.docker
@pytest.mark.parametrize("script", ["train_local.sh", "serve_local.sh"])
def test_no_build_wants_an_image(trained: Path, script: str) -> None:
    port = ["--port", str(free_port())] if "serve" in script else []
    done = run(trained / "local_test" / script, "--no-build", *port)
    assert done.returncode == 1
    assert "run without --no-build" in done.stderr


@pytest.mark.docker
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_stopped_training_keeps_what_it_saved(project: Path, how: signal.Signals) -> None:
    set_mode(project, "slow")
    with Background(project / "local_test/train_local.sh") as training:
        training.wait_for("waiting")
        training.stop(how)
        assert training.end() == 0
    assert "saved" in training.output
    assert model(project, "best") == "best\n"


@pytest.mark.docker
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_files_belong_to_the_caller(project: Path) -> None:
    for path in (project, *project.rglob("*")):
        os.chown(path, UNPRIVILEGED, UNPRIVILEGED)
    engine_group = Path("/var/run/docker.sock").stat().st_gid
    caller = {"user": UNPRIVILEGED, "group": engine_group, "extra_groups": [], "env": os.environ | {"HOME": "/nowhere"}}
    for mode, code in (("fail", 3), ("", 0), ("", 0)):
        set_mode(project, mode)
        done = run(project / "local_test/train_local.sh", **caller)
        assert done.returncode == code, done.stderr
    written = [path for path in (project / "local_test/opt_ml").rglob("*") if path.stat().st_uid != UNPRIVILEGED]
    assert written == []
    private = project / "local_test/opt_ml/model/private/file"
    assert stat.S_IMODE(private.stat().st_mode) == 0o600


class Background:
    """A script that runs on; its output is read as it comes."""

    def __init__(self, script: Path, *arguments: str) -> None:
        command, pipe = [BASH, script, *arguments], subprocess.PIPE
        self.process = subprocess.Popen(
            command, stdout=pipe, stderr=subprocess.STDOUT, text=True, start_new_session=True
        )
        self.output = ""
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.output += line

    def __enter__(self) -> Background:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(DEADLINE)

    def wait_for(self, text: str) -> None:
        deadline = time.monotonic() + DEADLINE
        while text not in self.output:
            assert self.process.poll() is None, self.output
            assert time.monotonic() < deadline, self.output
            time.sleep(0.05)

    def stop(self, how: signal.Signals) -> None:
        """As a terminal does on Ctrl-C: to the whole process group; SIGTERM goes to the script alone."""
        if how == signal.SIGINT:
            os.killpg(self.process.pid, how)
        else:
            self.process.send_signal(how)

    def end(self) -> int:
        code = self.process.wait(DEADLINE)
        self.reader.join(DEADLINE)
        return code


def get(port: int, path: str) -> bytes:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
        return bytes(answer.read())


@pytest.mark.docker
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_serve_until_stopped(trained: Path, how: signal.Signals) -> None:
    port = free_port()
    with Background(trained / "local_test/serve_local.sh", "--port", str(port)) as server:
        server.wait_for("stop:    Ctrl-C")
        assert f"page:    http://127.0.0.1:{port}/\n" in server.output
        assert f"predict: local_test/predict.sh --port {port} iris.csv\n" in server.output
        assert get(port, "/") == b"1"
        iris = (trained / "local_test/payloads/iris.csv").read_bytes()
        assert get(port, "/playground/payloads/iris.csv") == iris
        done = run(trained / "local_test/predict.sh", "--port", str(port))
        assert (done.returncode, done.stdout.encode()) == (0, iris)
        server.stop(how)
        assert server.end() == 0
    assert "draining" in server.output


@pytest.mark.docker
def test_serve_tells_when_the_server_ends_at_once(trained: Path) -> None:
    (trained / "local_test/opt_ml/model/broken").touch()
    done = run(trained / "local_test/serve_local.sh", "--port", str(free_port()))
    assert done.returncode == 1
    assert "the model is broken" in done.stdout + done.stderr
    assert done.stderr.endswith("serve_local.sh: the server ended with exit code 1; the reason stands above\n")


@pytest.mark.docker
def test_detached_server_goes_on(trained: Path) -> None:
    port = free_port()
    done = run(trained / "local_test/serve_local.sh", "--detach", "--port", str(port))
    assert done.returncode == 0, done.stderr
    stop = done.stdout.split("stop:    ")[1]
    try:
        assert get(port, "/ping") == b"1"
        again = run(trained / "local_test/serve_local.sh", "--detach", "--no-build", "--port", str(port))
        assert f"port {port} is taken" in again.stderr
    finally:
        subprocess.run(stop, shell=True, check=True, capture_output=True)
