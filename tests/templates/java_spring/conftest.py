"""The container folder of java-spring, rendered, built and trained once for all tests here, with other algorithms."""

from __future__ import annotations

import functools
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ..conftest import Build, Mounts, Render, sample_fixtures

Compile = Callable[[str], Mounts]
ALGORITHMS = Path(__file__).parent / "algorithms"
COMPILE = "javac -d /tmp/classes -cp '/build/jars/lib/*:/build/train/target/lib/*' /in/Algorithm.java"


def jvm_fixtures(template: str, algorithms: Path, compile_script: str) -> tuple[Any, Any, Any]:
    """The fixtures `builder`, `compiled` and `algorithm` of a template whose algorithm is a jar.

    `compile_script` puts the classes of /in/Algorithm.java, or whatever the language calls it, into /tmp/classes.
    """
    language = template.split("-")[0]

    @pytest.fixture(scope="session")
    def builder(folder: Path, build: Build) -> str:
        """The build stage of the image, which has the compiler."""
        return build(folder, "--target=build", tag=f"{template}-build")

    @pytest.fixture(scope="session")
    def compiled(builder: str, tmp_path_factory: pytest.TempPathFactory) -> Compile:
        """A function that compiles the code of an Algorithm and returns the mount which puts it into an image."""

        @functools.cache
        def compiled(code: str) -> Mounts:
            work = tmp_path_factory.mktemp("algorithm")
            (work / f"Algorithm.{language}").write_text(code)
            # the algorithm's jar as the image has it, with another class Algorithm in it
            jar = "cp /build/jars/lib/algorithm-1.jar /in && jar --update --file /in/algorithm-1.jar -C /tmp/classes ."
            script = f"mkdir /tmp/classes\n{compile_script}\n{jar}"
            command = ["docker", "run", "--rm", "--network=none", f"--volume={work}:/in", builder]
            done = subprocess.run([*command, "bash", "-ec", script], capture_output=True, text=True)
            assert done.returncode == 0, done.stdout + done.stderr
            return {"/opt/program/lib/algorithm-1.jar": work / "algorithm-1.jar"}

        return compiled

    @pytest.fixture(scope="session")
    def algorithm(compiled: Compile) -> Compile:
        """The same for the code in algorithms/: `algorithm("Faulty")`."""
        return lambda name: compiled((algorithms / f"{name}.{language}").read_text())

    return builder, compiled, algorithm


folder, image, model = sample_fixtures("java-spring")
builder, compiled, algorithm = jvm_fixtures("java-spring", ALGORITHMS, COMPILE)


@pytest.fixture(scope="session")
def direct(render: Render, build: Build) -> str:
    """An image that serves with Tomcat on the port."""
    folder = render("java-spring", layout="split", front_end="direct")
    return build(folder, "--target=serve", tag="java-spring-direct")
