"""`train_local.sh` and `serve_local.sh`, as the platform trains and serves."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import threading
import time
import urllib.request
from pathlib import Path

import pytest
from shared_helpers import free_port

from .conftest import BASH, DEADLINE, DOCKERFILE, run

UNPRIVILEGED = 12345  # a user id that nobody has


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
    assert "local_test/opt_ml/output/failure: mode must not be fail\n" in done.stderr
    assert done.stderr.endswith(" with exit code 3\n")
    set_mode(project, "empty")
    done = run(project / "local_test/train_local.sh", "--no-build")
    assert done.returncode == 1
    assert "wrote nothing to /opt/ml/model" in done.stderr


EARLIER = "; local_test/opt_ml/model still holds the model of an earlier run\n"


def names(project: Path, folder: str = "") -> list[str]:
    return sorted(path.name for path in (project / "local_test/opt_ml" / folder).iterdir())


def hidden(project: Path) -> list[str]:
    return [name for name in names(project) if name.startswith(".")]


@pytest.mark.docker
@pytest.mark.parametrize(
    ("mode", "code", "says"),
    [
        ("fail", 3, " s with exit code 3" + EARLIER),
        ("empty", 1, " s, but wrote nothing to /opt/ml/model" + EARLIER),
        ("half", 5, " s with exit code 5" + EARLIER),
    ],
)
def test_a_failed_training_leaves_the_model_that_was_there(trained: Path, mode: str, code: int, says: str) -> None:
    (trained / "local_test/opt_ml/model/.hidden").write_text("mine")
    (trained / "local_test/opt_ml/checkpoints").mkdir()
    (trained / "local_test/opt_ml/checkpoints/round-7").touch()
    set_mode(trained, mode)
    done = run(trained / "local_test/train_local.sh")
    assert (done.returncode, done.stderr.endswith(says)) == (code, True), done.stderr
    assert names(trained, "model") == [".hidden", "file"]
    assert names(trained, "checkpoints") == (["half"] if mode == "half" else ["round-7"])
    assert hidden(trained) == []


@pytest.mark.docker
def test_a_container_that_does_not_start_costs_nothing(trained: Path, engine: str) -> None:
    (trained / "local_test/opt_ml/checkpoints").mkdir()
    (trained / "local_test/opt_ml/checkpoints/round-7").touch()
    script = trained / "local_test/train_local.sh"
    for option, says in (("--entrypoint=/nowhere", "did not start"), ("--no-such-option", "could not be made")):
        done = run(script, "--", option)
        assert (done.returncode, f"the container {says}" in done.stderr) == (1, True), done.stderr
        assert model(trained, "file") == ""
        assert names(trained, "checkpoints") == ["round-7"]
        assert hidden(trained) == []
    assert containers(engine) == []


@pytest.mark.docker
def test_a_model_folder_that_is_a_link_stays_one(project: Path, tmp_path: Path) -> None:
    """It may lead to a larger disk."""
    (tmp_path / "old").touch()
    (project / "local_test/opt_ml/model").symlink_to(tmp_path)
    done = run(project / "local_test/train_local.sh")
    assert (done.returncode, done.stderr) == (0, "")
    assert (project / "local_test/opt_ml/model").is_symlink()
    assert (tmp_path / "environment").exists()
    assert not (tmp_path / "old").exists()


@pytest.mark.docker
def test_a_model_and_an_output_of_the_same_names(project: Path) -> None:
    """Both of an earlier run are put aside, and neither is in the way of the other one."""
    set_mode(project, "outputs")
    for options in ((), ("--no-build",)):
        done = run(project / "local_test/train_local.sh", *options)
        assert (done.returncode, done.stderr) == (0, "")
        assert names(project, "model") == names(project, "output") == ["data", "failure"]
    assert hidden(project) == []


@pytest.mark.docker
def test_a_killed_script_leaves_the_model_that_was_there(trained: Path, engine: str) -> None:
    set_mode(trained, "slow")
    with Background(trained / "local_test/train_local.sh") as training:
        training.wait_for("waiting")
        training.process.kill()
        training.process.wait(DEADLINE)
        assert names(trained, "model") == ["file"]
        subprocess.run([engine, "rm", "--force", *containers(engine)], capture_output=True)  # it goes on alone
        training.end()
    assert names(trained, "model") == ["file"]


@pytest.mark.docker
def test_a_model_that_cannot_be_moved_is_not_lost(trained: Path) -> None:
    """The folder for it goes while training runs."""
    set_mode(trained, "slow")
    with Background(trained / "local_test/train_local.sh") as training:
        training.wait_for("waiting")
        (trained / "local_test/opt_ml/model").rename(trained / "elsewhere")
        training.stop(signal.SIGTERM)
        assert training.end() == 1
    [run_folder] = hidden(trained)
    where = f"local_test/opt_ml/{run_folder}"
    assert f"it is in {where}/model, and the earlier one in {where}/earlier/model" in training.output
    assert (trained / where / "model/best").read_text() == "best\n"


@pytest.mark.docker
def test_a_failure_file_that_is_a_link_is_not_followed(project: Path, tmp_path: Path) -> None:
    """It would lead to a file of this machine that the container was not given."""
    (tmp_path / "secret").write_text("TOP SECRET")
    (project / "train").write_text(f"#!/bin/sh\nln -s {tmp_path}/secret /opt/ml/output/failure; exit 3\n")
    done = run(project / "local_test/train_local.sh")
    assert done.returncode == 3
    assert "TOP SECRET" not in done.stdout + done.stderr
    assert "local_test/opt_ml/output/failure is not shown, since it is no plain file (T24)\n" in done.stderr


@pytest.mark.docker
def test_a_terminal_gets_nothing_to_obey(project: Path, tmp_path: Path) -> None:
    """The log goes on as it is into a file or a pipe; the failure file is shown on a terminal as a rule."""
    hostile = r"\033]52;c;Y2F0\007 \302\233 \342\200\256 \303\251\n"
    train = f"#!/bin/sh\nprintf '{hostile}'; printf '{hostile}' >/opt/ml/output/failure; exit 3\n"
    (project / "train").write_text(train)
    script = f"{BASH} {project}/local_test/train_local.sh"
    on_terminal = subprocess.run(["script", "-qec", script, "/dev/null"], capture_output=True, timeout=DEADLINE * 3)
    assert on_terminal.stdout.decode().count("?]52;c;Y2F0? ? ? \u00e9") == 2
    assert b"\x1b" not in on_terminal.stdout
    done = run(project / "local_test/train_local.sh", "--no-build")
    assert "\x1b]52" in done.stdout
    assert "\x1b]52" not in done.stderr


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


@pytest.mark.docker
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_the_program_that_gives_files_back_gets_nothing_else(project: Path) -> None:
    """It is the image's, and could write into the scripts that run on this machine."""
    for path in (project, *project.rglob("*")):
        os.chown(path, UNPRIVILEGED, UNPRIVILEGED)
    hostile = 'for file in $(find /project /written -name "*.sh"); do echo evil >$file; done; exec /bin/chown.real "$@"'
    change = (
        f"mv /bin/chown /bin/chown.real && printf '%s\\n' '#!/bin/sh' '{hostile}' >/bin/chown && chmod 755 /bin/chown"
    )
    (project / "Dockerfile").write_text(DOCKERFILE.replace("RUN ", f"RUN {change} && "))
    script = project / "local_test/train_local.sh"
    before = script.read_text()
    caller = {"user": UNPRIVILEGED, "group": Path("/var/run/docker.sock").stat().st_gid, "extra_groups": []}
    done = run(script, **caller, env=os.environ | {"HOME": "/nowhere"})
    assert done.returncode == 0, done.stderr
    assert script.read_text() == before
    written = [path for path in (project / "local_test/opt_ml").rglob("*") if path.stat().st_uid != UNPRIVILEGED]
    assert written == []


def containers(engine: str) -> list[str]:
    """The containers of this run's images."""
    label = f"label=of=smscaffold-test/local-{os.getpid()}"
    found = subprocess.run([engine, "ps", "--all", "--quiet", "--filter", label], capture_output=True, text=True)
    return found.stdout.split()


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
        assert f"predict: local_test/predict.sh --port {port}\n" in server.output
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
