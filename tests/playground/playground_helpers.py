"""The page to try a model (`program/playground.html`): a stand-in for its server, and what a user does with it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

SHARED = Path(__file__).parents[2] / "templates" / "_shared" / "template"
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


def set_text(page: Page, text: str) -> None:
    script = "const t = document.querySelector('#text'); t.value = arguments[0]; t.dispatchEvent(new Event('input'))"
    page.browser.execute_script(script, text)


def sent_text(page: Page, server: StandIn) -> str:
    page.send()
    return server.received[-1][1].decode()
