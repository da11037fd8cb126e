"""Requests of a nasty shape cost CPU time and memory in proportion to their size."""

from __future__ import annotations

import pytest

from ..conftest import Build
from ..growth_tests import (  # noqa: F401
    limited,
    test_the_cost_of_a_header_grows_with_its_size_only,
    test_the_cost_of_a_request_grows_with_its_size_only,
)

pytestmark = pytest.mark.docker


@pytest.fixture(scope="session", name="image")
def image_with_a_small_heap(image: str, build: Build, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The image with a JVM that takes little more memory than is in use: others clean up late."""
    folder = tmp_path_factory.mktemp("small-heap")
    (folder / "Dockerfile").write_text(f'FROM {image}\nENV JAVA_TOOL_OPTIONS="-XX:+UseSerialGC -Xmn16m"\n')
    return build(folder, tag="small-heap")
