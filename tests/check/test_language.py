"""The language of a container, in which its mends are told."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest

from smscaffold.contract.language import language


class Image:
    """An image with these files, and a lab that looks into it."""

    id = "x"

    def __init__(self, files: dict[str, str], entrypoint: list[str] | None = None, *variables: str) -> None:
        self.files = files
        self.attrs = {
            "Config": {"Entrypoint": entrypoint, "Env": ["PATH=/usr/local/bin:/usr/bin:/opt/program", *variables]}
        }

    @contextmanager
    def archive(self, image: str, path: str) -> Iterator[tarfile.TarFile | None]:
        if path not in self.files:
            yield None
            return
        packed, entry = io.BytesIO(), tarfile.TarInfo(path.rpartition("/")[2])
        entry.size, entry.mode = len(self.files[path]), 0o755
        with tarfile.open(fileobj=packed, mode="w") as archive:
            archive.addfile(entry, io.BytesIO(self.files[path].encode()))
        packed.seek(0)
        with tarfile.open(fileobj=packed) as archive:
            yield archive


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        (Image({"/opt/program/serve": "#!/usr/bin/env python3\n"}), "Python"),
        (Image({"/opt/program/serve": "#!/usr/bin/python3.13 -u\n"}), "Python"),
        (Image({"/opt/program/serve": "#!/usr/bin/env Rscript\n"}), "R"),
        (Image({}, ["/usr/bin/Rscript", "/opt/ml/mars.R"]), "R"),
        (Image({}, ["java", "-jar", "a.jar"]), "Java"),
        (Image({"/opt/program/serve": "#!/bin/bash\n"}, None, "JAVA_HOME=/opt/java"), "Java"),
        (Image({"/opt/program/serve": "#!/bin/bash\n"}, None, "R_BASE_VERSION=4.5.0"), "R"),
        (Image({"/opt/program/serve": "#!/bin/bash\n", "/usr/bin/Rscript": "", "/usr/bin/python3": ""}), "R"),
        (Image({"/usr/local/bin/python3": ""}), "Python"),
        (Image({"/opt/program/serve": "\x7fELF"}), ""),
        (Image({}, []), ""),
    ],
)
def test_it_is_seen_by_program_variables_or_interpreter(image: Image, expected: str) -> None:
    lab: Any = SimpleNamespace(archive=image.archive)
    assert language(image, ("serve",), lab) == expected
