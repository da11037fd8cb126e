"""The page to try a model (`program/playground.html`), in headless Chromium against a small stand-in for the server."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

SHARED = Path(__file__).parents[1] / "templates" / "_shared" / "template"
PAGE = SHARED / "program" / "playground.html"
PAYLOADS = SHARED / "local_test" / "payloads"
IRIS = ["sepal_length", "sepal_width", "petal_length", "petal_width"]
DEADLINE = 20  # seconds
WIDE, PHONE = (1280, 800), (390, 844)


class StandIn(ThreadingHTTPServer):
    """Answers as a serve image with SERVE_PLAYGROUND=1 does; what it answers and what it was sent are attributes."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.ping_status = 200
        self.payloads = PAYLOADS
        self.columns: list[dict[str, str]] | None = [{"name": name, "type": "number"} for name in IRIS]
        self.answer: tuple[int, str, bytes] = (200, "text/csv", b"setosa\nversicolor\nvirginica\n")
        self.received: list[tuple[dict[str, str], bytes]] = []
        self.gate = threading.Event()  # /invocations waits for it
        self.gate.set()
        self.slow = ""  # a file that waits for it, too

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
            files = [{"name": path.name, "type": "file"} for path in sorted(self.server.payloads.iterdir())]
            self.reply(200, "application/json", json.dumps(files).encode())
        elif self.path == "/playground/columns" and self.server.columns is not None:
            self.reply(200, "application/json", json.dumps(self.server.columns).encode())
        elif (self.server.payloads / name).is_file():
            if name == self.server.slow:
                self.server.gate.wait(DEADLINE)
            self.reply(200, "application/octet-stream", (self.server.payloads / name).read_bytes())
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
def server(tmp_path: Path) -> Iterator[StandIn]:
    with StandIn() as server:
        server.payloads = shutil.copytree(PAYLOADS, tmp_path / "payloads")
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield server
        server.gate.set()
        server.shutdown()


class Page:
    """What a user does with the page and sees on it."""

    def __init__(self, browser: Any, url: str) -> None:
        self.browser = browser
        self.size(WIDE)
        browser.get(url)
        self.wait(lambda: self.text("#source").startswith("iris.csv"))

    def size(self, size: tuple[int, int], scheme: str = "light") -> None:
        width, height = size
        screen = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": size == PHONE}
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})

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

    def value(self, selector: str) -> str:
        return str(self.find(selector).get_attribute("value"))

    def field(self, column: str) -> Any:
        labels = self.find("#fields").find_elements("css selector", "label")
        return next(label for label in labels if label.text.startswith(column)).find_element("css selector", "input")

    def type(self, selector: str, text: str) -> None:
        from selenium.webdriver.common.keys import Keys

        self.find(selector).send_keys(Keys.CONTROL, "a")
        self.find(selector).send_keys(text)

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
    complaints = [entry["message"] for entry in chromium.get_log("browser")]
    expected = ("/invocations", "/ping", "/playground/columns - Failed", "/payloads/iris.")
    assert not [line for line in complaints if not any(part in line for part in expected)]


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
        ("application/json", b'{"predictions": ["setosa", null]}',
         [["row", "prediction"], ["1", "setosa"], ["2", "null"]]),
        ("text/csv", b"a\nb\nc\n",
         [["row", "prediction", *IRIS], ["1", "a", "5.1", "3.5", "1.4", "0.2"], ["2", "b", "5.0", "2.0", "3.5", "1.0"],
          ["3", "c", "6.5", "3.2", "5.1", "2.0"]]),
        ("text/csv", b'"two\nlines"\n1\n', [["row", "prediction"], ["1", "two\nlines"], ["2", "1"]]),
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
    page.wait(lambda: page.text("#source").startswith("iris.json,"))
    for expected in ("file", "row", *IRIS, "text", "type", "accept", "send"):
        page.keys(Keys.TAB)
        focused = page.browser.switch_to.active_element
        assert focused.get_attribute("id") == expected or focused == page.field(expected)
    page.keys(Keys.ENTER)
    page.wait_for_answer()
    page.wait(lambda: len(page.table()) == 4)
    assert page.browser.switch_to.active_element.get_attribute("id") == "send"
    page.find("#text").send_keys(Keys.CONTROL, Keys.ENTER)
    page.wait(lambda: len(server.received) == 2)
    page.wait_for_answer()
    assert server.received[1][1] == (PAYLOADS / "iris.json").read_bytes()


