"""The container folder itself: how its code is written, and what lies in which image."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from smscaffold.sagemaker_local import engine, run

from ..conftest import Build, Render
from .conftest import ALGORITHMS

FORMATTER = """<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>formatter</groupId>
  <artifactId>formatter</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>org.scalameta</groupId>
      <artifactId>scalafmt-cli_2.13</artifactId>
      <version>VERSION</version>
    </dependency>
  </dependencies>
</project>
"""
CHECK = """
mvn --batch-mode --quiet --file /formatter dependency:copy-dependencies -DoutputDirectory=/tmp/formatter
java -cp '/tmp/formatter/*' org.scalafmt.cli.Cli --config /folder/.scalafmt.conf --test /folder /more
"""


@pytest.mark.docker
@pytest.mark.exhaustive
def test_scala_is_formatted(builder: str, folder: Path, tmp_path: Path) -> None:
    """As scalafmt would, by the folder's own rules."""
    version = (folder / ".scalafmt.conf").read_text().split("version = ")[1].split("\n")[0]
    (tmp_path / "pom.xml").write_text(FORMATTER.replace("VERSION", version))
    mounts = [f"{tmp_path}:/formatter", f"{folder}:/folder:ro", f"{ALGORITHMS}:/more:ro"]
    command = ["docker", "run", "--rm", *(f"--volume={mount}" for mount in mounts), builder, "sh", "-ec", CHECK]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, f"not formatted:\n{done.stdout}{done.stderr}"


@pytest.mark.parametrize("layout", ["single", "split"])
def test_no_file_is_long_and_none_is_java(render: Render, layout: str) -> None:
    folder = render("scala-http", layout=layout)
    for path in folder.rglob("*.scala"):
        assert len(path.read_text().splitlines()) <= 200, path
    assert not list(folder.rglob("*.java"))


@pytest.mark.docker
@pytest.mark.exhaustive
def test_each_image_has_the_libraries_of_its_module_only(render: Render, build: Build) -> None:
    folder = render("scala-http", layout="split")
    images = {part: build(folder, f"--target={part}", tag=f"scala-http-{part}") for part in ("train", "serve")}
    inside = {part: run(image, "ls", "lib", ".").logs for part, image in images.items()}
    assert "tribuo-core" in inside["train"]
    assert "tribuo-core" in inside["serve"]
    assert "jetty" not in inside["train"]
    assert "munit" not in inside["train"] + inside["serve"]
    assert "train.jar" not in inside["serve"]
    assert "serve.jar" not in inside["train"]
    commands = [engine().images.get(image).attrs["Config"]["Cmd"] for image in images.values()]
    assert commands == [["train"], ["serve"]]


@pytest.mark.docker
@pytest.mark.exhaustive
def test_editing_the_algorithm_fetches_nothing(folder: Path, image: str, build: Build, tmp_path: Path) -> None:
    """Its libraries lie in a layer that a change of the code leaves as it is, and so does the compiler."""
    subprocess.run(["cp", "-r", folder, tmp_path / "folder"], check=True)
    code = tmp_path / "folder" / "algorithm" / "src" / "main" / "scala" / "algorithm" / "Algorithm.scala"
    code.write_text(code.read_text().replace(' is best"', ' is the best"'))
    changed = build(tmp_path / "folder", "--network=none", tag="scala-http-edited")
    before, after = (engine().images.get(name).attrs["RootFS"]["Layers"] for name in (image, changed))
    same = sum(a == b for a, b in zip(before, after, strict=True))
    assert len(before) - same <= 3, "the jars of this project, and the classes laid out for the start"
