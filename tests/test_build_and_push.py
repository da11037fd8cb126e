"""`build_and_push.sh` with real builders, against Debian's docker-registry and moto's ECR and STS on this machine."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import signal
import socket
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

SCRIPT = Path(__file__).parents[1] / "templates" / "_shared" / "template" / "build_and_push.sh.jinja"
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

    @property
    def images(self) -> list[str]:
        return [self.name + suffix for suffix in ({"single": [""], "split": ["-train", "-serve"]}[self.layout])]


def make_folder(path: Path, layout: str, name: str) -> Folder:
    template = jinja2.Template(SCRIPT.read_text(encoding="utf-8"), keep_trailing_newline=True)
    script = template.render(project_name=name, layout=layout, aws_region="eu-west-1")
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


# ---- without an engine


def test_script_passes_shellcheck(plain: Folder) -> None:
    shellcheck = shutil.which("shellcheck") or shutil.which("shellcheck", path=str(Path(sys.executable).parent))
    if not shellcheck:
        pytest.skip("needs shellcheck")
    done = subprocess.run([shellcheck, plain.path / "build_and_push.sh"], capture_output=True, text=True)
    assert done.stdout == ""


def test_script_explains_itself(plain: Folder) -> None:
    done = plain.run("--help")
    assert (done.returncode, done.stderr) == (0, "")
    for option in ("region", "profile", "account", "repository", "tag", "platform", "no-push", "dry-run", "json"):
        assert f"  --{option} " in done.stdout
    assert os.access(SCRIPT, os.X_OK)
    assert max(map(len, done.stdout.splitlines())) <= 130


REGISTRIES = {  # a region of each partition (R3)
    "us-east-1": "amazonaws.com",
    "il-central-1": "amazonaws.com",
    "us-gov-west-1": "amazonaws.com",
    "cn-north-1": "amazonaws.com.cn",
    "cn-northwest-1": "amazonaws.com.cn",
    "us-iso-east-1": "c2s.ic.gov",
    "us-isob-east-1": "sc2s.sgov.gov",
    "eu-isoe-west-1": "cloud.adc-e.uk",
    "us-isof-south-1": "csp.hci.ic.gov",
    "eusc-de-east-1": "amazonaws.eu",
}


@pytest.mark.parametrize(("region", "domain"), REGISTRIES.items())
def test_registry_of_each_partition(plain: Folder, region: str, domain: str) -> None:
    done = plain.run("--dry-run", "--tag", "v1", "--account", ACCOUNT, "--region", region)
    assert done.returncode == 0, done.stderr
    registry = f"{ACCOUNT}.dkr.ecr.{region}.{domain}"
    assert done.stdout.splitlines() == [f"{registry}/{image}:v1" for image in plain.images]


def test_dry_run_shows_the_steps_and_does_nothing(plain: Folder) -> None:
    done = plain.run("--dry-run", "--tag", "v1", "--json", "--repository", "other")
    assert done.returncode == 0, done.stderr
    registry = "ACCOUNT.dkr.ecr.eu-west-1.amazonaws.com"
    others = ["other" + image.removeprefix("team/model") for image in plain.images]
    assert json.loads(done.stdout) == {"images": [f"{registry}/{other}:v1" for other in others]}
    steps = [line.removeprefix("== ") for line in done.stderr.splitlines()]
    assert steps[0] == f"build {plain.images[0]} for linux/amd64"
    assert f"log in to {registry}" in steps
    assert steps[-1] == f"push {registry}/{others[-1]}:latest"
    assert steps.index(f"log in to {registry}") > steps.index(f"check {plain.images[-1]}")


def test_region_comes_from_the_environment(plain: Folder) -> None:
    done = plain.run("--dry-run", "--tag", "v1", AWS_DEFAULT_REGION="us-east-2")
    assert ".us-east-2." in done.stdout
    done = plain.run("--dry-run", "--tag", "v1", AWS_DEFAULT_REGION="us-east-2", AWS_REGION="us-west-2")
    assert ".us-west-2." in done.stdout
    done = plain.run("--dry-run", "--tag", "v1", "--region", "ca-central-1", AWS_REGION="us-west-2")
    assert ".ca-central-1." in done.stdout


@pytest.mark.parametrize(
    "name",
    [
        "A",
        "1x",
        "a--b",
        "a__b",
        "a//b",
        "-a",
        "a-",
        "a/",
        "a b",
        "$(touch x)",
        "a'b",
        'a"b',
        "modèle",
        "a\nb",
        "a" * 257,
        "`x`",
    ],
)
def test_odd_repository_is_refused_by_name(plain: Folder, name: str) -> None:
    done = plain.run("--repository", name, "--tag", "v1")
    assert done.returncode == 2
    suffix = {"single": "", "split": "-train"}[plain.layout]
    assert f"build_and_push.sh: '{name}{suffix}' is no repository name" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--nonsense"], "unknown argument '--nonsense'; see --help"),
        (["team"], "unknown argument 'team'; see --help"),
        (["--tag"], "--tag needs a value"),
        (["--profile", ""], "--profile needs a value"),
        (["--tag", "-v1"], "--tag must be 1 to 128 of A-Z, a-z, 0-9, _ . - with no . or - at its start, not '-v1'"),
        (["--tag", "ä"], "not 'ä'"),
        (["--tag", "a b"], "not 'a b'"),
        (["--tag", "a" * 129], "--tag must be"),
        (["--account", "12345678901"], "--account must be 12 digits, not '12345678901'"),
        (["--account", "12345678901x"], "--account must be 12 digits, not '12345678901x'"),
        (["--platform", "windows/amd64"], "--platform must be linux/amd64 or linux/arm64, not 'windows/amd64'"),
        (["--region", "us-east"], "there is no AWS region 'us-east'"),
        (["--region", "us-foo-bar-1"], "there is no AWS region 'us-foo-bar-1'"),
        (["--region", "cn-east-1"], "there is no AWS region 'cn-east-1'"),
        (["--region", "$(date)"], "there is no AWS region '$(date)'"),
        (["--repository", "a" * 250, "--tag", "v1", "--dry-run"], "is too long: SageMaker takes 255 characters"),
    ],
)
def test_wrong_argument_is_named(plain: Folder, arguments: list[str], complaint: str) -> None:
    done = plain.run(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert complaint in done.stderr


def test_longest_legal_names_pass(plain: Folder) -> None:
    done = plain.run("--dry-run", "--repository", "a" * 130, "--tag", "a" * 128)
    assert done.returncode == 0, done.stderr


def git(folder: Folder, *arguments: str) -> str:
    identity = ["-c", "user.name=x", "-c", "user.email=x@localhost"]
    done = subprocess.run(["git", "-C", folder.path, *identity, *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_tag_is_the_commit(plain: Folder) -> None:
    done = plain.run("--dry-run")
    assert done.returncode == 2
    assert "there is no git commit to take the tag from: commit, or give --tag" in done.stderr
    git(plain, "init", "--quiet")
    git(plain, "add", ".")
    git(plain, "commit", "--quiet", "-m", "first")
    commit = git(plain, "rev-parse", "--short=12", "HEAD")
    assert plain.run("--dry-run").stdout.splitlines()[0].endswith(f":{commit}")
    (plain.path / "new").touch()
    assert plain.run("--dry-run").stdout.splitlines()[0].endswith(f":{commit}-dirty")


def test_missing_engine_is_named(plain: Folder) -> None:
    done = plain.run("--tag", "v1", DOCKER="nodocker")
    assert done.returncode == 1
    assert "no container engine answers to 'nodocker version'" in done.stderr


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
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
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


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def engine() -> str:
    docker = os.environ.get("DOCKER", "docker")
    require(
        shutil.which(docker) and subprocess.run([docker, "version"], capture_output=True).returncode == 0, "an engine"
    )
    return docker


@pytest.fixture(scope="module")
def cloud(engine: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    require(shutil.which("docker-registry"), "docker-registry (Debian: docker-registry)")
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    require(shutil.which("aws", path=path), "the AWS CLI (PyPI: awscli)")
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
    listing = [docker, "images", "--format", "{{.Repository}} {{.ID}}"]
    lines = subprocess.run(listing, capture_output=True, text=True).stdout.splitlines()
    mine = {line.split()[1] for line in lines if f"{PREFIX}-" in line}
    if mine:
        subprocess.run([docker, "rmi", "--force", *mine], capture_output=True)


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


@pytest.mark.docker
def test_every_builder_pushes_schema_2(folder: Folder, cloud: Cloud, builder: dict[str, str]) -> None:
    references = last_lines(folder.run("--tag", "v1", **builder))
    assert len(references) == len(folder.images)
    for reference, image in zip(references, folder.images, strict=True):
        start, _, digest = reference.partition("@")
        assert start == f"{cloud.registry}/{image}"
        assert cloud.tags(image) == ["latest", "v1"]
        content_type, body = cloud.get(f"{image}/manifests/v1")
        manifest = json.loads(body)
        assert content_type == manifest["mediaType"] == SCHEMA_2
        assert manifest["config"]["mediaType"] == "application/vnd.docker.container.image.v1+json"
        assert cloud.get(f"{image}/manifests/{digest}")[1] == cloud.get(f"{image}/manifests/latest")[1] == body
        config = json.loads(cloud.get(f"{image}/blobs/{manifest['config']['digest']}")[1])
        assert (config["os"], config["architecture"]) == ("linux", "amd64")
    remove_images(builder["DOCKER"])


@pytest.mark.docker
@pytest.mark.parametrize("layout", ["split"])
def test_new_repository_is_set_up_and_an_existing_one_left_alone(folder: Folder, cloud: Cloud) -> None:
    last_lines(folder.run("--tag", "v1"))
    for image in folder.images:
        [found] = cloud.aws("ecr", "describe-repositories", "--repository-names", image)["repositories"]  # type: ignore[misc]
        assert found["imageScanningConfiguration"] == {"scanOnPush": True}
        assert found["imageTagMutability"] == "IMMUTABLE_WITH_EXCLUSION"
        filters = [item["filter"] for item in found["imageTagMutabilityExclusionFilters"]]
        assert filters == ["latest", "*-dirty"]
        policy = cloud.aws("ecr", "get-lifecycle-policy", "--repository-name", image)["lifecyclePolicyText"]
        [rule] = json.loads(str(policy))["rules"]
        assert 100 <= len(str(policy)) <= 30720
        assert rule["selection"]["tagStatus"] == "untagged"
        cloud.aws("ecr", "delete-lifecycle-policy", "--repository-name", image)
    again = folder.run("--tag", "v2", "--json")
    assert "create the repository" not in again.stderr
    assert [uri.partition("@")[0] for uri in json.loads(again.stdout)["images"]] == [
        f"{cloud.registry}/{image}" for image in folder.images
    ]
    for image in folder.images:
        assert cloud.tags(image) == ["latest", "v1", "v2"]
        done = subprocess.run(
            ["aws", "ecr", "get-lifecycle-policy", "--repository-name", image],
            env=os.environ | cloud.user,
            capture_output=True,
        )
        assert done.returncode != 0


@pytest.mark.docker
@pytest.mark.parametrize("layout", ["split"])
def test_no_push_builds_and_needs_no_account(folder: Folder, cloud: Cloud, engine: str) -> None:
    done = folder.run("--no-push", AWS_ENDPOINT_URL="http://127.0.0.1:1", PATH=os.environ["PATH"])
    assert last_lines(done) == folder.images
    for image in folder.images:
        assert subprocess.run([engine, "image", "inspect", image], capture_output=True).returncode == 0
        assert cloud.tags(image) == []
    assert json.loads(folder.run("--no-push", "--json").stdout) == {"images": folder.images}


@pytest.mark.docker
@pytest.mark.parametrize("layout", ["single"])
def test_account_comes_from_sts(folder: Folder) -> None:
    done = folder.run("--tag", "v1", ECR_REGISTRY="", DOCKER_BUILD_OPTS="--no-such-option")
    assert done.returncode == 1  # the build fails, after STS was asked
    done = folder.run("--tag", "v1", "--dry-run", ECR_REGISTRY="")
    assert "ACCOUNT.dkr.ecr" in done.stdout
    (folder.path / "docker").write_text(
        '#!/bin/sh\ncase $1 in login) echo "$*" >&2; exit 1 ;; esac\nexec docker "$@"\n'
    )
    (folder.path / "docker").chmod(0o755)
    done = folder.run("--tag", "v1", ECR_REGISTRY="", DOCKER=str(folder.path / "docker"))
    assert f"login --username AWS --password-stdin {ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com\n" in done.stderr


@pytest.mark.docker
@pytest.mark.parametrize("layout", ["single"])
def test_tag_of_another_image_is_not_overwritten(folder: Folder, cloud: Cloud) -> None:
    last_lines(folder.run("--tag", "v1"))
    for image in folder.images:  # pushes do not reach moto: tell it what ECR would know
        tell_moto(cloud, image, "v1")
    again = folder.run("--tag", "v1")
    assert last_lines(again)
    assert f"{cloud.registry}/{folder.images[0]}:v1 is there already" in again.stderr
    (folder.path / "content").write_text("changed")
    before = cloud.get(f"{folder.images[0]}/manifests/v1")
    done = folder.run("--tag", "v1")
    assert done.returncode == 1
    assert f"the tag v1 of {folder.images[0]} is another image already, sha256:" in done.stderr
    assert "commit your changes, or give another --tag" in done.stderr
    assert cloud.get(f"{folder.images[0]}/manifests/v1") == before
    assert cloud.get(f"{folder.images[0]}/manifests/latest") == before


def tell_moto(cloud: Cloud, image: str, tag: str) -> None:
    """Tells moto what was pushed. In between the repository is mutable: moto cannot read the filter `*-dirty`."""
    manifest = cloud.get(f"{image}/manifests/{tag}")[1].decode()
    rule = ["ecr", "put-image-tag-mutability", "--repository-name", image, "--image-tag-mutability"]
    filters = ["filterType=WILDCARD,filter=latest", "filterType=WILDCARD,filter=*-dirty"]
    cloud.aws(*rule, "MUTABLE")
    cloud.aws("ecr", "put-image", "--repository-name", image, "--image-tag", tag, "--image-manifest", manifest,
              "--image-digest", digest_of(cloud, image, tag))  # fmt: skip
    cloud.aws(*rule, "IMMUTABLE_WITH_EXCLUSION", "--image-tag-mutability-exclusion-filters", *filters)


@pytest.mark.docker
@pytest.mark.parametrize("layout", ["single"])
def test_existing_repositories_keep_their_own_rules(folder: Folder, cloud: Cloud) -> None:
    for image in folder.images:
        cloud.aws("ecr", "create-repository", "--repository-name", image, "--image-tag-mutability", "IMMUTABLE")
    done = folder.run("--tag", "v1")
    assert last_lines(done)
    assert f"latest stays as it is: no tag of {folder.images[0]} can be moved" in done.stderr
    assert cloud.tags(folder.images[0]) == ["v1"]


@pytest.mark.docker
@pytest.mark.parametrize("layout", ["single"])
def test_dirty_tag_moves(folder: Folder, cloud: Cloud) -> None:
    first = last_lines(folder.run("--tag", "abc-dirty"))
    for image in folder.images:
        tell_moto(cloud, image, "abc-dirty")
    (folder.path / "content").write_text("changed")
    second = last_lines(folder.run("--tag", "abc-dirty"))
    assert set(first).isdisjoint(second)
    assert f"@{digest_of(cloud, folder.images[0], 'abc-dirty')}" in second[0]


def digest_of(cloud: Cloud, image: str, tag: str) -> str:
    from hashlib import sha256

    return "sha256:" + sha256(cloud.get(f"{image}/manifests/{tag}")[1]).hexdigest()


# ---- faults: each ends at once, non-zero, with the step and what to do


def nothing_pushed(cloud: Cloud, folder: Folder) -> bool:
    return not any(cloud.tags(image) for image in folder.images)


@pytest.mark.docker
def test_build_failure_stops_before_any_push(folder: Folder, cloud: Cloud) -> None:
    with (folder.path / "Dockerfile").open("a") as file:  # in split the last image fails: the first must not be pushed
        file.write("COPY missing /missing\n")
    done = folder.run("--tag", "v1")
    assert (done.returncode, done.stdout) == (1, "")
    assert "missing" in done.stderr
    assert (
        f"could not build {folder.images[-1]} for linux/amd64: the reason stands above; nothing was pushed"
        in done.stderr
    )
    assert nothing_pushed(cloud, folder)


@pytest.mark.docker
@pytest.mark.parametrize("layout", ["single"])
def test_wrong_platform_is_refused(folder: Folder, cloud: Cloud, builder: dict[str, str]) -> None:
    """As a base image for another platform makes it, which some builders take without a word."""
    docker, wrapper = builder["DOCKER"], folder.path / "engine"
    wrapper.write_text(
        f'#!/bin/bash\nif [ "$1" = build ]; then set -- "${{@/linux\\/amd64/linux/arm64}}"; fi\nexec {docker} "$@"\n'
    )
    wrapper.chmod(0o755)
    done = folder.run("--tag", "v1", **{**builder, "DOCKER": str(wrapper)})
    if done.returncode == 0:
        pytest.skip("this builder ignores --platform")
    assert done.returncode == 1
    expected = f"{folder.images[0]} is for linux/arm64, not for linux/amd64: look at its base image; nothing was pushed"
    assert expected in done.stderr
    assert nothing_pushed(cloud, folder)
    remove_images(docker)


@pytest.mark.docker
@pytest.mark.parametrize("layout", ["single"])
def test_oci_manifest_is_refused(folder: Folder, cloud: Cloud) -> None:
    if not shutil.which("podman"):
        pytest.skip("needs podman")
    wrapper = folder.path / "engine"
    wrapper.write_text('#!/bin/bash\n[ "$1" != build ] || set -- "${@/#docker/oci}"\nexec podman "$@"\n')
    wrapper.chmod(0o755)
    done = folder.run("--tag", "v1", DOCKER=str(wrapper))
    assert done.returncode == 1
    assert "has a manifest of type application/vnd.oci.image.manifest.v1+json, which SageMaker refuses" in done.stderr
    assert nothing_pushed(cloud, folder)
    remove_images("podman")


@pytest.mark.docker
@pytest.mark.parametrize("layout", ["single"])
def test_expired_credentials(folder: Folder, cloud: Cloud) -> None:
    cloud.let_credentials_expire(True)
    try:
        first = folder.run("--tag", "v1", ECR_REGISTRY="")
        second = folder.run("--tag", "v1")
    finally:
        cloud.let_credentials_expire(False)
    assert (first.returncode, first.stdout) == (1, "")
    assert "could not ask AWS for your account: log in to AWS again if your credentials have expired" in first.stderr
    assert "== build" not in first.stderr
    assert second.returncode == 1
    assert f"could not log in to {cloud.registry}: the reason stands above; log in to AWS again" in second.stderr
    assert nothing_pushed(cloud, folder)


@pytest.mark.docker
@pytest.mark.parametrize("layout", ["single"])
def test_refused_login(folder: Folder, cloud: Cloud) -> None:
    wrapper = folder.path / "engine"
    wrapper.write_text('#!/bin/bash\n[ "$1" != login ] || exec docker "$@" <<<wrong\nexec docker "$@"\n')
    wrapper.chmod(0o755)
    done = folder.run("--tag", "v1", DOCKER=str(wrapper))
    assert done.returncode == 1
    assert f"could not log in to {cloud.registry}: " in done.stderr
    assert nothing_pushed(cloud, folder)


@pytest.mark.docker
def test_registry_dies_in_the_middle_and_a_rerun_goes_on(folder: Folder, cloud: Cloud) -> None:
    """In split the train image is there already then: half pushed."""
    wrapper, pid = folder.path / "engine", cloud.processes["registry"].pid
    wrapper.write_text(
        '#!/bin/bash\n[ "$1" != push ] || [[ $2 != *' + folder.images[-1] + f':v1 ]] || kill {pid}\nexec docker "$@"\n'
    )
    wrapper.chmod(0o755)
    done = folder.run("--tag", "v1", DOCKER=str(wrapper))
    cloud.processes["registry"].wait(DEADLINE)
    cloud.start_registry()
    assert (done.returncode, done.stdout) == (1, "")
    failed = f"{cloud.registry}/{folder.images[-1]}:v1"
    assert f"could not push {failed}: the reason stands above; run this script again to go on from here" in done.stderr
    assert cloud.tags(folder.images[-1]) == []
    if folder.layout == "split":
        assert cloud.tags(folder.images[0]) == ["latest", "v1"]
        tell_moto(cloud, folder.images[0], "v1")
    references = last_lines(folder.run("--tag", "v1"))
    assert len(references) == len(folder.images)
    for image in folder.images:
        assert cloud.tags(image) == ["latest", "v1"]


@pytest.mark.docker
@pytest.mark.parametrize("layout", ["single"])
def test_registry_with_a_full_disk(folder: Folder, cloud: Cloud) -> None:
    """A limit on the registry's file size stands for the full disk: it cannot store the layer."""
    (folder.path / "content").write_bytes(os.urandom(300_000))
    prlimit = shutil.which("prlimit")
    if not prlimit or not shutil.which("podman"):
        pytest.skip("needs prlimit, and podman, which gives up sooner than docker")
    pid = str(cloud.processes["registry"].pid)
    subprocess.run([prlimit, "--pid", pid, "--fsize=100000:unlimited"], check=True)
    try:
        done = folder.run("--tag", "v1", DOCKER="podman")
        remove_images("podman")
    finally:
        cloud.processes["registry"].send_signal(signal.SIGTERM)
        cloud.processes["registry"].wait(DEADLINE)
        cloud.start_registry()
    assert (done.returncode, done.stdout) == (1, "")
    assert f"could not push {cloud.registry}/{folder.images[0]}:v1" in done.stderr


@pytest.mark.docker
@pytest.mark.parametrize("layout", ["single"])
def test_lifecycle_rule_refused_leaves_no_repository(folder: Folder, cloud: Cloud) -> None:
    wrapper = folder.path / "bin"
    wrapper.mkdir()
    aws = shutil.which("aws", path=cloud.user["PATH"])
    (wrapper / "aws").write_text(
        '#!/bin/bash\ncase " $* " in *" put-lifecycle-policy "*) echo AccessDeniedException >&2; exit 254 ;; esac\n'
        f'exec {aws} "$@"\n'
    )
    (wrapper / "aws").chmod(0o755)
    done = folder.run("--tag", "v1", PATH=f"{wrapper}:{cloud.user['PATH']}")
    assert done.returncode == 1
    assert f"could not create the repository {folder.images[0]}: the reason stands above" in done.stderr
    assert "AccessDeniedException" in done.stderr
    assert last_lines(folder.run("--tag", "v1"))