def test_every_control_has_a_name(page: Page) -> None:
    page.choose("#type", "another …")
    for control in page.browser.find_elements("css selector", "select, input, textarea, button, a"):
        if control.is_displayed():
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
    page.wait(lambda: page.text("#health") == "○ stopped")
    page.send()
    stopped = "The server has stopped. Start it again with local_test/serve_local.sh."
    assert page.text("#status") == f"Cannot read iris.csv. {stopped}"
    page.find("#text").send_keys("1")
    page.send()
    assert page.text("#status") == stopped


# --- files on the disk -----------------------------------------------------------------------------------------------


def test_first_sample_is_there_at_once(page: Page, server: StandIn) -> None:
    assert page.value("#sample") == "iris.csv"
    assert page.value("#text") == (PAYLOADS / "iris.csv").read_text()
    page.send()
    assert server.received[0][1] == (PAYLOADS / "iris.csv").read_bytes()


def test_sample_that_was_edited_on_disk_is_read_again(page: Page, server: StandIn) -> None:
    (server.payloads / "iris.csv").write_text("1,2,3,4\n")
    page.send()
    assert server.received[0][1] == b"1,2,3,4\n"
    assert page.value("#text") == "1,2,3,4\n"
    (server.payloads / "iris.csv").write_text("4,3,2,1\n")
    page.browser.execute_script("window.dispatchEvent(new Event('focus'))")  # as when the window comes to the front
    page.wait(lambda: page.value("#text") == "4,3,2,1\n")


def test_sample_that_comes_late_replaces_nothing(page: Page, server: StandIn) -> None:
    server.slow = "iris.json"
    server.gate.clear()
    page.choose("#sample", "iris.json")
    set_text(page, "typed meanwhile")
    server.gate.set()
    assert sent_text(page, server) == "typed meanwhile"
    assert page.text("#source") == "Sends what you type."


def test_sample_that_is_gone_is_not_sent(page: Page, server: StandIn) -> None:
    shutil.move(server.payloads / "iris.csv", server.payloads / "gone.csv")
    page.find("#send").click()
    page.wait(lambda: page.text("#status").startswith("Cannot read"))
    assert page.text("#status") == "Cannot read iris.csv. It is not in local_test/payloads."
    assert not server.received


def test_chosen_file_that_was_edited_has_to_be_chosen_again(page: Page, server: StandIn, tmp_path: Path) -> None:
    rows = tmp_path / "rows.csv"
    rows.write_text("1,2,3,4\n")
    for content in ("1,2,3,4\n", "5,6,7,8\n5,6,7,8\n"):
        page.browser.execute_script("document.querySelector('#file').onclick()")  # as a click, without its dialog
        page.find("#file").send_keys(str(rows))
        page.wait(lambda content=content: page.value("#text") == content)  # type: ignore[misc]
        page.send()
        assert server.received.pop()[1].decode() == content
        rows.write_text("5,6,7,8\n5,6,7,8\n")
        os.utime(rows, (1, 1))
    rows.write_text("another\n")
    page.send()
    assert page.text("#status").startswith("rows.csv has changed on disk since it was chosen")
    assert not server.received


# --- the form --------------------------------------------------------------------------------------------------------


def test_form_has_a_field_a_column_with_its_type(page: Page) -> None:
    labels = [label.text for label in page.find("#fields").find_elements("css selector", "label")]
    assert labels == [f"{name} number" for name in IRIS]
    assert [page.field(name).get_attribute("value") for name in IRIS] == ["5.1", "3.5", "1.4", "0.2"]
    assert page.find("#form legend").text.endswith("of 3")


@pytest.mark.parametrize(
    ("sample", "body"),
    [
        ("iris.csv", "5.1,3.5,1.4,0.2\n5.0,9,3.5,1.0\n6.5,3.2,5.1,2.0\n"),
        ("iris.json", '{"instances": [\n  [5.1,3.5,1.4,0.2],\n  [5,9,3.5,1],\n  [6.5,3.2,5.1,2]\n]}'),
        ("iris.jsonl", None),
    ],
)
def test_field_changes_its_cell_of_the_payload(page: Page, server: StandIn, sample: str, body: str | None) -> None:
    page.choose_sample(sample)
    page.type("#row", "2")
    assert page.field("petal_length").get_attribute("value") == "3.5"
    page.type("#fields label:nth-child(2) input", "9")
    page.send()
    sent = server.received[0][1].decode()
    if body is None:
        assert [json.loads(line)["sepal_width"] for line in sent.splitlines()] == [3.5, 9, 3.2]
    else:
        assert sent == body


