"""A headless Chromium, the stand-in for a server, and the page of both."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.register_assert_rewrite("playground_helpers")

from playground_helpers import PAYLOADS, Page, StandIn  # noqa: E402


def missing(what: str) -> None:
    """Skips, or fails where the machine is meant to have everything."""
    if os.environ.get("SMSCAFFOLD_REQUIRE_DOCKER") == "1":
        pytest.fail(f"the test of the page needs {what}")
    pytest.skip(f"needs {what}")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    chromium, driver = shutil.which("chromium") or shutil.which("google-chrome"), shutil.which("chromedriver")
    if not chromium or not driver:
        missing("chromium and chromedriver (Debian: chromium chromium-driver)")
    try:
        from selenium import webdriver
    except ImportError:
        missing("the Python package selenium")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for flag in ("headless=new", "no-sandbox", "disable-gpu", "disable-dev-shm-usage", "disable-background-networking"):
        options.add_argument(f"--{flag}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    browser = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    yield browser
    browser.quit()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[StandIn]:
    with StandIn() as server:
        server.payloads = shutil.copytree(PAYLOADS, tmp_path / "payloads")
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield server
        server.gate.set()
        server.shutdown()


@pytest.fixture
def page(chromium: Any, server: StandIn) -> Iterator[Page]:
    yield Page(chromium, server.url)
    complaints = [entry["message"] for entry in chromium.get_log("browser")]
    expected = ("/invocations", "/ping", "/playground/columns - Failed", "/payloads/iris.")
    assert not [line for line in complaints if not any(part in line for part in expected)]
