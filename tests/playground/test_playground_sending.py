"""Samples, files and typed text are sent as they are; answers, errors and the server's health are shown."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from playground_helpers import IRIS, PAYLOADS, Page, StandIn, sent_text, set_text


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
