"""The container folder of scala-http, rendered, built and trained once for all tests here, with other algorithms."""

from __future__ import annotations

import functools
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from ..conftest import Build, Mounts, sample_fixtures

ALGORITHMS = Path(__file__).parent / "algorithms"
Compile = Callable[[str], Mounts]

# the algorithm's jar as the image has it, with another class Algorithm in it; the compiler is the one Maven has fetched
COMPILE = """
names='scala3-compiler_3-* scala3-interfaces-* tasty-core_3-* scala-asm-* compiler-interface-*'
compiler=$(for name in $names; do find ~/.m2/repository -name "$name.jar"; done | tr '\\n' ':')
mkdir /tmp/{name}
java -cp "$compiler/build/train/target/lib/*" dotty.tools.dotc.Main -Werror -Wunused:all -d /tmp/{name} \\
    -classpath "$(echo /build/jars/lib/sagemaker-1.jar /build/train/target/lib/*.jar | tr ' ' ':')" /in/Algorithm.scala
cp /build/jars/lib/algorithm-1.jar /out/{name}.jar
jar --update --file /out/{name}.jar -C /tmp/{name} .
"""


folder, image, model = sample_fixtures("scala-http")


@pytest.fixture(scope="session")
def builder(folder: Path, build: Build) -> str:
    """The build stage of the image, which has the compiler."""
    return build(folder, "--target=build", tag="scala-http-build")


@pytest.fixture(scope="session")
def compiled(builder: str, tmp_path_factory: pytest.TempPathFactory) -> Compile:
    """A function that compiles an Algorithm.scala and returns the mount which puts it into an image."""
    out = tmp_path_factory.mktemp("jars")

    @functools.cache
    def compiled(code: str) -> Mounts:
        work = tmp_path_factory.mktemp("algorithm")
        (work / "Algorithm.scala").write_text(code)
        volumes = [f"--volume={work}:/in:ro", f"--volume={out}:/out"]
        command = ["docker", "run", "--rm", "--network=none", *volumes, builder, "bash", "-ec"]
        done = subprocess.run([*command, COMPILE.format(name=work.name)], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return {"/opt/program/lib/algorithm-1.jar": out / f"{work.name}.jar"}

    return compiled
