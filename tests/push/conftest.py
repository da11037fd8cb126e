"""`build_and_push.sh` with real builders, against Debian's docker-registry and moto's ECR and STS on this machine."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import jinja2
import pytest
from shared_helpers import free_port

SCRIPT = Path(__file__).parents[2] / "templates" / "_shared" / "template" / "build_and_push.sh.jinja"
BASH = os.environ.get("SMSCAFFOLD_BASH", "bash")  # the script promises to run in bash 3.2, which macOS has
DEADLINE = 60  # seconds
SCHEMA_2 = "application/vnd.docker.distribution.manifest.v2+json"
MANIFESTS = ", ".join(
    [
        SCHEMA_2,
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.oci.image.index.v1+json",
    ]
)
ACCOUNT = "123456789012"  # moto's own
PASSWORD = f"{ACCOUNT}-auth-token"  # what moto's get-login-password gives
HTPASSWD = "AWS:$2b$04$rh.dH2jL3HrElkg6kW94ROXxmNGotnUd/oTdZr6O4O7o8SeZrpqw."
# Neither emulator knows the other one: this one asks the registry for the type of a manifest, as ECR would know it.
AWS = """\
#!/bin/bash
case " $* " in
  *" --query imageDetails[0].imageManifestMediaType "*)
    while [ $# -gt 0 ]; do
      case $1 in --repository-name) repository=$2 ;; --image-ids) digest=${{2#imageDigest=}} ;; esac
      shift
    done
    url=http://{registry}/v2/$repository/manifests/$digest
    exec curl --silent --fail --user 'AWS:{password}' --header 'Accept: {manifests}' \
      --output /dev/null --write-out '%{{content_type}}\\n' "$url" ;;
esac
exec {aws} "$@"
"""
PREFIX = f"smscaffold-test/push-{os.getpid()}"  # of every image that these tests make

DOCKERFILES = {
    "single": "FROM scratch\nCOPY content /content\n",
    "split": "FROM scratch AS train\nCOPY content /train\nFROM scratch AS serve\nCOPY content /serve\n",
}


def require(found: object, what: str) -> None:
    """Skips, or fails where the machine is meant to have everything."""
    if not found and os.environ.get("SMSCAFFOLD_REQUIRE_DOCKER") == "1":
        pytest.fail(f"needs {what}")
    if not found:
        pytest.skip(f"needs {what}")


@dataclass
class Folder:
    """A container folder with nothing but the script and a Dockerfile."""

    path: Path
    layout: str
    name: str
    environment: dict[str, str] = field(default_factory=dict)

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [BASH, self.path / "build_and_push.sh", *arguments],
            cwd="/",
            env=os.environ | self.environment | environment,
            capture_output=True,
            text=True,
            timeout=DEADLINE * 3,
        )

    def engine(self, script: str) -> str:
        """A command in the place of docker's: this script of Bash, which calls a real engine."""
        program = self.path / "engine"
        program.write_text(f"#!/bin/bash\n{script}\n")
        program.chmod(0o755)
        return str(program)

    @property
    def images(self) -> list[str]:
        return [self.name + suffix for suffix in ({"single": [""], "split": ["-train", "-serve"]}[self.layout])]


def make_folder(path: Path, layout: str, name: str, **organisation: object) -> Folder:
    template = jinja2.Template(SCRIPT.read_text(encoding="utf-8"), keep_trailing_newline=True)
    script = template.render(project_name=name, layout=layout, aws_region="eu-west-1", organisation=organisation)
    (path / "build_and_push.sh").write_text(script, encoding="utf-8")
    (path / "Dockerfile").write_text(DOCKERFILES[layout])
    (path / "content").write_text(f"{path} {time.time()}")  # so that no two tests make the same image
    return Folder(path, layout, name)


@pytest.fixture(params=["single", "split"])
def layout(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def plain(tmp_path: Path, layout: str) -> Folder:
    """A folder whose engine and AWS CLI must not be asked."""
    folder = make_folder(tmp_path, layout, "team/model")
    (tmp_path / "bin").mkdir()
    for command in ("docker", "podman", "aws"):
        (tmp_path / "bin" / command).write_text(
            "#!/bin/sh\ncase $1 in version | --version | info) exit 0 ;; esac\nexit 99\n"
        )
        (tmp_path / "bin" / command).chmod(0o755)
    folder.environment = {
        "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}",
        "AWS_REGION": "",
        "AWS_DEFAULT_REGION": "",
    }
    return folder


def git(folder: Folder, *arguments: str) -> str:
    identity = ["-c", "user.name=x", "-c", "user.email=x@localhost"]
    done = subprocess.run(["git", "-C", folder.path, *identity, *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()


# ---- with an engine, a registry and a cloud


@dataclass
class Cloud:
    """The registry and moto; `user` is the environment of somebody who uses them."""

    registry: str
    endpoint: str
    folder: Path
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, name: str, command: list[str], url: str, **environment: str) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(command, stdout=log, stderr=log, env=os.environ | environment)
        deadline = time.monotonic() + DEADLINE
        while not answers(url):
            assert self.processes[name].poll() is None, (self.folder / f"{name}.log").read_text()
            assert time.monotonic() < deadline, f"{name} does not answer at {url}"
            time.sleep(0.05)

    def start_registry(self) -> None:
        program = shutil.which("docker-registry") or ""
        self.start("registry", [program, "serve", str(self.folder / "registry.yml")], f"http://{self.registry}/")

    def stop(self, name: str) -> None:
        self.processes[name].terminate()
        self.processes[name].wait(DEADLINE)

    def get(self, path: str) -> tuple[str, bytes]:
        """The content type and body of something in the registry."""
        login = b64encode(f"AWS:{PASSWORD}".encode()).decode()
        headers = {"Authorization": f"Basic {login}", "Accept": MANIFESTS}
        request = urllib.request.Request(f"http://{self.registry}/v2/{path}", headers=headers)
        with urllib.request.urlopen(request, timeout=DEADLINE) as answer:
            return answer.headers["Content-Type"], answer.read()

    def tags(self, repository: str) -> list[str]:
        try:
            return sorted(json.loads(self.get(f"{repository}/tags/list")[1])["tags"] or [])
        except urllib.error.HTTPError:
            return []

    def aws(self, *arguments: str) -> dict[str, object]:
        done = subprocess.run(["aws", *arguments], env=os.environ | self.user, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if done.stdout.strip() else {}

    def let_credentials_expire(self, expired: bool) -> None:
        """moto checks credentials after as many free requests as this says."""
        count = b"0" if expired else b"1000000000"
        request = urllib.request.Request(
            f"{self.endpoint}/moto-api/reset-auth", data=count, headers={"Content-Type": "text/plain"}
        )
        urllib.request.urlopen(request, timeout=DEADLINE).close()

    @property
    def user(self) -> dict[str, str]:
        return {
            "PATH": f"{self.folder / 'bin'}:{Path(sys.executable).parent}:{os.environ['PATH']}",
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": "x",
            "AWS_SECRET_ACCESS_KEY": "y",
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_CONFIG_FILE": str(self.folder / "aws"),
            "ECR_REGISTRY": self.registry,
            "DOCKER_CONFIG": str(self.folder / "docker"),
            "REGISTRY_AUTH_FILE": str(self.folder / "podman-auth.json"),
            "CONTAINERS_REGISTRIES_CONF": str(self.folder / "registries.conf"),
        }


def answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=5).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


@pytest.fixture(scope="session")
def engine() -> str:
    docker = os.environ.get("DOCKER", "docker")
    require(
        shutil.which(docker) and subprocess.run([docker, "version"], capture_output=True).returncode == 0, "an engine"
    )
    return docker


@pytest.fixture(scope="session")
def cloud(engine: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    require(shutil.which("docker-registry"), "docker-registry (Debian: docker-registry)")
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    aws = shutil.which("aws", path=path)
    require(aws, "the AWS CLI (PyPI: awscli)")
    require(importlib.util.find_spec("moto") and importlib.util.find_spec("flask_cors"), "PyPI: moto[server]")
    folder = tmp_path_factory.mktemp("cloud")
    registry, endpoint = f"localhost:{free_port()}", f"http://127.0.0.1:{free_port()}"
    (folder / "htpasswd").write_text(HTPASSWD + "\n")
    (folder / "registry.yml").write_text(
        f"version: 0.1\nlog: {{level: warn}}\nstorage: {{filesystem: {{rootdirectory: {folder / 'data'}}}}}\n"
        f"http: {{addr: '{registry.replace('localhost', '127.0.0.1')}'}}\n"
        f"auth: {{htpasswd: {{realm: ecr, path: {folder / 'htpasswd'}}}}}\n"
    )
    (folder / "registries.conf").write_text(f'[[registry]]\nlocation = "{registry}"\ninsecure = true\n')
    (folder / "docker").mkdir()
    (folder / "bin").mkdir()
    (folder / "bin" / "aws").write_text(AWS.format(registry=registry, password=PASSWORD, manifests=MANIFESTS, aws=aws))
    (folder / "bin" / "aws").chmod(0o755)
    cloud = Cloud(registry, endpoint, folder)
    try:
        cloud.start_registry()
        moto = [sys.executable, "-c", "from moto.server import main; main()", "-H", "127.0.0.1", "-p"]
        cloud.start("moto", [*moto, endpoint.rpartition(":")[2]], f"{endpoint}/moto-api/data.json")
        yield cloud
    finally:
        for name in cloud.processes:
            cloud.stop(name)


@pytest.fixture(params=["classic", "buildkit", "podman"])
def builder(request: pytest.FixtureRequest, engine: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment that chooses a builder."""
    if request.param == "classic":
        return {"DOCKER": engine, "DOCKER_BUILDKIT": "0"}
    if request.param == "podman":
        if not shutil.which("podman") or subprocess.run(["podman", "info"], capture_output=True).returncode != 0:
            pytest.skip("needs podman")
        return {"DOCKER": "podman"}
    empty = tmp_path_factory.mktemp("buildkit")
    (empty / "Dockerfile").write_text("FROM scratch\n")
    for docker in (engine, "/usr/bin/docker"):
        command = [docker, "build", "--tag", f"{PREFIX}-probe", empty]
        if shutil.which(docker):
            done = subprocess.run(command, env=os.environ | {"DOCKER_BUILDKIT": "1"}, capture_output=True)
            if done.returncode == 0:
                subprocess.run([docker, "rmi", f"{PREFIX}-probe"], capture_output=True)
                return {"DOCKER": docker, "DOCKER_BUILDKIT": "1"}
    pytest.skip("needs a docker CLI with BuildKit")


def remove_images(docker: str) -> None:
    """By name: by id, an image of other tests that has the same content would go too."""
    listing = [docker, "images", "--digests", "--format", "{{.Repository}} {{.Tag}} {{.Digest}}"]
    lines = subprocess.run(listing, capture_output=True, text=True).stdout.splitlines()
    mine = [line.split() for line in lines if f"{PREFIX}-" in line]
    names = {f"{name}@{digest}" if tag == "<none>" else f"{name}:{tag}" for name, tag, digest in mine}
    if names:
        subprocess.run([docker, "rmi", "--force", *sorted(names)], capture_output=True)


@pytest.fixture
def folder(cloud: Cloud, tmp_path: Path, layout: str, request: pytest.FixtureRequest, engine: str) -> Iterator[Folder]:
    """A folder whose user can push; each test has repositories of its own."""
    number = str(abs(hash(request.node.nodeid)))[:8]
    folder = make_folder(tmp_path, layout, f"{PREFIX}-{number}")
    folder.environment = cloud.user | {"DOCKER": engine}
    yield folder
    remove_images(engine)


def last_lines(done: subprocess.CompletedProcess[str]) -> list[str]:
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def tell_moto(cloud: Cloud, image: str, tag: str) -> None:
    """Tells moto what was pushed. In between the repository is mutable: moto cannot read the filter `*-dirty`."""
    manifest = cloud.get(f"{image}/manifests/{tag}")[1].decode()
    rule = ["ecr", "put-image-tag-mutability", "--repository-name", image, "--image-tag-mutability"]
    filters = ["filterType=WILDCARD,filter=latest", "filterType=WILDCARD,filter=*-dirty"]
    cloud.aws(*rule, "MUTABLE")
    cloud.aws("ecr", "put-image", "--repository-name", image, "--image-tag", tag, "--image-manifest", manifest,
              "--image-digest", digest_of(cloud, image, tag))  # fmt: skip
    cloud.aws(*rule, "IMMUTABLE_WITH_EXCLUSION", "--image-tag-mutability-exclusion-filters", *filters)


def digest_of(cloud: Cloud, image: str, tag: str) -> str:
    from hashlib import sha256

    return "sha256:" + sha256(cloud.get(f"{image}/manifests/{tag}")[1]).hexdigest()


def nothing_pushed(cloud: Cloud, folder: Folder) -> bool:
    return not any(cloud.tags(image) for image in folder.images)
