"""What the benchmarks do with the container engine, and the container folder they do it with."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

BENCH = Path(__file__).resolve().parent
ROOT = BENCH.parent
DOCKER = os.environ.get("DOCKER", "docker")
PREFIX = "smbench"
TOOLS = f"{PREFIX}-tools"
READY_SECONDS = 120
IDLE_WAIT_SECONDS = 60


def docker(*arguments: object, **options) -> str:
    """Runs the docker CLI and returns what it printed; its own error ends the benchmark."""
    done = subprocess.run([DOCKER, *map(str, arguments)], capture_output=True, text=True, **options)
    if done.returncode:
        sys.exit(f"{DOCKER} {' '.join(map(str, arguments))}\n{done.stdout}{done.stderr}")
    return done.stdout.strip()


def build(image: str, folder: Path, *options: str, buildkit: bool = False) -> str:
    """Builds an image and returns its name. Environment: DOCKER_BUILD_OPTS, further options of docker build."""
    more = os.environ.get("DOCKER_BUILD_OPTS", "").split()
    environment = {**os.environ, "DOCKER_BUILDKIT": "1" if buildkit else "0"}
    docker("build", "--platform", "linux/amd64", "--tag", image, *options, *more, folder, env=environment)
    return image


def remove_images(*images: str) -> None:
    subprocess.run([DOCKER, "rmi", "--force", *images], capture_output=True)


def container_folder(parent: Path, name: str, template: str = "python-flask", **answers: str) -> Path:
    """Writes the container folder of a template, from the working tree of this checkout; NAME@VERSION: as released."""
    folder = parent / name
    template, _, version = template.partition("@")
    data = [f"--data={key}={value}" for key, value in {"project_name": f"{PREFIX}-{name}", **answers}.items()]
    command = [sys.executable, "-m", "smscaffold", "new", str(folder), "-t", template, "--defaults", "--no-git"]
    ref = ["--ref", released(template, version)] if version else []
    subprocess.run([*command, "--quiet", *ref, *data], cwd=ROOT, check=True)
    return folder


def released(template: str, version: str) -> str:
    """Returns the tag of a template's newest release that is not above the version."""
    bundle = ROOT / "smscaffold" / "history" / f"{template}.bundle"
    heads = subprocess.run(["git", "bundle", "list-heads", bundle], check=True, capture_output=True, text=True).stdout
    tags = re.findall(r"refs/tags/v([0-9.]+)$", heads, re.MULTILINE)
    numbers = [tuple(map(int, tag.split("."))) for tag in tags]
    return "v" + ".".join(map(str, max(each for each in numbers if each <= tuple(map(int, version.split("."))))))


def train(folder: Path) -> Path:
    """Builds the folder's training image, trains on the sample data, and returns the folder of the model."""
    subprocess.run([folder / "local_test" / "train_local.sh"], check=True, stdout=subprocess.DEVNULL)
    return folder / "local_test" / "opt_ml" / "model"


class Server:
    """A running container."""

    def __init__(self, identity: str):
        self.id = identity
        pid = docker("inspect", "--format", "{{.State.Pid}}", identity)
        self.cgroups = [line.split(":", 2) for line in Path(f"/proc/{pid}/cgroup").read_text().splitlines()]

    def run_beside(self, *arguments: object) -> str:
        """Runs another container ([options] image command) in this one's network; returns what it printed."""
        return docker("run", "--rm", "--network", f"container:{self.id}", *arguments)

    def cpu_seconds(self) -> float:
        """Returns the CPU time that all processes of the container have used so far."""
        for _, controllers, path in self.cgroups:
            if "cpuacct" in controllers.split(","):  # cgroup v1
                return int(Path(f"/sys/fs/cgroup/cpuacct{path}/cpuacct.usage").read_text()) / 1e9
        path = next(path for _, controllers, path in self.cgroups if not controllers)  # cgroup v2
        return int(Path(f"/sys/fs/cgroup{path}/cpu.stat").read_text().split()[1]) / 1e6

    def ask(self, *arguments: object) -> str:
        """Runs tools/ask.py beside the server; returns what it printed."""
        return self.run_beside(TOOLS, "python3", "/ask.py", *arguments)


@contextmanager
def serving(image: str, model: Path, *options: str, workers: int = 2, command: str = "serve") -> Iterator[Server]:
    """Runs a server on the model without a published port, until its /ping is 200; removes it at the end."""
    identity = docker(
        "run", "--detach", "--env", f"MODEL_SERVER_WORKERS={workers}", "--volume", f"{model}:/opt/ml/model:ro",
        *options, image, command,
    )  # fmt: skip
    try:
        server = Server(identity)
        server.ask("ready", READY_SECONDS)
        yield server
    finally:
        docker("rm", "--force", "--volumes", identity)


def mount(file: Path, target: str) -> tuple[str, str]:
    return "--volume", f"{file}:{target}:ro"


def wait_until_idle() -> None:
    """Waits until nothing else keeps the CPUs busy; when that takes too long, says so and goes on."""
    deadline = time.monotonic() + IDLE_WAIT_SECONDS
    while idle_share(2) < 0.9:
        if time.monotonic() > deadline:
            print("the machine is busy with other things: the figures are noisy", flush=True)
            return


def idle_share(seconds: float) -> float:
    """Returns the share of the CPUs' time that is idle during so many seconds from now."""

    def times() -> tuple[int, int]:
        fields = [int(field) for field in Path("/proc/stat").read_text().split("\n")[0].split()[1:9]]
        return fields[3], sum(fields)

    idle, total = times()
    time.sleep(seconds)
    idle_later, total_later = times()
    return (idle_later - idle) / (total_later - total)
