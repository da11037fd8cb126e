"""The page to try a model (`program/playground.html`), in headless Chromium against a small stand-in for the server."""

from __future__ import annotations

import json
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

SHARED = Path(__file__).parents[1] / "templates" / "_shared" / "template"
PAGE = SHARED / "program" / "playground.html"
PAYLOADS = SHARED / "local_test" / "payloads"
DEADLINE = 20  # seconds


class StandIn(ThreadingHTTPServer):
    """Answers as a serve image with SERVE_PLAYGROUND=1 does; what it answers and what it was sent are attributes."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.ping_status = 200
        self.answer: tuple[int, str, bytes] = (200, "text/csv", b"setosa\nversicolor\nvirginica\n")
        self.received: list[tuple[dict[str, str], bytes]] = []
        self.gate = threading.Event()  # /invocations waits for it
        self.gate.set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/"


class Handler(BaseHTTPRequestHandler):
    server: StandIn

    def do_GET(self) -> None:
        name = self.path.removeprefix("/playground/payloads/")
        if self.path == "/":
            self.reply(200, "text/html", PAGE.read_bytes())
        elif self.path == "/ping":
            self.reply(self.server.ping_status, "text/plain", b"")
        elif self.path == "/playground/payloads/":
            files = [{"name": p.name, "type": "file", "size": p.stat().st_size} for p in sorted(PAYLOADS.iterdir())]
            self.reply(200, "application/json", json.dumps(files).encode())
        elif (PAYLOADS / name).is_file():
            self.reply(200, "application/octet-stream", (PAYLOADS / name).read_bytes())
        else:
            self.reply(404, "application/json", b'{"error": "not found"}')

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.received.append((dict(self.headers), body))
        self.server.gate.wait(DEADLINE)
        self.reply(*self.server.answer)

    def reply(self, status: int, content_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        try:
            self.wfile.write(body)
        except OSError:  # the page cancelled
            self.close_connection = True

    def log_message(self, *_: object) -> None: ...


def missing(what: str) -> None:
    """Skips, or fails where the machine is meant to have everything."""
    if os.environ.get("SMSCAFFOLD_REQUIRE_DOCKER") == "1":
        pytest.fail(f"the test of the page needs {what}")
    pytest.skip(f"needs {what}")


@pytest.fixture(scope="module")
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
def server() -> Iterator[StandIn]:
    with StandIn() as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield server
        server.gate.set()
        server.shutdown()


class Page:
    """What a user does with the page and sees on it."""

    def __init__(self, browser: Any, url: str) -> None:
        self.browser = browser
        browser.get(url)
        self.wait(lambda: len(self.find("#sample").find_elements("css selector", "option")) == 4)

    def find(self, selector: str) -> Any:
        return self.browser.find_element("css selector", selector)

    def text(self, selector: str) -> str:
        return str(self.find(selector).get_attribute("textContent"))

    def wait(self, condition: Callable[[], bool]) -> None:
        from selenium.webdriver.support.ui import WebDriverWait

        WebDriverWait(self.browser, DEADLINE, poll_frequency=0.05).until(lambda _: condition())

    def choose(self, selector: str, option: str) -> None:
        from selenium.webdriver.support.ui import Select

        Select(self.find(selector)).select_by_visible_text(option)

    def choose_sample(self, name: str) -> None:
        self.choose("#sample", name)
        self.wait(lambda: self.text("#source").startswith(name))

    def send(self) -> None:
        self.find("#send").click()
        self.wait_for_answer()

    def wait_for_answer(self) -> None:
        self.wait(lambda: self.text("#send") == "Send" and self.text("#status") != "Nothing sent yet.")

    def table(self) -> list[list[str]]:
        rows = self.find("#rows").find_elements("css selector", "tr")
        return [[cell.text for cell in row.find_elements("css selector", "th, td")] for row in rows]

    def keys(self, *keys: str) -> None:
        from selenium.webdriver import ActionChains

        ActionChains(self.browser).send_keys(*keys).perform()

    def drop(self, name: str, content: bytes) -> None:
        self.browser.execute_script(
            "const data = new DataTransfer();"
            "data.items.add(new File([new Uint8Array(arguments[1])], arguments[0]));"
            "const how = {dataTransfer: data, bubbles: true, cancelable: true};"
            "document.body.dispatchEvent(new DragEvent('drop', how));",
            name,
            list(content),
        )
        self.wait(lambda: self.text("#source").startswith(name))


@pytest.fixture
def page(chromium: Any, server: StandIn) -> Iterator[Page]:
    yield Page(chromium, server.url)
    complaints = [entry["message"] for entry in chromium.get_log("browser") if "/invocations" not in entry["message"]]
    assert not [line for line in complaints if "/ping" not in line]


@pytest.mark.parametrize(
    ("sample", "content_type"),
    [("iris.csv", "text/csv"), ("iris.json", "application/json"), ("iris.jsonl", "application/jsonlines")],
)
def test_sample_is_sent_as_it_is_with_the_type_of_its_suffix(
    page: Page, server: StandIn, sample: str, content_type: str
) -> None:
    page.choose_sample(sample)
    page.send()
    headers, body = server.received[0]
    assert body == (PAYLOADS / sample).read_bytes()
    assert headers["Content-Type"] == content_type
    assert headers["Accept"] == "*/*"


@pytest.mark.parametrize(
    ("content_type", "answer", "rows"),
    [
        ("text/csv; charset=utf-8", b"setosa\n1.5\n", [["row", "prediction"], ["1", "setosa"], ["2", "1.5"]]),
        ("text/csv", b'"a,""b""",1\n,2', [["row", "column 1", "column 2"], ["1", 'a,"b"', "1"], ["2", "", "2"]]),
        ("application/json", b'{"predictions": ["setosa", 1.5, null]}',
         [["row", "prediction"], ["1", "setosa"], ["2", "1.5"], ["3", "null"]]),
        ("application/json", b'{"predictions": [[1, 2], [3, 4]]}',
         [["row", "column 1", "column 2"], ["1", "1", "2"], ["2", "3", "4"]]),
        ("application/jsonlines", b'{"prediction": "a"}\n{"prediction": "b", "score": 0.5}\n',
         [["row", "prediction", "score"], ["1", "a", ""], ["2", "b", "0.5"]]),
    ],
)  # fmt: skip
def test_rows_of_an_answer_become_a_table(
    page: Page, server: StandIn, content_type: str, answer: bytes, rows: list[list[str]]
) -> None:
    server.answer = (200, content_type, answer)
    page.choose_sample("iris.csv")
    page.send()
    assert page.table() == rows
    assert page.text("#status").startswith("200 OK, ")
    assert " ms" in page.text("#status")
    assert page.text("#raw pre") == answer.decode()
    assert "content-type" in page.text("#headers dl")


