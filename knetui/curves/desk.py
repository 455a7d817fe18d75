"""How curves are looked at: which runs, which part of the axis, and where the crosshair stands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from knetui.charts.window import Window, is_whole, panned, zoomed
from knetui.curves.settings import CurveSettings
from knetui.runs.timeline import AXES, Place
from knetui.runs.view import RunView
from knetui.themes import OKABE_ITO, ON_LIGHT, Pair

if TYPE_CHECKING:  # they load numpy
    from knetui.charts.chart import Colour
    from knetui.curves.run_charts import CurveCharts

WHEEL, ZOOM, PAN = 0.8, 0.5, 0.25


class CurveDesk:
    """Everything that the keys of the curves pane change.

    window: the part of the axis that is looked at; None for all of it, whatever comes.
    cursor: where on the axis the crosshair stands; None without one.
    palette, ground: the colours of the curves, and of what they are drawn on.
    """

    def __init__(self, settings: CurveSettings) -> None:
        self.settings = settings
        self.runs: list[RunView] = []
        self.selected: RunView | None = None
        self.window: Window | None = None
        self.cursor: float | None = None
        self.palette: tuple[Pair, ...] = OKABE_ITO
        self.ground: Colour = (0, 0, 0)
        self._slots: dict[int, int] = {}
        self._was_early = False

    def show_runs(self, runs: Sequence[RunView], selected: RunView | None) -> None:
        """Draw these runs from now on; a run keeps its colour while it is shown."""
        numbers = {run.number for run in runs}
        self._slots = {n: c for n, c in self._slots.items() if n in numbers}
        for run in runs:
            if run.number not in self._slots:
                free = set(range(len(self.palette))) - set(self._slots.values())
                self._slots[run.number] = min(free, default=run.number)
        self.runs, self.selected = list(runs), selected

    def points(self) -> list[tuple[object, ...]]:
        """What tells whether there is anything new to draw: how much there is of each run."""
        if self.settings.gradients:
            run = self.selected
            return [(run.number, run.step_loss.count)] if run is not None else []
        epochs = [
            (run.number, run.state.status, len(run.events), [c.count for c in run.curves.values()])
            for run in self.runs
        ]
        if any(count > 1 for *_, counts in epochs for count in counts):
            return list(epochs)
        return [(*told, run.step_loss.count) for told, run in zip(epochs, self.runs, strict=True)]

    def colour_of(self, number: int) -> Colour | None:
        """The colour of a drawn run's first curve."""
        slot = self._slots.get(number)
        return None if slot is None else self.palette[slot % len(self.palette)][0]

    def charts(self) -> CurveCharts:
        """The charts as they are now."""
        charts = self._charts(self.palette, self.ground)
        if charts.is_early != self._was_early:  # the axis is another one
            self._was_early = charts.is_early
            self.window = self.cursor = None
        return charts

    def charts_on_paper(self) -> CurveCharts:
        """The same in the colours for white ground."""
        return self._charts(ON_LIGHT, (255, 255, 255))

    def _charts(self, palette: tuple[Pair, ...], ground: Colour) -> CurveCharts:
        from knetui.curves.run_charts import CurveCharts

        return CurveCharts(
            self.runs, self.selected, self._slots, self.settings, palette=palette, ground=ground
        )

    # what is drawn

    def toggle_logarithm(self) -> bool:
        """Switch between linear and logarithmic values; whether they are logarithmic now."""
        settings = self.settings
        if settings.gradients:
            settings.log_norms = not settings.log_norms
        else:
            settings.log_y = not settings.log_y
        return settings.logarithmic

    def next_axis(self) -> str:
        """Go on to the next axis that every run offers; why there is no other, if there is none."""
        charts = self.charts()
        here = AXES.index(charts.axis)
        for turn in range(1, len(AXES)):
            wanted = AXES[(here + turn) % len(AXES)]
            self.settings.axis = wanted
            if (found := self.charts()).axis == wanted:
                self._carry_over(charts, found)
                return ""
        self.settings.axis = charts.axis
        return "these runs do not say how their epochs, steps and seconds belong together"

    def _carry_over(self, before: CurveCharts, after: CurveCharts) -> None:
        """Keep the crosshair and the window on what they were on."""
        run = before.reference
        if run is None:
            return

        def moved(x: float) -> float:
            return run.timeline.place(x, before.axis, after.axis)

        if self.cursor is not None:
            self.cursor = moved(self.cursor)
        if self.window is not None:
            low, high = (moved(end) for end in self.window)
            self.window = (low, high) if high > low else None

    def toggle_gradients(self) -> None:
        """Switch between the reported figures and the norms of the selected run's gradients."""
        before = self.charts()
        self.settings.gradients = not self.settings.gradients
        if self.charts().axis != before.axis:
            self.window = self.cursor = None

    def next_chart(self, first: str, fits: bool) -> None:
        """From all charts to each alone and back; `first` is shown when all do not fit."""
        titles = ["", *self.charts().titles]
        here = self.settings.chart if self.settings.chart in titles else ""
        if not fits and not here and first in titles:
            here = first
        self.settings.chart = titles[(titles.index(here) + 1) % len(titles)]
        if not fits and not self.settings.chart and len(titles) > 1:
            self.settings.chart = titles[1]

    # the window

    def zoom(self, factor: float, at: float | None = None) -> None:
        """Look at a part `factor` times as wide, around `at`, the crosshair or the middle."""
        whole = self.charts().whole()
        if whole is None:
            return
        log = self.settings.log_x
        low, high = self.window or whole
        around = self.cursor if at is None else at
        if around is None or not low <= around <= high:
            around = (low * high) ** 0.5 if log else (low + high) / 2
        self._look_at(zoomed(self.window, whole, around, factor, log), whole)

    def pan(self, share: float) -> None:
        """Move the part that is looked at by a share of its width."""
        whole = self.charts().whole()
        if whole is not None and self.window is not None:
            self._look_at(panned(self.window, whole, share, self.settings.log_x), whole)

    def _look_at(self, window: Window, whole: Window) -> None:
        self.window = None if is_whole(window, whole, self.settings.log_x) else window

    def _look_towards(self, x: float) -> None:
        """Move the window so that x is in it."""
        if self.window is not None and not self.window[0] <= x <= self.window[1]:
            self.pan((x - sum(self.window) / 2) / (self.window[1] - self.window[0]))

    # the crosshair

    def step(self, column: tuple[float, float], forward: bool) -> None:
        """Move the crosshair to the next point outside the `column` that it is in."""
        charts = self.charts()
        found = charts.stop_after(column[1]) if forward else charts.stop_before(column[0])
        if found is not None:
            self._put(found)

    def put(self, x: float) -> None:
        """Put the crosshair on the point that is nearest to x."""
        stops = self.charts().stops_around(x)
        self._put(min(stops, key=lambda stop: abs(stop - x), default=x))

    def put_where(self, run: RunView, at: float, place: Place) -> None:
        """Put the crosshair on the point that is nearest to where a run was."""
        axis = self.charts().axis
        if run.timeline.offers(axis):
            self.put(run.timeline.place(at, place, axis))

    def put_on_end(self, *, last: bool) -> None:
        """Put the crosshair on the first or last point in the window."""
        whole = self.charts().whole()
        window = self.window or whole
        if window is not None:
            self.put(window[1] if last else window[0])

    def put_on_mark(self, *, forward: bool) -> bool:
        """Put the crosshair on the next event; whether there was one."""
        places = sorted({placed.x for placed in self.charts().placed()})
        if not forward:
            places.reverse()
        here = self.cursor
        for x in places:
            if here is None or (x > here if forward else x < here):
                self._put(x)
                return True
        return False

    def put_on_best(self) -> bool:
        """Put the crosshair on the best point of the next curve that has one."""
        charts = self.charts()
        titles = [self.settings.chart] if self.settings.chart in charts.titles else charts.titles
        places = [
            charts.place(drawn.run, found[1][0])
            for title in titles
            for drawn in charts.groups[title]
            if (found := charts.best(drawn)) is not None
        ]
        if not places:
            return False
        here = places.index(self.cursor) if self.cursor in places else -1
        self._put(places[(here + 1) % len(places)])
        return True

    def where(self) -> tuple[RunView, float, float | None] | None:
        """The reference run, the epoch of it where the crosshair stands, and the bytes of its log.

        These are None where the run does not say.
        """
        charts = self.charts()
        run = charts.reference
        if run is None or self.cursor is None:
            return None
        place = run.timeline.place
        log = place(self.cursor, charts.axis, "log") if run.timeline.offers("log") else None
        return run, place(self.cursor, charts.axis, "epoch"), log

    def _put(self, x: float) -> None:
        self.cursor = x
        self._look_towards(x)
