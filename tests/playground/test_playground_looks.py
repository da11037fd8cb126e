"""The page on wide screens and phones, by keyboard, in both colour schemes."""

from __future__ import annotations

import pytest
from playground_helpers import IRIS, PAGE, PAYLOADS, PHONE, WIDE, Page, StandIn


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


def test_page_loads_nothing_from_elsewhere() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert "//" not in "".join(line.split("// ")[0] for line in text.splitlines())
    assert "innerHTML" not in text
    assert "default-src 'none'" in text
    assert len(text.encode()) < 30_000


def in_view(page: Page, selector: str) -> bool:
    script = (
        "const b = document.querySelector(arguments[0]).getBoundingClientRect(); return [b.top, b.bottom, innerHeight]"
    )
    top, bottom, height = page.browser.execute_script(script, selector)
    return bool(top >= 0 and bottom <= height)


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