@pytest.mark.parametrize(
    ("content_type", "text", "column", "value", "changed"),
    [
        ("text/csv", "", "n", "5", "5,"),
        ("text/csv", 'n,"t"\n1,"a ""b"", c"\n', "t", ' "x", y', 'n,"t"\n1," ""x"", y"\n'),
        ("text/csv", "t,other,n\r\na,b,1\r\n", "n", "2", "t,other,n\na,b,2\n"),
        ("text/csv", "n,t\n", "t", "a", ",a"),
        ("application/json", "", "t", "a", '{"instances": [\n  {"n":null,"t":"a"}\n]}'),
        ("application/json", '[{"n": 1, "t": "a", "u": [true]}]', "n", "x", '[\n  {"n":"x","t":"a","u":[true]}\n]'),
        ("application/json", '{"instances": [[1, "a"]], "id": 7}', "n", "",
         '{\n  "instances": [\n    [\n      null,\n      "a"\n    ]\n  ],\n  "id": 7\n}'),
        ("application/jsonlines", '[1, "a"]\n', "t", "5", '[1,"5"]\n'),
    ],
)  # fmt: skip
def test_form_writes_what_the_format_says(
    chromium: Any, server: StandIn, content_type: str, text: str, column: str, value: str, changed: str
) -> None:
    server.columns = [{"name": "n", "type": "number"}, {"name": "t", "type": "text"}]
    page = Page(chromium, server.url)
    page.choose("#type", content_type)
    set_text(page, text)
    page.wait(lambda: page.field(column).is_enabled())
    # at once, as pasted: each key alone is a change of its own
    script = "arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('input'))"
    page.browser.execute_script(script, page.field(column), value)
    assert sent_text(page, server) == changed


@pytest.mark.parametrize(
    ("content_type", "text"),
    [
        ("text/csv", "1,2,3\n"),
        ("text/csv", '1,2,3,"4\n'),
        ("application/json", '{"instances": 1}'),
        ("application/json", "[[1, 2]]"),
        ("application/json", "[1, 2, 3, 4]"),
        ("application/jsonlines", "null\n"),
        ("application/json", "1,2,3,4"),
    ],
)
def test_form_steps_back_where_the_payload_is_no_rows(page: Page, content_type: str, text: str) -> None:
    page.choose("#type", content_type)
    set_text(page, text)
    page.wait(lambda: not page.field(IRIS[0]).is_enabled())
    assert page.find("#form-note").is_displayed()


def test_without_columns_there_is_no_form(chromium: Any, server: StandIn) -> None:
    server.columns = None
    page = Page(chromium, server.url)
    page.send()
    assert not page.find("#form").is_displayed()
    assert page.table()[0] == ["row", "prediction"]


def test_names_of_columns_are_text(chromium: Any, server: StandIn) -> None:
    server.columns = [{"name": name, "type": "text"} for name in ("<b>bold</b>", "__proto__", "constructor", "length")]
    page = Page(chromium, server.url)
    assert page.field("<b>bold</b>").get_attribute("value") == "5.1"
    page.send()
    assert page.table()[0] == ["row", "prediction", "<b>bold</b>", "__proto__", "constructor", "length"]


def set_text(page: Page, text: str) -> None:
    script = "const t = document.querySelector('#text'); t.value = arguments[0]; t.dispatchEvent(new Event('input'))"
    page.browser.execute_script(script, text)


def sent_text(page: Page, server: StandIn) -> str:
    page.send()
    return server.received[-1][1].decode()


