"""The curves pane: learning curves of the runs that are shown, drawn over one another."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.message import Message

from knetui.curves.desk import PAN, WHEEL, ZOOM
from knetui.curves.report_lookup import report_at
from knetui.fence import fence
from knetui.runs.timeline import Place
from knetui.runs.view import RunView
from knetui.widgets.chart_view import ChartView
from knetui.widgets.curve_list import CurveList
from knetui.widgets.drawn_curves import DrawnCurves

if TYPE_CHECKING:  # they load numpy, which takes 120 ms: only when there is something to draw
    from knetui.charts.chart import Colour


def _key(key: str, action: str, name: str, meaning: str, *, show: bool = False) -> Binding:
    word = name.lower().replace(" ", "-")
    return Binding(key, action, name, tooltip=meaning, show=show, id=f"curves.{word}")


class CurvesPane(DrawnCurves):
    """Draws the metrics of every shown run, at most three times a second."""

    title = "learning curves"
    entry = "ChartView"
    explanation = """
        What the drawn runs reported: a chart for each kind of figure, one colour a run, the test
        paler or darker than the training. Falling together is learning; test rising while
        training falls is learning by heart; jumping about is a learning rate too high. Left and
        Right read the values, and log and samples go along. Letters at the top are events: P a
        pause, S other code, # another number, B a branch, ! a figure that is not finite. G shows
        the norms of the gradients: parameters whose norm is zero do not learn.
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        _key("l", "log_values", "Log", "Logarithmic or linear values", show=True),
        _key("x", "axis", "Axis", "Draw over epochs, steps or seconds"),
        _key("L", "log_axis", "Log axis", "Logarithmic or linear horizontal axis"),
        _key("plus,equals_sign", "smooth(1)", "Smooth", "Smooth the curves more"),
        _key("minus", "smooth(-1)", "Smooth less", "Smooth the curves less"),
        _key("m", "metrics", "Metrics", "Choose which curves are drawn", show=True),
        _key("c", "chart", "Chart", "Show one chart alone, the next, or all of them"),
        _key("g", "gradients", "Gradients", "Norms of the gradients, or the metrics", show=True),
        _key("e", "export", "Export", "Write the charts as SVG and PNG, their figures as CSV"),
        _key("left", "read(-1)", "Read before", "Move the crosshair to the point before"),
        _key("right", "read(1)", "Read after", "Move the crosshair to the next point"),
        _key("shift+left", "read(-10)", "Leap back", "Move the crosshair ten columns back"),
        _key("shift+right", "read(10)", "Leap on", "Move the crosshair ten columns on"),
        _key("home", "read_end(0)", "First", "Put the crosshair on the first point seen"),
        _key("end", "read_end(1)", "Last", "Put the crosshair on the last point seen"),
        _key("n", "mark(1)", "Next event", "Put the crosshair on the next event"),
        _key("N", "mark(-1)", "Event before", "Put the crosshair on the event before"),
        _key("b", "best", "Best", "Put the crosshair on a curve's best value, then the next's"),
        _key("up,w", "zoom(1)", "Zoom in", "Look at half of the axis"),
        _key("down,s", "zoom(-1)", "Zoom out", "Look at twice as much of the axis"),
        _key("a,comma", "pan(-1)", "Pan left", "Move along the axis to what was before"),
        _key("d,full_stop", "pan(1)", "Pan right", "Move along the axis to what came after"),
        _key("0", "whole", "Whole axis", "Look at the whole axis again"),
        _key("escape", "leave", "Leave", "Close the list, take the crosshair off, zoom out"),
    ]

    class SettingsChanged(Message):
        """The curves are looked at in another way: the session wants to be written."""

    class Inspected(Message):
        """The crosshair was put on this epoch of a run; without a run it was taken off.

        log: how many bytes of its log there were then, if that is known.
        """

        def __init__(
            self, run: RunView | None = None, epoch: float = 0.0, log: float | None = None
        ) -> None:
            super().__init__()
            self.run, self.epoch, self.log = run, epoch, log

    def show_runs(self, runs: Sequence[RunView], selected: RunView | None = None) -> None:
        """Draw these runs from now on, and the gradients of the selected one when asked."""
        self.desk.show_runs(runs, selected)
        self.redraw_soon()

    def inspect(self, run: RunView, at: float, place: Place) -> None:
        """Put the crosshair where a run was, as its log or a sample asks."""
        self.desk.put_where(run, at, place)
        self._look_up(tell=False)
        self.redraw_soon()

    def colour_of(self, number: int) -> Colour | None:
        """The colour of a shown run's first curve."""
        return self.desk.colour_of(number)

    # keys

    def action_log_values(self) -> None:
        """Switch between linear and logarithmic values."""
        self.desk.toggle_logarithm()
        self._settings_changed()

    def action_log_axis(self) -> None:
        """Switch between a linear and a logarithmic horizontal axis."""
        settings = self.desk.settings
        settings.log_x = not settings.log_x
        self.desk.window = None
        self._settings_changed()

    def action_axis(self) -> None:
        """Draw over epochs, steps or seconds."""
        problem = self.desk.next_axis()
        if problem:
            self.notify(problem, severity="warning", markup=False)
        self._settings_changed()

    def action_smooth(self, steps: int) -> None:
        """Smooth more or less."""
        from knetui.curves.smoothing import stronger

        self.desk.settings.smoothing = stronger(self.desk.settings.smoothing, steps)
        self._settings_changed()

    def action_chart(self) -> None:
        """One chart alone, the next one, all of them."""
        self.desk.next_chart(self._shown[0] if self._shown else "", self._all_fit)
        self._settings_changed()

    def action_gradients(self) -> None:
        """The norms of the selected run's gradients, or the metrics again."""
        self.desk.toggle_gradients()
        self._inspected()
        self._settings_changed()

    def action_read(self, columns: int) -> None:
        """Move the crosshair along the points."""
        drawing = self.view.drawing
        if drawing is None:
            return
        if self.desk.cursor is None or drawing.column_of(self.desk.cursor) is None:
            self.desk.put_on_end(last=True)
        elif abs(columns) == 1:
            self.desk.step(drawing.column_around(self.desk.cursor), columns > 0)
        else:
            self.desk.put(drawing.value_beside(self.desk.cursor, columns))
        self._inspected()

    def action_read_end(self, last: int) -> None:
        """Put the crosshair on the first or the last point that is seen."""
        self.desk.put_on_end(last=bool(last))
        self._inspected()

    def action_mark(self, direction: int) -> None:
        """Put the crosshair on the next event, or the one before."""
        if self.desk.put_on_mark(forward=direction > 0):
            self._inspected()
        else:
            self.notify("no event there: a pause, other code, another number", timeout=3)

    def action_best(self) -> None:
        """Put the crosshair on the best value of one curve after another."""
        if self.desk.put_on_best():
            self._inspected()

    def action_zoom(self, direction: int) -> None:
        """Look at less or more of the axis."""
        self.desk.zoom(ZOOM if direction > 0 else 1 / ZOOM)
        self.redraw_soon()

    def action_pan(self, direction: int) -> None:
        """Move along the axis."""
        self.desk.pan(direction * PAN)
        self.redraw_soon()

    def action_whole(self) -> None:
        """Look at the whole axis."""
        self.desk.window = None
        self.redraw_soon()

    def action_leave(self) -> None:
        """Leave what was entered last: the list, the crosshair, the zoomed part."""
        if self.has_class("-choosing"):
            self.action_metrics()
        elif self.desk.cursor is not None:
            self.desk.cursor = None
            self._inspected()
        else:
            self.action_whole()

    @work(group="export")
    async def action_export(self) -> None:
        """Write what is on the screen into files beside the run; say where they are."""
        from knetui.curves.export import export
        from knetui.curves.legend import heading

        charts = self.desk.charts_on_paper()
        if charts.reference is None or not self._shown:
            self.notify("no curves to export: F5 trains the model", severity="warning")
            return
        window = self.desk.window or charts.whole()
        made = [charts.chart(title, window) for title in self._shown]
        words = heading(charts, len(made), zoomed=self.desk.window is not None)
        gradients = charts.settings.gradients
        try:
            path = await asyncio.to_thread(export, made, charts.runs, words, gradients=gradients)
        except OSError as error:
            self.notify(f"not exported: {fence(str(error))}", severity="error", markup=False)
        else:
            words = fence(f"{path}, and .png and .csv beside it")
            self.notify(words, title="exported", timeout=8, markup=False)

    # the list of metrics

    def action_metrics(self) -> None:
        """Show the list of curves to choose from, or put it away."""
        choosing = not self.has_class("-choosing")
        self.set_class(choosing, "-choosing")
        if choosing:
            self.query_one(CurveList).offer(self._charts().names, self.desk.settings.hidden)
        else:
            self.view.focus()

    @on(CurveList.Chosen)
    def _metrics_chosen(self, event: CurveList.Chosen) -> None:
        event.stop()
        settings = self.desk.settings
        settings.hidden = [name for name in settings.hidden if name not in event.offered]
        settings.hidden += sorted(event.hidden)
        self._settings_changed()

    # the mouse, and the corner of the window

    @on(ChartView.Resized)
    def _resized(self) -> None:
        self.redraw_soon()

    @on(ChartView.Pointed)
    def _pointed(self, event: ChartView.Pointed) -> None:
        self.desk.put(event.x)
        self._inspected()

    @on(ChartView.Scrolled)
    def _scrolled(self, event: ChartView.Scrolled) -> None:
        self.desk.zoom(WHEEL if event.up else 1 / WHEEL, event.x)
        self.redraw_soon()

    @on(ChartView.Dragged)
    def _dragged(self, event: ChartView.Dragged) -> None:
        self.desk.pan(-event.share)
        self.redraw_soon()

    # what follows from them

    def _settings_changed(self) -> None:
        self.post_message(self.SettingsChanged())
        self.redraw_soon()

    def _inspected(self) -> None:
        """The crosshair was moved here: tell it, and look its epoch up."""
        where = self.desk.where()
        self.post_message(self.Inspected(*where) if where else self.Inspected())
        self._look_up(tell=True)
        self.redraw_soon()

    @work(group="look up", exclusive=True)
    async def _look_up(self, *, tell: bool) -> None:
        """Read from the files what curves of very many points do not keep of the epoch.

        tell: where exactly the crosshair is, when that is known.
        """
        self._exact = {}
        charts, cursor = self._charts(), self.desk.cursor
        if cursor is None or charts.native != "epoch":
            return
        wanted: dict[int, tuple[Path, float]] = {
            drawn.run.number: (
                drawn.run.folder.metrics,
                charts.place(drawn.run, cursor, back=True),
            )
            for group in charts.groups.values()
            for drawn in group
            if not drawn.curve.whole
        }
        for number, (path, epoch) in wanted.items():
            report = await asyncio.to_thread(report_at, path, epoch + 0.5)
            if report is None:
                continue
            self._exact[number] = report
            run = charts.reference
            if tell and run is not None and run.number == number and report.log is not None:
                self.post_message(self.Inspected(run, report.epoch, report.log))
        if wanted:
            self.redraw_soon()
