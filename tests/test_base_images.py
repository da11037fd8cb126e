"""The stand-in base images for continuous integration never take the place of an image that somebody else made."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[1] / ".ci" / "make-base-images.sh"

FAKE_DOCKER = """#!/bin/sh
echo "$*" >>"$0.log"
case "$*" in
  version*) echo 20.10 ;;
  "image inspect -f {{json .Config.Labels}}"*) echo '%s' ;;
esac
"""


@pytest.mark.parametrize("labels", ["null", "{}", '{"maintainer":"somebody"}', ""])
def test_other_images_are_left_alone(tmp_path: Path, labels: str) -> None:
    docker = tmp_path / "docker"
    docker.write_text(FAKE_DOCKER % labels)
    docker.chmod(0o755)
    environment = {**os.environ, "DOCKER": str(docker), "FORCE": "1"}
    done = subprocess.run([SCRIPT, "debian-trixie", "python"], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "have debian:trixie-slim, which is not a stand-in: left alone" in done.stderr
    assert "have python:3.13-slim-trixie, which is not a stand-in: left alone" in done.stderr
    commands = Path(f"{docker}.log").read_text().splitlines()
    assert {line.split()[0] for line in commands} == {"version", "image"}
