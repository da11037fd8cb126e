"""The form shows the payload's rows a column a field, and writes into the payload."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playground_helpers import IRIS, Page, StandIn, sent_text, set_text


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
