"""The curves pane by its keys and by the mouse, and what goes along with its crosshair."""

from collections.abc import Callable

import msgspec
import pytest
from textual.pilot import Pilot
from textual.widgets import SelectionList, Static

from knetengine.training.control import Sampling
from knetengine.training.folder import RunFolder
from knetengine.training.metrics import MetricsWriter, Report
from knetengine.training.samples import Piece, Text
from knetui.app import KnetApp
from knetui.widgets.curves import CurvesPane
from knetui.widgets.log import KEPT_LINES, LogPane
from knetui.widgets.samples import SamplesPane

WriteRun = Callable[..., RunFolder]
SIZE = (120, 40)


@pytest.fixture
def run(write_run: WriteRun, app: KnetApp) -> RunFolder:
    """A run that is looked at, with a piece of text every ten epochs."""
    folder = write_run()
    with folder.samples.open("wb") as file:
        for number, epoch in enumerate(range(0, 31, 10)):
            piece = Piece(number, epoch / 2, epoch, epoch * 10, Sampling())
            for line in (piece, Text(f"piece {epoch}", [0.5] * len(f"piece {epoch}"), [])):
                file.write(msgspec.json.encode(line) + b"\n")
    app.session.shown_runs = [folder.path.name]
    app.session.selected_run = folder.path.name
    return folder


async def press(pilot: Pilot[None], *keys: str) -> None:
    await pilot.press(*keys)
    await pilot.pause(0.3)


def pane(app: KnetApp) -> CurvesPane:
    return app.screen.query_one(CurvesPane)


def marked(app: KnetApp) -> str | None:
    lines = app.screen.query_one(LogPane).lines
    return None if lines.marked is None else lines.lines[lines.marked]


def crosshair(app: KnetApp) -> str:
    return str(app.screen.query_one("CurvesPane .crosshair", Static).render())


def legend(app: KnetApp) -> str:
    return str(app.screen.query_one("CurvesPane .legend", Static).render())


async def test_the_crosshair_reads_values_and_log_and_samples_go_along(
    app: KnetApp, run: RunFolder
) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause(0.5)
        await press(pilot, "ctrl+o", "3", "end", "left", "left", "left")
        assert pane(app).desk.cursor == 27
        assert crosshair(app).startswith("epoch 27  step 270  13.5 s")
        assert f"trn {1 - 0.9**27:.6g}" in legend(app)
        assert (marked(app) or "").startswith("(:epoch,27,")
        sample = app.screen.query_one(SamplesPane).sample
        assert sample is not None
        assert sample.text == "piece 20"
        await press(pilot, "escape")
        assert pane(app).desk.cursor is None
        assert marked(app) is None
        assert not pane(app).has_class("-reading")


async def test_a_click_puts_the_crosshair_there_and_the_wheel_zooms(
    app: KnetApp, run: RunFolder
) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause(0.5)
        drawing = pane(app).view.drawing
        assert drawing is not None
        column = drawing.column_of(15.0)
        await pilot.click("ChartView", offset=(column, 4))
        await pilot.pause(0.3)
        cursor = pane(app).desk.cursor
        assert cursor is not None
        assert abs(cursor - 15) <= 1
        for _ in range(3):
            await pilot._post_mouse_events(  # Textual's pilot has no wheel of its own
                [_wheel_up()], "ChartView", offset=(column, 4)
            )
        await pilot.pause(0.3)
        window = pane(app).desk.window
        assert window is not None
        assert window[0] < 15 < window[1]
        assert window[1] - window[0] == pytest.approx(30 * 0.8**3)


def _wheel_up() -> type:
    from textual.events import MouseScrollUp

    return MouseScrollUp


