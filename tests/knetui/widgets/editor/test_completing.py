"""The list of what the word before the cursor may become."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from textual.pilot import Pilot

from knetui.editing.completion import LIVE_SECONDS
from knetui.evaluator.protocol import CompleteReply
from knetui.widgets.editor.completion_list import CompletionList
from tests.knetui.waiting import until

Edit = Callable[..., Any]
NAMES = ["weights", "weigh", "weekly"]


async def ask(code: str, cursor: int) -> CompleteReply:
    """Answer as an evaluator that knows some names."""
    start = max(code.rfind(" ", 0, cursor), code.rfind(".", 0, cursor)) + 1
    matches = [name for name in NAMES if name.startswith(code[start:cursor])]
    return CompleteReply(1, matches, start, cursor)


def offered(app: Any) -> list[str]:
    return app.query_one(CompletionList).words


async def opened(app: Any, pilot: Pilot[None], *keys: str) -> None:
    """Have names asked for, press keys, and wait for the list."""
    app.editor.complete_by(ask)
    await pilot.press(*keys)
    await until(pilot, lambda: offered(app))


async def test_it_opens_by_itself_narrows_and_closes(edit: Edit) -> None:
    app = edit("x = |")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await opened(app, pilot, *"wei")
        assert offered(app) == ["weights", "weigh"]
        popup = app.query_one(CompletionList)
        cursor = app.editor.area.cursor_screen_offset
        assert (popup.region.y, popup.region.height) == (cursor.y + 1, 2)
        assert popup.region.x == cursor.x - 3  # below the word
        await pilot.press(*"ght")
        await until(pilot, lambda: offered(app) == ["weights"])
        await pilot.press("space")
        await until(pilot, lambda: not popup.is_open)
        assert app.text == "x = weight |"


async def test_tab_takes_the_first_and_enter_what_was_chosen(edit: Edit) -> None:
    app = edit("x = |")
    async with app.run_test() as pilot:
        await pilot.pause()
        await opened(app, pilot, *"wei")
        await pilot.press("tab")
        await pilot.pause()
        assert app.text == "x = weights|"
        await opened(app, pilot, *" + wei")
        await pilot.press("down", "enter")
        await pilot.pause()
        assert app.text == "x = weights + weigh|"
        await pilot.press("ctrl+z")
        assert app.text == "x = weights + wei|"


async def test_enter_begins_a_line_where_nothing_was_chosen(edit: Edit) -> None:
    app = edit("x = |")
    async with app.run_test() as pilot:
        await pilot.pause()
        await opened(app, pilot, *"wei")
        await pilot.press("enter")
        await pilot.pause()
        assert app.text == "x = wei\n|"
        assert not app.query_one(CompletionList).is_open


async def test_escape_closes_it_and_the_text_stays(edit: Edit) -> None:
    app = edit("x = |")
    async with app.run_test() as pilot:
        await pilot.pause()
        await opened(app, pilot, *"wei")
        await pilot.press("escape")
        assert not app.query_one(CompletionList).is_open
        assert app.text == "x = wei|"
        await pilot.press("enter")
        assert app.text == "x = wei\n|"


async def test_a_key_asks_for_it_and_takes_the_only_one(edit: Edit) -> None:
    app = edit("x = we|")
    async with app.run_test() as pilot:
        await pilot.pause()
        await opened(app, pilot, "ctrl+@")
        assert len(offered(app)) == 3
        await pilot.press("escape", "e", "tab")
        await until(pilot, lambda: app.text == "x = weekly|")


async def test_one_who_asked_waits_for_names_that_are_late(edit: Edit) -> None:
    app = edit("x = we|")

    async def late(code: str, cursor: int) -> CompleteReply:
        await asyncio.sleep(2 * LIVE_SECONDS)
        return CompleteReply(1, ["weekly"], code.rfind(" ", 0, cursor) + 1, cursor)

    async with app.run_test() as pilot:
        await pilot.pause()
        app.editor.complete_by(late)
        await pilot.press("e")  # unasked, it is too late
        await pilot.press("tab")
        await until(pilot, lambda: app.text == "x = weekly|")


async def test_a_bell_says_that_nothing_goes_on_so(
    edit: Edit, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = edit("x = nonesuch|")
    bells: list[bool] = []
    async with app.run_test() as pilot:
        await pilot.pause()
        monkeypatch.setattr(app, "bell", lambda: bells.append(True))
        app.editor.complete_by(ask)
        await pilot.press("ctrl+@")
        await until(pilot, lambda: bells == [True])
        assert offered(app) == []


async def test_nothing_is_offered_in_words(edit: Edit) -> None:
    app = edit("# |\nweights = 1\n")
    async with app.run_test() as pilot:
        await pilot.pause()
        app.editor.complete_by(ask)
        await pilot.press(*"wei")
        await pilot.pause(0.4)
        assert offered(app) == []
        await pilot.press("enter", "quotation_mark", *"wei")
        await pilot.pause(0.4)
        assert offered(app) == []


async def test_members_are_offered_behind_a_dot(edit: Edit) -> None:
    app = edit("x = y|")
    async with app.run_test() as pilot:
        await pilot.pause()
        await opened(app, pilot, ".")
        assert offered(app) == NAMES


async def test_it_stays_on_the_screen_at_its_edges(edit: Edit) -> None:
    app = edit("\n" * 40 + " " * 70 + "|")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await opened(app, pilot, *"we", "ctrl+@")
        popup = app.query_one(CompletionList)
        assert app.screen.region.contains_region(popup.region)
        assert popup.region.bottom <= app.editor.area.cursor_screen_offset.y


async def test_a_click_takes_a_word(edit: Edit) -> None:
    app = edit("x = |")
    async with app.run_test() as pilot:
        await pilot.pause()
        await opened(app, pilot, *"wei")
        await pilot.click(CompletionList, offset=(2, 1))
        await pilot.pause()
        assert app.text == "x = weigh|"
        assert app.focused is app.editor.area
