"""The table of runs under the keys and the mouse."""

from collections.abc import Callable

import pytest
from rich.text import Text
from textual.pilot import Pilot
from textual.widgets import DataTable

from knetengine.training.folder import RunFolder, all_runs
from knetengine.training.label import read_label
from knetengine.training.trash import deleted_runs
from knetui.app import KnetApp
from knetui.screens.workbench import Workbench
from knetui.widgets.runs import RunsPane
from tests.knetui.waiting import until

MakeRun = Callable[..., RunFolder]
MODEL = "def main(*, lr: float = 0.1): ..."


@pytest.fixture
def runs(make_run: MakeRun) -> list[RunFolder]:
    return [make_run(f"--lr {lr}", 0.6 + lr, source=MODEL) for lr in (0.3, 0.1, 0.2)]


async def open_runs(pilot: Pilot[None]) -> RunsPane:
    await pilot.pause(0.3)
    await pilot.press("ctrl+o", "5")
    return pilot.app.screen.query_one(RunsPane)


def numbers(pane: RunsPane) -> list[str]:
    return [str(pane.table.get_row_at(row)[1]) for row in range(pane.table.row_count)]


def notes(pilot: Pilot[None]):
    return list(pilot.app._notifications)


async def test_a_filter_lists_what_fulfils_it_as_it_is_typed(app: KnetApp, runs) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        pane = await open_runs(pilot)
        assert numbers(pane) == ["3", "2", "1"]
        await pilot.press("slash", *"lr>=0.2")
        await until(pilot, lambda: numbers(pane) == ["3", "1"])
        await pilot.press("enter")
        await until(pilot, lambda: pane.table.has_focus)
        assert not pane.line.display
        assert "2 of 3: lr>=0.2" in str(pane.border_subtitle)
        assert app.session.run_filter == "lr>=0.2"


async def test_escape_leaves_the_filter_as_it_was(app: KnetApp, runs) -> None:
    app.session.run_filter = "lr<0.3"
    async with app.run_test(size=(120, 40)) as pilot:
        pane = await open_runs(pilot)
        await until(pilot, lambda: numbers(pane) == ["3", "2"])
        await pilot.press("slash", *" and number==3")
        await until(pilot, lambda: numbers(pane) == ["3"])
        await pilot.press("escape")
        await until(pilot, lambda: numbers(pane) == ["3", "2"])
        assert app.session.run_filter == "lr<0.3"
        assert not pane.line.display


async def test_a_filter_that_is_none_is_said_and_the_cursor_stands_there(
    app: KnetApp, runs
) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        pane = await open_runs(pilot)
        await pilot.press("slash", *"lr>0.2 andd 3", "enter")
        await until(pilot, lambda: pane.has_class("-complaining"))
        assert pane.line.display
        assert pane.line.cursor_position == len("lr>0.2 ")
        assert numbers(pane) == ["3", "2", "1"]
        await pilot.press("escape")
        await until(pilot, lambda: not pane.has_class("-complaining"))


async def test_names_are_completed(app: KnetApp, runs) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        pane = await open_runs(pilot)
        await pilot.press("slash", *"tst>0 and sta")
        await pilot.pause(0.3)
        await pilot.press("right")
        assert pane.line.value == "tst>0 and status"


async def test_columns_are_sorted_by_key_and_by_mouse(app: KnetApp, runs) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        pane = await open_runs(pilot)
        await pilot.press("s")
        await until(pilot, lambda: numbers(pane) == ["1", "2", "3"])
        await pilot.press("S")
        await until(pilot, lambda: numbers(pane) == ["3", "2", "1"])
        assert app.session.run_sort == "-number"
        table = pane.query_one(DataTable)
        trn = sum(column.width for column in table.ordered_columns[:4]) + 1
        await pilot.click(DataTable, offset=(trn, 0))
        await until(pilot, lambda: numbers(pane) == ["2", "3", "1"])
        await pilot.click(DataTable, offset=(trn, 0))
        await until(pilot, lambda: numbers(pane) == ["1", "3", "2"])
        assert app.session.run_sort == "-last.trn"


async def test_a_run_is_named_and_pinned(app: KnetApp, runs) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        pane = await open_runs(pilot)
        await pilot.press("down", "down", "n", *"best [b]", "enter")
        await until(pilot, lambda: read_label(runs[0]).name == "best [b]")
        await pilot.press("p")
        await until(pilot, lambda: numbers(pane) == ["1", "3", "2"])
        assert read_label(runs[0]).pinned
        assert pane.table.cursor_row == 0  # the cursor goes with its run
        assert "best [b]" in str(pane.table.get_row_at(0)[6])
        await pilot.press("p")
        await until(pilot, lambda: numbers(pane) == ["3", "2", "1"])


async def test_a_run_is_deleted_and_brought_back(app: KnetApp, runs) -> None:
    app.session.shown_runs = [runs[1].path.name]
    async with app.run_test(size=(120, 40)) as pilot:
        pane = await open_runs(pilot)
        await pilot.press("down", "delete")
        await until(pilot, lambda: numbers(pane) == ["3", "1"])
        assert [run.folder.path.name for run in deleted_runs()] == ["0002-housing"]
        assert app.session.selected_run == "0001-housing"  # its neighbour
        assert app.session.shown_runs == []
        await pilot.press("u")
        await until(pilot, lambda: numbers(pane) == ["3", "2", "1"])
        assert app.session.selected_run == "0002-housing"
        await pilot.press("u")
        await until(pilot, lambda: any("trash is empty" in n.message for n in notes(pilot)))


async def test_a_run_that_goes_on_is_not_deleted(app: KnetApp, make_run: MakeRun) -> None:
    make_run(state="running")
    async with app.run_test(size=(120, 40)) as pilot:
        pane = await open_runs(pilot)
        await pilot.press("d")
        await until(pilot, lambda: any("stop it before" in n.message for n in notes(pilot)))
        assert numbers(pane) == ["1"]
    assert len(all_runs()) == 1


async def test_runs_are_compared(app: KnetApp, runs) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await open_runs(pilot)
        await pilot.press("space", "down", "space")
        assert app.session.shown_runs == [runs[2].path.name, runs[1].path.name]
        await pilot.press("slash", *"lr>=0.2", "enter")
        await pilot.pause(0.3)
        await pilot.press("c")
        await until(pilot, lambda: app.session.shown_runs == [r.path.name for r in runs[::-2]])
        workbench = app.screen
        assert isinstance(workbench, Workbench)
        assert [view.number for view in workbench._desk.drawn] == [3, 1]


async def test_a_click_on_its_circle_draws_a_run(app: KnetApp, runs) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await open_runs(pilot)
        await pilot.click(DataTable, offset=(1, 2))
        await until(pilot, lambda: app.session.shown_runs == [runs[1].path.name])
        await pilot.click(DataTable, offset=(12, 3))
        await until(pilot, lambda: app.session.selected_run == runs[0].path.name)
        assert app.session.shown_runs == [runs[1].path.name]


async def test_figures_that_change_paint_their_row_alone(app: KnetApp, runs) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        table = (await open_runs(pilot)).table
        await until(pilot, lambda: table.row_count == 3)
        await pilot.pause()
        table.exchange(str(list(table.rows)[1].value), "epoch", Text("77"))
        (region,) = table._exchange_repaint_regions()
        assert (region.y, region.height) == (2, 1)  # below the titles
        table.refresh(region)
        await pilot.pause()
        row = app.screen._compositor.render_strips()[table.region.y + 2].text
        assert "finished 77" in row
