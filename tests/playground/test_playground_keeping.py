"""What can be taken away from the page, and what it remembers."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from playground_helpers import PAYLOADS, Page, StandIn, set_text


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


def test_request_is_remembered_as_it_was_sent(page: Page, server: StandIn) -> None:
    server.gate.clear()
    set_text(page, "1,2,3,4")
    page.find("#send").click()
    page.wait(lambda: len(server.received) == 1)
    set_text(page, "edited while it waits")
    server.gate.set()
    page.wait_for_answer()
    page.find("#history summary").click()
    page.find("#history button").click()
    assert page.value("#text") == "1,2,3,4"


def test_sample_that_is_read_again_keeps_the_chosen_type(page: Page, server: StandIn) -> None:
    page.choose("#type", "another …")
    page.find("#type-other").send_keys("text/csv;header=absent")
    (server.payloads / "iris.csv").write_text("1,2,3,4\n")
    page.send()
    page.send()
    page.browser.refresh()
    page.wait(lambda: page.text("#source").startswith("iris.csv"))
    page.send()
    assert [headers["Content-Type"] for headers, _ in server.received] == 3 * ["text/csv;header=absent"]


def test_reload_keeps_the_sample_that_was_chosen(page: Page, server: StandIn) -> None:
    page.choose_sample("iris.json")
    page.browser.refresh()
    page.wait(lambda: page.text("#source").startswith("iris.json"))
    assert page.value("#sample") == "iris.json"
