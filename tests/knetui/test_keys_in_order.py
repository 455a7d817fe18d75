"""Keys that arrive together, in an application of two fields."""

from typing import ClassVar

import pytest
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.events import Key, Paste
from textual.screen import ModalScreen
from textual.widgets import Input

from knetui.keys_in_order import KeysInOrder
from tests.knetui.waiting import until


class Question(ModalScreen[str]):
    """Asks for a line, over whatever is there."""

    def compose(self) -> ComposeResult:
        yield Input()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self.dismiss(event.value)


class TwoFields(KeysInOrder):
    """F2 goes from one to the other, F3 asks, F4 takes away the field with the keyboard."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f2", "other", priority=True),
        Binding("f3", "ask"),
        Binding("f4", "remove"),
    ]

    def compose(self) -> ComposeResult:
        yield Input(id="left")
        yield Input(id="right")

    def on_mount(self) -> None:
        self.query_one("#left").focus()

    def action_other(self) -> None:
        self.screen.focus_next(Input)

    def action_ask(self) -> None:
        self.push_screen(Question(), self.query_one("#right", Input).insert_text_at_cursor)

    async def action_remove(self) -> None:
        if self.focused is not None:
            await self.focused.remove()

    def arrive(self, *keys: str) -> None:
        """Have keys in one packet."""
        for key in keys:
            self.post_message(Key(key, key if len(key) == 1 else None))

    @property
    def texts(self) -> tuple[str, ...]:
        return tuple(field.value for field in self.screen_stack[0].query(Input))


@pytest.mark.parametrize(
    ("keys", "texts"),
    [
        (("a", "home", "b", "end", "c"), ("bac", "")),  # Input binds Home and End
        (("a", "f2", "b", "f2", "home", "c"), ("ca", "b")),
        (("f3", "x", "y", "enter", "a"), ("a", "xy")),  # Enter posts what closes the question
        (("f3", "x", "enter", "f3", "y", "enter", "f2", "home", "z"), ("", "zxy")),
        (("a", "f4", "b"), ("b",)),
    ],
)
async def test_each_finds_what_the_ones_before_have_made(
    keys: tuple[str, ...], texts: tuple[str, ...]
) -> None:
    app = TwoFields()
    async with app.run_test() as pilot:
        await pilot.pause()
        app.arrive(*keys)
        await until(pilot, lambda: app.texts == texts)


async def test_what_is_pasted_waits_its_turn() -> None:
    app = TwoFields()
    async with app.run_test() as pilot:
        await pilot.pause()
        app.arrive("f3", "x")
        app.post_message(Paste("pasted"))
        app.arrive("enter", "a")
        await until(pilot, lambda: app.texts == ("a", "xpasted"))


async def test_a_thousand_letters_are_all_there_in_their_order() -> None:
    app = TwoFields()
    letters = [chr(ord("a") + i % 26) for i in range(1000)]
    async with app.run_test() as pilot:
        await pilot.pause()
        app.arrive(*letters)
        await until(pilot, lambda: app.texts == ("".join(letters), ""))


async def test_what_follows_a_key_may_be_lost_and_the_next_key_is_not() -> None:
    app = TwoFields()
    async with app.run_test() as pilot:
        await pilot.pause()
        app.query_one("#left").disable_messages(KeysInOrder.Followed)
        app.arrive("a", "f2", "b")
        await until(pilot, lambda: app.texts == ("a", "b"))