@pytest.mark.parametrize(("content_type", "answer"), [("text/plain", b"hello"), ("application/json", b'{"a": 1}')])
def test_other_answers_are_shown_as_text(page: Page, server: StandIn, content_type: str, answer: bytes) -> None:
    server.answer = (200, content_type, answer)
    page.send()
    assert not page.find("#rows").is_displayed()
    assert page.find("#raw pre").text == answer.decode()


def test_error_is_shown_with_its_reason(page: Page, server: StandIn) -> None:
    server.answer = (400, "application/json", b'{"error": "row 1 has 3 columns, not 4"}')
    page.choose_sample("iris.csv")
    page.send()
    assert page.text("#status").startswith("400 Bad Request, ")
    assert page.text("#status").endswith("\nrow 1 has 3 columns, not 4")
    assert not page.find("#rows").is_displayed()


def test_markup_in_data_stays_text(page: Page, server: StandIn) -> None:
    server.answer = (200, "text/csv", b"<img src=x onerror=document.title='run'>\n")
    page.send()
    assert page.table()[1][1] == "<img src=x onerror=document.title='run'>"
    assert page.browser.title == "Try the model"


@pytest.mark.parametrize("way", ["chosen", "dropped"])
def test_file_is_sent_byte_for_byte(page: Page, server: StandIn, tmp_path: Path, way: str) -> None:
    content = bytes(range(256)) + "1,2\r\nä\r\n".encode()
    if way == "chosen":
        (tmp_path / "rows.json").write_bytes(content)
        page.find("#file").send_keys(str(tmp_path / "rows.json"))
        page.wait(lambda: page.text("#source").startswith("rows.json"))
    else:
        page.drop("rows.json", content)
    page.send()
    headers, body = server.received[0]
    assert body == content
    assert headers["Content-Type"] == "application/json"