async def test_a_line_of_the_log_puts_the_crosshair_on_its_epoch(
    app: KnetApp, run: RunFolder
) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause(0.5)
        lines = app.screen.query_one(LogPane).lines
        row = next(y for y in range(lines.size.height) if "(:epoch," in _row(lines, y))
        text = _row(lines, row)
        await pilot.click("LogLines", offset=(3, row))
        await pilot.pause(0.3)
        epoch = int(text.split(",")[1])
        assert pane(app).desk.cursor == epoch
        assert marked(app) == text
        await press(pilot, "ctrl+o", "4", "home", "enter")
        assert pane(app).desk.cursor is not None
        assert pane(app).desk.cursor < epoch
        await press(pilot, "escape")
        assert marked(app) is None
        assert lines.is_vertical_scroll_end


def _row(lines, y: int) -> str:
    return lines.lines[y + lines.scroll_offset.y]


async def test_a_line_that_is_no_longer_kept_is_fetched_from_the_file(
    app: KnetApp, run: RunFolder
) -> None:
    log, writer = "", MetricsWriter(run.metrics)
    for epoch in range(31, 61):
        log += f"(:epoch,{epoch})\n"
        writer.write(Report(epoch, epoch / 2, {"trn": 1.0}, epoch * 10, len(log)))
        log += "filler\n" * (KEPT_LINES // 15)
    writer.close()
    run.log.write_text(log)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause(0.5)
        await press(pilot, "ctrl+o", "3", "end")
        assert marked(app) == "(:epoch,60)"
        app.screen.query_one(CurvesPane).desk.put(32)
        await press(pilot, "left")
        assert marked(app) == "(:epoch,31)"
        await press(pilot, "escape", "escape")
        await pilot.pause(0.5)
        lines = app.screen.query_one(LogPane).lines
        assert lines.is_vertical_scroll_end
        assert lines.line_count == KEPT_LINES


async def test_a_piece_of_text_puts_the_crosshair_on_its_epoch(
    app: KnetApp, run: RunFolder
) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause(0.5)
        await press(pilot, "ctrl+o", "7", "left", "left")
        assert pane(app).desk.cursor == 10


async def test_metrics_are_chosen_from_a_list(app: KnetApp, run: RunFolder) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause(0.5)
        await press(pilot, "ctrl+o", "3", "m")
        assert app.screen.query_one(SelectionList).has_focus
        await press(pilot, "down", "space", "escape")
        assert app.session.curves.hidden == ["tst"]
        assert "tst " not in legend(app)
        assert pane(app).view.has_focus


async def test_an_export_says_where_it_is(app: KnetApp, run: RunFolder) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause(0.5)
        await press(pilot, "ctrl+o", "3", "e")
        await app.workers.wait_for_complete([w for w in app.workers if w.group == "export"])
        names = {path.name for path in run.path.glob("curves*")}
        assert names == {"curves.svg", "curves.png", "curves.csv"}
        assert str(run.path) in " ".join(note.message for note in app._notifications)


async def test_how_curves_are_looked_at_is_remembered(app: KnetApp, run: RunFolder) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause(0.5)
        await press(pilot, "ctrl+o", "3", "l", "L", "x", "plus", "plus")
    again = KnetApp()
    curves = again.session.curves
    assert (curves.log_y, curves.log_x, curves.axis, curves.smoothing) == (True, True, "step", 0.6)
    again.session_file.close()


async def test_new_points_are_drawn_while_they_come(app: KnetApp, run: RunFolder) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause(0.5)
        writer = MetricsWriter(run.metrics)
        writer.write(Report(60, 30.0, {"trn": 0.5}, 600, 5))
        writer.close()
        await pilot.pause(1.0)
        drawing = pane(app).view.drawing
        assert drawing is not None
        assert drawing.layout.x.high == 60
        assert "trn 0.5" in legend(app)


async def test_what_a_run_calls_its_metrics_does_nothing_to_the_terminal(
    app: KnetApp, run: RunFolder
) -> None:
    writer = MetricsWriter(run.metrics)
    writer.write(Report(31, 30.0, {"\x1b[2J[bold]": 0.5}, 600, 5))
    writer.close()
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause(0.5)
        await press(pilot, "ctrl+o", "3", "f9", "m")
        assert "␛[2J[bold]" in legend(app)
        frame = "".join(strip.text for strip in app.screen._compositor.render_strips())
        assert "\x1b" not in frame
