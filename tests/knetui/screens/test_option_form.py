"""The form of options under the keys: what is typed there is what the run gets."""

from textual.widgets import Checkbox, Input, Static

from knetui.app import KnetApp
from knetui.runs.option_form import read_options
from knetui.runs.option_line import OptionLine
from knetui.screens.option_form import ChoiceField, Filled, OptionForm

MODEL = """\
from typing import Literal
def main(
    *,
    epochs: int = 20,  # how often all data is seen
    lr: float = 0.1,
    kind: Literal["lstm", "gru"] = "lstm",
    fast: bool = False,
): ...
"""


def form(words: str = "") -> OptionForm:
    return OptionForm(
        "options", OptionLine.of(read_options(MODEL), words), {"stop": ("stop", True)}
    )


async def shown(app: KnetApp, pilot, screen: OptionForm) -> list[Filled | None]:
    left: list[Filled | None] = []
    await pilot.pause(0.3)
    await app.push_screen(screen, left.append)
    await pilot.pause()
    return left


def said(screen: OptionForm) -> str:
    return str(screen.query_one("#said", Static).render())


async def test_what_is_filled_in_is_the_line(app: KnetApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        screen = form("--lr 0.5 --what 3")
        left = await shown(app, pilot, screen)
        assert "how often all data is seen" in said(screen)
        await pilot.press("7", "down", "end", "1", "down")  # a field that is come to is replaced
        await pilot.press("enter", "down", "enter")  # the menu, its second entry
        await pilot.press("down", "space", "down", "space", "f5")
        await pilot.pause()
        (filled,) = left
        assert filled is not None
        assert filled.line.line() == "--lr 0.51 --epochs 7 --kind gru --fast --what 3"
        assert (filled.begin, filled.checks) == (True, frozenset())


async def test_escape_gives_what_was_typed_and_begins_nothing(app: KnetApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        left = await shown(app, pilot, form())
        await pilot.press("end", "5", "escape")
        await pilot.pause()
        (filled,) = left
        assert filled is not None
        assert (filled.line.line(), filled.begin) == ("--epochs 205", False)
        assert filled.checks == {"stop"}


async def test_what_cannot_be_is_said_at_once_and_begins_nothing(app: KnetApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        screen = form()
        left = await shown(app, pilot, screen)
        await pilot.press("tab", "x")
        assert "unable to convert" in said(screen)
        await pilot.press("tab", "f5")
        await pilot.pause()
        assert left == []
        assert screen.focused is screen.query_one("#field-lr")
        await pilot.press("ctrl+r")
        assert screen.query_one("#field-lr", Input).value == "0.1"
        await pilot.press("f5")
        await pilot.pause()
        assert left[0] is not None
        assert left[0].line.line() == ""


async def test_each_kind_of_field_gets_its_default_back(app: KnetApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        screen = form("--fast --kind gru --epochs 3")
        await shown(app, pilot, screen)
        await pilot.press("ctrl+r", "down", "down", "ctrl+r", "down", "ctrl+r")
        assert screen.query_one("#field-epochs", Input).value == "20"
        assert screen.query_one(ChoiceField).value == "lstm"
        assert screen.query_one("#field-fast", Checkbox).value is False
        assert screen._line.line() == ""


async def test_a_wrong_choice_of_the_line_can_be_mended(app: KnetApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        screen = form("--kind rnn")
        left = await shown(app, pilot, screen)
        await pilot.press("f5")
        assert left == []
        assert screen.query_one("#field-kind", Input).has_focus
        assert "lstm" in said(screen)


async def test_a_model_without_options(app: KnetApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        screen = OptionForm("options", OptionLine([], ["--lr", "3"]))
        left = await shown(app, pilot, screen)
        await pilot.press("f5")
        await pilot.pause()
        assert left[0] is not None
        assert left[0].line.line() == "--lr 3"  # nobody's typing is thrown away
