"""Reads the keys of one question. The only module that needs prompt_toolkit: it takes long to import."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from prompt_toolkit.application import Application, get_app
from prompt_toolkit.application.current import get_app_session
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.document import Document
from prompt_toolkit.filters import Condition
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.input.typeahead import store_typeahead
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.keys import Keys
from prompt_toolkit.layout import BufferControl, FormattedTextControl, HSplit, Layout, Window
from prompt_toolkit.layout.processors import AfterInput, BeforeInput
from prompt_toolkit.styles import Style

from smscaffold.asking.prompt import Went
from smscaffold.asking.view import POINTER, View
from smscaffold.console import Line
from smscaffold.visible import escaped

STYLE = Style.from_dict(
    {"done": "ansigreen", "ask": "bold", "chosen": "bold ansicyan", "more": "dim", "error": "ansired"}
)


def read(view: View, on_shown: Callable[[], None]) -> Any:
    """Shows the question until it is answered; see Prompter.ask. `on_shown` is called whenever it has been drawn."""
    output = get_app_session().output
    if hasattr(output, "enable_cpr"):
        output.enable_cpr = False  # asking for the cursor's place swallows keys where a terminal does not answer
    app: Application[Any] = Application(
        layout=Layout(HSplit(_windows(view))),
        key_bindings=_bindings(view),
        style=STYLE,
        erase_when_done=True,
        after_render=lambda _: on_shown(),
        output=output,
    )
    app.ttimeoutlen = 0.1  # seconds until Esc is the key, and not the beginning of another
    # an Esc right behind the key that ended the question before has no next key to wait for
    store_typeahead(app.input, app.input.flush_keys())
    return app.run()


def _windows(view: View) -> list[Window]:
    body = Window(FormattedTextControl(lambda: _choices(view), focusable=True), dont_extend_height=True)
    if not view.prompt.choices:
        body = _input(view)
    head = FormattedTextControl(lambda: _fragments(view.head(_width(), _height() - _body_height(view))))
    foot = FormattedTextControl(lambda: _fragments(view.foot(_width())))
    return [Window(head, dont_extend_height=True), body, Window(foot, dont_extend_height=True)]


def _input(view: View) -> Window:
    def changed(buffer: Buffer) -> None:
        if buffer.text != escaped(buffer.text):  # pasted: the user sees what it is, and answers what is seen
            before = escaped(buffer.document.text_before_cursor)
            buffer.document = Document(escaped(buffer.text), len(before))
        view.text, view.untouched = buffer.text, False

    buffer = Buffer(multiline=False, on_text_changed=changed)
    placeholder = AfterInput(lambda: view.proposed if view.untouched else "", style="class:more")
    before = BeforeInput(POINTER, style="class:chosen")
    return Window(BufferControl(buffer, input_processors=[before, placeholder]), height=1)


def _body_height(view: View) -> int:
    body = sum(map(len, view.choices(_width()))) if view.prompt.choices else 1
    return body + len(view.foot(_width()))


def _choices(view: View) -> StyleAndTextTuples:
    fragments: StyleAndTextTuples = []
    for number, lines in enumerate(view.choices(_width())):
        fragments += [("", "\n")] if number else []
        fragments += [("[SetCursorPosition]", "")] if number == view.index else []
        fragments += _fragments(lines)
    return fragments


def _fragments(lines: list[Line]) -> StyleAndTextTuples:
    fragments: StyleAndTextTuples = []
    for number, line in enumerate(lines):
        fragments += [("", "\n")] if number else []
        fragments += [(f"class:{style}" if style else "", text) for style, text in line]
    return fragments


def _width() -> int:
    return get_app().output.get_size().columns - 1


def _height() -> int:
    return get_app().output.get_size().rows


def _bindings(view: View) -> KeyBindings:
    keys = KeyBindings()
    choosing = Condition(lambda: bool(view.prompt.choices))
    empty = Condition(lambda: bool(view.prompt.choices) or not view.text)

    @keys.add(Keys.ControlC, eager=True)
    @keys.add(Keys.ControlD, eager=True)
    @keys.add(Keys.SIGINT, eager=True)
    def _stop(event: KeyPressEvent) -> None:
        event.app.exit(exception=KeyboardInterrupt())

    @keys.add(Keys.ControlZ, eager=True)
    def _suspend(event: KeyPressEvent) -> None:
        event.app.suspend_to_background()

    @keys.add(Keys.Enter, eager=True)
    @keys.add(Keys.ControlJ, eager=True)
    def _answer(event: KeyPressEvent) -> None:
        view.untouched = view.untouched and bool(view.proposed)
        if view.prompt.refuse(view.answer):
            event.app.output.bell()
        else:
            event.app.exit(result=view.answer)

    @keys.add(Keys.Escape, eager=True)
    def _back(event: KeyPressEvent) -> None:
        if view.back:
            event.app.exit(result=Went.BACK)

    @keys.add("?", filter=empty, eager=True)
    def _help(event: KeyPressEvent) -> None:
        view.help = not view.help

    @keys.add(Keys.Tab, eager=True)
    def _edit(event: KeyPressEvent) -> None:
        if not view.prompt.choices and not view.text:
            event.current_buffer.insert_text(view.editable)

    @keys.add(Keys.Up, filter=choosing)
    @keys.add(Keys.ControlP, filter=choosing)
    def _up(event: KeyPressEvent) -> None:
        view.index = (view.index - 1) % len(view.prompt.choices)

    @keys.add(Keys.Down, filter=choosing)
    @keys.add(Keys.ControlN, filter=choosing)
    def _down(event: KeyPressEvent) -> None:
        view.index = (view.index + 1) % len(view.prompt.choices)

    @keys.add(Keys.Any, filter=choosing)
    def _letter(event: KeyPressEvent) -> None:
        """Goes to the next choice that begins with the letter, or to the one of that number."""
        titles = [choice.title.lower() for choice in view.prompt.choices]
        later = [*range(view.index + 1, len(titles)), *range(view.index + 1)]
        found = [number for number in later if titles[number].startswith(event.data.lower())]
        if event.data.isdigit() and 0 < int(event.data) <= len(titles):
            found = [int(event.data) - 1]
        view.index = found[0] if found else view.index

    return keys