# --- media types -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content_type", "text", "better"),
    [
        ("text/csv", '{"instances": [[1, 2, 3, 4]]}', "application/json"),
        ("text/csv", "[1, 2, 3, 4]\n[5, 6, 7, 8]\n", "application/jsonlines"),
        ("application/json", "[1, 2, 3, 4]\n[5, 6, 7, 8]\n", "application/jsonlines"),
        ("application/jsonlines", '{"instances": [\n[1, 2, 3, 4]\n]}', "application/json"),
    ],
)
def test_json_with_another_type_gets_a_hint(
    page: Page, server: StandIn, content_type: str, text: str, better: str
) -> None:
    page.choose("#type", content_type)
    set_text(page, text)
    assert page.find("#hint").text.startswith("This looks like JSON")
    page.find("#use-type").click()
    assert not page.find("#hint").is_displayed()
    page.send()
    assert server.received[0][0]["Content-Type"] == better


@pytest.mark.parametrize(
    ("content_type", "text"),
    [("text/csv", "1,2\n"), ("application/jsonlines", "[1, 2]\n"), ("text/csv", "[1,2"), ("application/json", "[1]")],
)
def test_what_fits_gets_no_hint(page: Page, content_type: str, text: str) -> None:
    page.choose("#type", content_type)
    set_text(page, text)
    assert not page.find("#hint").is_displayed()


def test_any_media_type_can_be_typed(page: Page, server: StandIn) -> None:
    page.choose("#type", "another …")
    page.find("#send").click()
    page.wait(lambda: page.text("#status") == "Type a media type, such as image/png.")
    page.find("#type-other").send_keys("text/csv; charset=utf-16")
    page.choose("#accept", "another …")
    page.find("#accept-other").send_keys("bild/ä")
    page.find("#send").click()
    page.wait(lambda: page.text("#status") == "bild/ä is no media type: it has characters beyond ASCII.")
    page.type("#accept-other", "image/png, */*;q=0.5")
    page.send()
    headers, _ = server.received[0]
    assert (headers["Content-Type"], headers["Accept"]) == ("text/csv; charset=utf-16", "image/png, */*;q=0.5")


# --- taking things away ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["5.1,3.5,1.4,0.2\n6,7,8,9\n", "@name 'it''s' \"$HOME\" \\ `id` ä\n", None])
def test_request_as_curl_does_what_the_page_does(page: Page, server: StandIn, text: str | None, tmp_path: Path) -> None:
    if text is not None:
        set_text(page, text)
    page.send()
    page.find("#curl").click()
    page.wait(lambda: page.find("#command").is_displayed())
    shutil.copytree(PAYLOADS, tmp_path / "local_test" / "payloads")
    script = page.text("#command").replace("curl ", "curl --silent --noproxy '*' ", 1)
    assert subprocess.run(["sh", "-c", script], cwd=tmp_path, capture_output=True).stdout == server.answer[2]
    (page_headers, page_body), (headers, body) = server.received
    assert body == page_body
    assert [headers[name] for name in ("Content-Type", "Accept")] == ["text/csv", "*/*"]
    assert page_headers["Content-Type"] == "text/csv"


@pytest.mark.parametrize("text", ['"a\\n", ä 😀\n', None])
def test_request_as_boto3_sends_the_payload(page: Page, text: str | None, tmp_path: Path) -> None:
    if text is not None:
        set_text(page, text)
    page.find("#boto3").click()
    page.wait(lambda: page.find("#command").is_displayed())
    shutil.copytree(PAYLOADS, tmp_path / "local_test" / "payloads")
    (tmp_path / "boto3.py").write_text(
        "import io, json\n"
        "class client:\n"
        "    def __init__(self, name): assert name == 'sagemaker-runtime'\n"
        "    def invoke_endpoint(self, Body, **rest): return {'Body': io.BytesIO(Body + json.dumps(rest).encode())}\n"
    )
    command = [sys.executable, "-X", "utf8", "-c", "import sys; sys.path.insert(0, '.')\n" + page.text("#command")]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, encoding="utf-8", check=True)
    expected = (PAYLOADS / "iris.csv").read_text() if text is None else text
    rest = {"EndpointName": "NAME-OF-THE-ENDPOINT", "ContentType": "text/csv", "Accept": "*/*"}
    assert done.stdout == expected + json.dumps(rest) + "\n"


