"""The welcome: its list is gone through by arrows, or by the letters of a name."""

from collections.abc import Callable
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import OptionList

from knetui.app import KnetApp

MakeRun = Callable[..., Any]


def marked(pilot: Pilot[None]) -> str:
    """The name in the line that Enter would take."""
    option = pilot.app.screen.query_one(OptionList).highlighted_option
    assert option is not None
    return str(option.prompt).split()[0]


@pytest.mark.parametrize(
    ("keys", "name"),
    [
        ("l", "linreg"),
        ("le", "lenet"),
        ("LE", "lenet"),
        ("oq", "optimizers"),  # no name has it: the letter before counts
        ("lem", "mnist"),  # nor this: another name is begun
        ("net", "lenet"),  # none begins with it
        ("res", "resnet"),
        ("char", "charlm"),
    ],
)
async def test_letters_go_to_a_name(app: KnetApp, keys: str, name: str) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("ctrl+n", "l", "backspace", *keys)
        await pilot.pause()
        assert marked(pilot) == name


async def test_backspace_takes_a_letter_back(app: KnetApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("ctrl+n", "m", "u")
        await pilot.pause()
        assert marked(pilot) == "music"
        await pilot.press("backspace")
        await pilot.pause()
        assert marked(pilot) == "mnist"
        await pilot.press("u", "enter")
        await pilot.pause()
        assert app.session.document is not None
        assert app.session.document.path.endswith("music.py")


async def test_a_run_is_found_by_its_number(app: KnetApp, make_run: MakeRun) -> None:
    make_run()
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("ctrl+n", "1")
        await pilot.pause()
        assert marked(pilot) == "1"
