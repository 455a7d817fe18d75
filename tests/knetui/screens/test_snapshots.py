"""What the workbench looks like; open the SVGs in snapshots/ to see it."""

from collections.abc import Callable

import pytest
from textual.widgets import Input

from knetengine.training.folder import RunFolder
from knetui.app import KnetApp

MakeRun = Callable[..., RunFolder]
SIZES = [(120, 40), (80, 24), (40, 10)]


@pytest.mark.parametrize(("columns", "rows"), SIZES)
async def test_the_first_start(app: KnetApp, snapshot, columns: int, rows: int) -> None:
    async with app.run_test(size=(columns, rows)) as pilot:
        await snapshot(pilot, f"first-start-{columns}x{rows}")


@pytest.mark.parametrize("theme", ["textual-dark", "textual-light"])
async def test_two_runs_compared(app: KnetApp, snapshot, make_run: MakeRun, theme: str) -> None:
    folders = [make_run("--seed 1 --lr 0.1", 0.7), make_run("--seed 1 --lr 0.03", 0.88)]
    app.session.shown_runs = [folder.path.name for folder in folders]
    app.session.selected_run = folders[1].path.name
    app.session.options = "--seed 1 --lr 0.03"
    app.session.theme = theme
    async with app.run_test(size=(120, 40)) as pilot:
        await snapshot(pilot, f"two-runs-{theme.removeprefix('textual-')}")


@pytest.mark.parametrize("pane", range(2, 7))
async def test_each_pane_in_a_small_terminal(
    app: KnetApp, snapshot, make_run: MakeRun, pane: int
) -> None:
    folder = make_run()
    app.session.shown_runs = [folder.path.name]
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("ctrl+o", str(pane))
        await snapshot(pilot, f"pane-{pane}-80x24")


async def test_a_logarithmic_axis(app: KnetApp, snapshot, make_run: MakeRun) -> None:
    folder = make_run()
    app.session.shown_runs = [folder.path.name]
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("ctrl+o", "3", "l", "f9")
        await snapshot(pilot, "curves-logarithmic-zoomed")


async def test_the_help(app: KnetApp, snapshot) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("f1")
        await pilot.pause(0.5)
        await snapshot(pilot, "help")


async def test_where_to_go(app: KnetApp, snapshot) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("ctrl+o")
        await snapshot(pilot, "go-to")


async def test_text_that_is_not_python(app: KnetApp, snapshot) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("ctrl+end", *"def broken(:", "ctrl+home")
        await pilot.pause(0.5)
        await snapshot(pilot, "syntax-error")


async def test_options_are_edited_below_the_text(app: KnetApp, snapshot) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("f3", *"--lr 0.03")
        assert app.screen.query_one("#editor").query_one(Input).value == "--lr 0.03"
        await snapshot(pilot, "options")
