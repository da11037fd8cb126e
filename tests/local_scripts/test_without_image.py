"""The files of local_test/, and what its scripts do with no image at hand."""

from __future__ import annotations

import csv
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from shared_helpers import free_port

from .conftest import SCRIPTS, SHARED, run


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


@pytest.mark.parametrize("script", ["train_local.sh", "serve_local.sh"])
def test_cdpath_does_not_lead_to_another_folder(plain: Path, tmp_path: Path, script: str) -> None:
    for there in ("input/data/train", "model/file"):
        (tmp_path / "elsewhere" / "local_test" / "opt_ml" / there).mkdir(parents=True)
    shutil.rmtree(plain / "opt_ml" / "input" / "data")
    done = run(Path("local_test", script), cwd=plain.parent, env=os.environ | {"CDPATH": str(tmp_path / "elsewhere")})
    assert (done.returncode, done.stderr.split(" local_test")[0]) in [
        (1, "train_local.sh: no data: put a folder for each channel into"),
        (1, "serve_local.sh: there is no model in"),
    ]


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


def test_predict_sends_the_first_payload_where_the_sample_is_gone(plain: Path, echo: tuple[type[Echo], str]) -> None:
    handler, port = echo
    shutil.rmtree(plain / "payloads")
    (plain / "payloads").mkdir()
    done = run(plain / "predict.sh", port)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("predict.sh: there is no sample request in local_test/payloads yet")
    for name in ("passengers.json", "my rows.csv"):
        (plain / "payloads" / name).write_text(name)
    assert run(plain / "predict.sh", port).returncode == 0
    assert handler.received == [("text/csv", "*/*", b"my rows.csv")]


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