def test_answer_can_be_downloaded(page: Page, server: StandIn, tmp_path: Path) -> None:
    content = bytes(range(256))
    server.answer = (200, "application/json", content)
    page.browser.execute_cdp_cmd(
        "Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(tmp_path / "downloads")}
    )
    page.send()
    assert page.text("#raw pre") == "(not text)"
    page.find("#download").click()
    downloaded = tmp_path / "downloads" / "answer.json"
    page.wait(lambda: downloaded.is_file() and downloaded.read_bytes() == content)


# --- what the page remembers -----------------------------------------------------------------------------------------


def test_last_ten_requests_can_be_sent_again(page: Page, server: StandIn) -> None:
    for number in range(11):
        page.choose("#type", "text/csv")
        set_text(page, f"{number},2,3,4\n")
        page.send()
    page.find("#history summary").click()
    items = page.find("#history").find_elements("css selector", "button")
    assert [item.text.rpartition("text/csv, ")[2] for item in items] == [f"{n},2,3,4" for n in range(10, 0, -1)]
    page.choose("#type", "application/json")
    items[-1].click()
    assert (page.value("#text"), page.value("#type")) == ("1,2,3,4\n", "text/csv")
    page.send()
    assert server.received[-1][1] == b"1,2,3,4\n"


def test_reload_keeps_what_was_typed(page: Page, server: StandIn) -> None:
    set_text(page, "1,2,3,4")
    page.choose("#accept", "application/json")
    page.choose("#type", "another …")
    page.find("#type-other").send_keys("text/csv;header=absent")
    page.browser.refresh()
    page.wait(lambda: page.value("#text") == "1,2,3,4")
    page.wait(lambda: page.find("#type-other").is_displayed())
    page.send()
    headers, body = server.received[0]
    assert (headers["Content-Type"], headers["Accept"], body) == (
        "text/csv;header=absent",
        "application/json",
        b"1,2,3,4",
    )


def test_reload_keeps_the_sample_that_was_chosen(page: Page, server: StandIn) -> None:
    page.choose_sample("iris.json")
    page.browser.refresh()
    page.wait(lambda: page.text("#source").startswith("iris.json"))
    assert page.value("#sample") == "iris.json"


# --- how it looks ----------------------------------------------------------------------------------------------------


def test_on_a_phone_the_answer_comes_into_view(page: Page) -> None:
    page.size(PHONE)
    page.send()
    page.wait(lambda: in_view(page, "#status"))
    assert page.browser.execute_script("return document.documentElement.scrollWidth <= innerWidth")


def test_on_a_wide_screen_the_answer_stands_beside_the_request(page: Page) -> None:
    page.send()
    assert in_view(page, "#status")
    page.browser.execute_script("scrollTo(0, document.body.scrollHeight)")
    assert in_view(page, "#status")


def in_view(page: Page, selector: str) -> bool:
    script = (
        "const b = document.querySelector(arguments[0]).getBoundingClientRect(); return [b.top, b.bottom, innerHeight]"
    )
    top, bottom, height = page.browser.execute_script(script, selector)
    return bool(top >= 0 and bottom <= height)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_borders_and_text_stand_out(page: Page, scheme: str) -> None:
    """WCAG 2.2: 3:1 for the borders of controls (1.4.11), 4.5:1 for text (1.4.3)."""
    page.size(WIDE, scheme)
    names = ("page", "card", "text", "quiet", "line", "accent", "on-accent", "good", "bad", "wait")
    script = "return getComputedStyle(document.documentElement).getPropertyValue('--' + arguments[0])"
    colours = {name: luminance(page.browser.execute_script(script, name)) for name in names}
    for ground in ("page", "card"):
        assert contrast(colours["line"], colours[ground]) >= 3
        for name in ("text", "quiet", "accent", "good", "bad", "wait"):
            assert contrast(colours[name], colours[ground]) >= 4.5, (name, ground)
    assert contrast(colours["on-accent"], colours["accent"]) >= 4.5


def luminance(colour: str) -> float:
    digits = colour.strip().removeprefix("#")
    if len(digits) == 3:
        digits = "".join(2 * digit for digit in digits)
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: float, other: float) -> float:
    dark, bright = sorted((one, other))
    return (bright + 0.05) / (dark + 0.05)


def test_page_loads_nothing_from_elsewhere() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert "//" not in "".join(line.split("// ")[0] for line in text.splitlines())
    assert "innerHTML" not in text
    assert "default-src 'none'" in text
    assert len(text.encode()) < 30_000
