"""The container folder of java-spring, rendered, built and trained once for all tests here, with other algorithms."""

from __future__ import annotations

import functools
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from ..conftest import Build, Mounts, Render, sample_fixtures

ALGORITHMS = Path(__file__).parent / "algorithms"
Compile = Callable[[str], Mounts]

# the algorithm's jar as the image has it, with another class Algorithm in it
COMPILE = """
cp /build/jars/lib/algorithm-1.jar /out/{name}.jar
javac -d /tmp/{name} -cp '/build/jars/lib/*:/build/train/target/lib/*' /in/Algorithm.java
jar --update --file /out/{name}.jar -C /tmp/{name} .
"""


folder, image, model = sample_fixtures("java-spring")


@pytest.fixture(scope="session")
def direct(render: Render, build: Build) -> str:
    """The same with Tomcat on the port."""
    return build(render("java-spring", front_end="direct"), tag="java-spring-direct")


@pytest.fixture(scope="session")
def builder(folder: Path, build: Build) -> str:
    """The build stage of the image, which has the compiler."""
    return build(folder, "--target=build", tag="java-spring-build")


@pytest.fixture(scope="session")
def compiled(builder: str, tmp_path_factory: pytest.TempPathFactory) -> Compile:
    """A function that compiles an Algorithm.java and returns the mount which puts it into an image."""
    out = tmp_path_factory.mktemp("jars")

    @functools.cache
    def compiled(code: str) -> Mounts:
        work = tmp_path_factory.mktemp("algorithm")
        (work / "Algorithm.java").write_text(code)
        volumes = [f"--volume={work}:/in:ro", f"--volume={out}:/out"]
        command = ["docker", "run", "--rm", "--network=none", *volumes, builder, "sh", "-ec"]
        done = subprocess.run([*command, COMPILE.format(name=work.name)], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return {"/opt/program/lib/algorithm-1.jar": out / f"{work.name}.jar"}

    return compiled
