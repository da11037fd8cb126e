"""The container folder itself: how its code is written, and what lies in which image."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from smscaffold.sagemaker_local import engine, run

from ..conftest import Build, Render
from .conftest import ALGORITHMS

FORMATTER = "com.google.googlejavaformat:google-java-format:1.28.0:jar:all-deps"
# javac's own packages, in which the formatter works
EXPORTS = " ".join(
    f"--add-exports=jdk.compiler/com.sun.tools.javac.{package}=ALL-UNNAMED"
    for package in ("api", "code", "file", "parser", "tree", "util")
)
CHECK = f"""
mvn --batch-mode --quiet --non-recursive dependency:copy -Dartifact={FORMATTER} -DoutputDirectory=/tmp/formatter
java {EXPORTS} -jar /tmp/formatter/*.jar --dry-run --set-exit-if-changed $(find /build /more -name '*.java')
"""


@pytest.mark.docker
def test_java_is_formatted(builder: str) -> None:
    """As google-java-format would."""
    more = [f"--volume={ALGORITHMS}:/more/algorithms:ro"]
    done = subprocess.run(["docker", "run", "--rm", *more, builder, "sh", "-ec", CHECK], capture_output=True, text=True)
    assert done.returncode == 0, f"not formatted:\n{done.stdout}{done.stderr}"


@pytest.mark.docker
def test_the_compiler_has_nothing_to_warn_of(builder: str) -> None:
    """The owner's build goes on at a warning, ours does not."""
    again = "rm -r */target/*classes */target/maven-status"
    script = f"{again}; mvn --offline --quiet -Dmaven.compiler.failOnWarning=true test-compile"
    done = subprocess.run(["docker", "run", "--rm", builder, "sh", "-ec", script], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


@pytest.mark.parametrize("layout", ["single", "split"])
def test_no_file_is_long(render: Render, layout: str) -> None:
    for path in render("java-spring", layout=layout).rglob("*.java"):
        assert len(path.read_text().splitlines()) <= 250, path


@pytest.mark.docker
@pytest.mark.exhaustive
def test_each_image_has_the_libraries_of_its_module_only(render: Render, build: Build) -> None:
    folder = render("java-spring", layout="split")
    images = {part: build(folder, f"--target={part}", tag=f"java-spring-{part}") for part in ("train", "serve")}
    inside = {part: run(image, "ls", "lib", ".").logs for part, image in images.items()}
    assert "tribuo-core" in inside["train"]
    assert "tribuo-core" in inside["serve"]
    assert "spring" not in inside["train"]
    assert "train.jar" not in inside["serve"]
    assert "serve.jar" not in inside["train"]
    commands = [engine().images.get(image).attrs["Config"]["Cmd"] for image in images.values()]
    assert commands == [["train"], ["serve"]]


@pytest.mark.docker
def test_editing_the_algorithm_fetches_nothing(folder: Path, image: str, build: Build, tmp_path: Path) -> None:
    """Its libraries lie in a layer that a change of the code leaves as it is."""
    subprocess.run(["cp", "-r", folder, tmp_path / "folder"], check=True)
    code = tmp_path / "folder" / "algorithm" / "src" / "main" / "java" / "algorithm" / "Algorithm.java"
    code.write_text(code.read_text().replace('" is best"', '" is the best"'))
    changed = build(tmp_path / "folder", tag="java-spring-edited")
    before, after = (engine().images.get(name).attrs["RootFS"]["Layers"] for name in (image, changed))
    same = sum(a == b for a, b in zip(before, after, strict=True))
    assert len(before) - same <= 3, "the jars of this project, and the classes laid out for the start"