def test_edited_sample_is_sent_as_edited(page: Page, server: StandIn) -> None:
    page.choose_sample("iris.csv")
    page.find("#text").send_keys("9,9,9,9")
    page.choose("#type", "application/jsonlines")
    page.choose("#accept", "application/json")
    page.send()
    headers, body = server.received[0]
    assert body == (PAYLOADS / "iris.csv").read_bytes() + b"9,9,9,9"
    assert (headers["Content-Type"], headers["Accept"]) == ("application/jsonlines", "application/json")
    assert page.find("#sample").get_attribute("value") == ""


def test_keyboard_alone_is_enough(page: Page, server: StandIn) -> None:
    from selenium.webdriver.common.keys import Keys

    page.keys(Keys.TAB)
    assert page.browser.switch_to.active_element.get_attribute("id") == "sample"
    page.keys(Keys.ARROW_DOWN)
    page.wait(lambda: page.text("#source").startswith("iris.csv"))
    for expected in ("file", "text", "type", "accept", "send"):
        page.keys(Keys.TAB)
        assert page.browser.switch_to.active_element.get_attribute("id") == expected
    page.keys(Keys.ENTER)
    page.wait_for_answer()
    page.wait(lambda: len(page.table()) == 4)
    assert page.browser.switch_to.active_element.get_attribute("id") == "send"
    page.find("#text").send_keys(Keys.CONTROL, Keys.ENTER)
    page.wait(lambda: len(server.received) == 2)
    page.wait_for_answer()
    assert server.received[1][1] == (PAYLOADS / "iris.csv").read_bytes()


def test_every_control_has_a_name(page: Page) -> None:
    for control in page.browser.find_elements("css selector", "select, input, textarea, button:not([hidden])"):
        assert control.accessible_name.strip(), control.get_attribute("id")
    assert page.find("#status").get_attribute("aria-live") == "polite"


def test_slow_answer_counts_and_can_be_cancelled(page: Page, server: StandIn) -> None:
    from selenium.webdriver.common.keys import Keys

    server.gate.clear()
    page.find("#send").click()
    page.wait(lambda: page.text("#send") >= "Sending … 0.3 s" and page.text("#send").endswith(" s"))
    assert page.find("#send").get_attribute("aria-disabled") == "true"
    page.find("#send").click()  # does nothing while one is under way
    page.find("#cancel").send_keys(Keys.ENTER)
    page.wait_for_answer()
    assert page.text("#status").startswith("Cancelled after ")
    assert page.browser.switch_to.active_element.get_attribute("id") == "send"
    assert not page.find("#cancel").is_displayed()
    assert len(server.received) == 1


def test_health_light_follows_ping(page: Page, server: StandIn) -> None:
    page.wait(lambda: page.text("#health") == "● ready")
    server.ping_status = 503
    page.wait(lambda: page.text("#health") == "◐ not ready (/ping says 503)")
    server.shutdown()
    server.socket.close()
    page.wait(lambda: page.text("#health") == "○ unreachable")
    page.send()
    assert page.text("#status").startswith("No answer from the server after ")


def test_page_loads_nothing_from_elsewhere() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert "//" not in "".join(line.split("// ")[0] for line in text.splitlines())
    assert "innerHTML" not in text
    assert "default-src 'none'" in text
    assert len(text.encode()) < 14_000
