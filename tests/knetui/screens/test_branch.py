"""The question of a branch: which checkpoint it offers, and what it makes of the answer."""

from collections.abc import Callable
from typing import Any

import pytest
from textual.widgets import Input, OptionList

from knetengine.training.metrics import Event
from knetui.app import KnetApp
from knetui.runs.view import RunView
from knetui.screens.branch import Branch, Change

MakeRun = Callable[..., Any]

NAMES = [f"step-{step:010}.safetensors" for step in (100, 280, 300)]
SECONDS = (33.0, 92.0, 100.0)


def question(make_run: MakeRun, state: str) -> Branch:
    events = [Event(at, "checkpoint", name) for at, name in zip(SECONDS, NAMES, strict=True)]
    view = RunView(make_run(state=state, events=events))
    view.read(1 << 20)
    return Branch(view, NAMES, can_take_text=False)


@pytest.mark.parametrize(("state", "offered"), [("finished", 0), ("stopped", 2), ("failed", 2)])
async def test_of_a_finished_run_it_offers_what_leaves_some_of_it_to_go(
    app: KnetApp, make_run: MakeRun, state: str, offered: int
) -> None:
    given: list[Change | None] = []
    async with app.run_test(size=(120, 40)) as pilot:
        await app.push_screen(question(make_run, state), given.append)
        await pilot.press(*"lr=2", "enter")
        await pilot.pause()
    assert given == [Change(NAMES[offered], {"lr": 2.0}, takes_text=False, paused=False)]


async def test_what_is_no_number_is_told_and_stays(app: KnetApp, make_run: MakeRun) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        screen = question(make_run, "stopped")
        await app.push_screen(screen)
        await pilot.press(*"lr=fast", "enter")
        await pilot.pause()
        assert app.screen is screen
        assert screen.query_one(Input).value == "lr=fast"
        assert "fast" in str(screen.query_one("#said").render())


@pytest.mark.parametrize(("rows", "short"), [(40, False), (10, True)])
async def test_in_a_few_rows_the_line_goes_before_the_words(
    app: KnetApp, make_run: MakeRun, rows: int, short: bool
) -> None:
    async with app.run_test(size=(80, 40)) as pilot:
        screen = question(make_run, "stopped")
        await app.push_screen(screen)
        await pilot.resize_terminal(80, rows)
        await pilot.pause()
        assert screen.query_one("#words").display != short
        line = screen.query_one(Input)
        assert screen.region.contains_region(line.region)
        assert screen.query_one(OptionList).display
