"""The charts of the runs that are drawn, as the settings want them. Loads numpy: import it late."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np

from knetui.charts.chart import Chart, Colour, Line, Mark, Point, Vector
from knetui.charts.window import Window
from knetui.curves.marks import Happening, happenings
from knetui.curves.metric_kinds import grouped, is_better_high
from knetui.curves.settings import CurveSettings
from knetui.curves.smoothing import smoothed
from knetui.runs.curve import Curve
from knetui.runs.timeline import Axis
from knetui.runs.view import RunView
from knetui.themes import Pair

FAINT = 0.35  # how much of its colour a raw curve keeps behind the smoothed one
NORMS, STEP_LOSS = "gradient norms", "loss of the step"


class Drawn(NamedTuple):
    """A curve that is drawn, and whose it is."""

    run: RunView
    name: str
    curve: Curve
    colour: Colour


class Placed(NamedTuple):
    """An event at a place of the horizontal axis."""

    x: float
    run: RunView
    what: Happening


class CurveCharts:
    """What there is to draw of some runs; made anew whenever the choice of runs changes.

    slots: the number of each run's colour. selected: the run whose gradients are shown.
    """

    def __init__(
        self,
        runs: Sequence[RunView],
        selected: RunView | None,
        slots: dict[int, int],
        settings: CurveSettings,
        *,
        palette: tuple[Pair, ...],
        ground: Colour,
    ) -> None:
        self.settings, self._palette, self._ground = settings, palette, ground
        if settings.gradients:
            self.runs = [selected] if selected is not None else []
        else:
            self.runs = list(runs)
        self.is_early = not settings.gradients and _are_in_their_first_epochs(self.runs)
        self.native: Axis = "step" if settings.gradients or self.is_early else "epoch"
        self.reference = selected if selected in self.runs else next(iter(self.runs), None)
        self.axis: Axis = self._axis()
        self.names: list[str] = []  # of all curves, hidden ones too
        if self.is_early:
            self.groups = self._first_losses(slots)
        else:
            self.groups = self._norms() if settings.gradients else self._metrics(slots)

    def _axis(self) -> Axis:
        """The axis that is wanted, where every run can be drawn over it."""
        wanted = self.settings.axis
        if not self.runs or wanted == self.native:
            return wanted
        if self.is_early:
            return self.native
        needed: tuple[Axis, ...] = (wanted, self.native)
        offered = all(run.timeline.offers(axis) for run in self.runs for axis in needed)
        return wanted if offered else self.native

    def _metrics(self, slots: dict[int, int]) -> dict[str, list[Drawn]]:
        self.names = list(dict.fromkeys(name for run in self.runs for name in run.curves))
        return {
            title: [
                Drawn(run, name, run.curves[name], self._colours(slots.get(run.number, 0))[i % 2])
                for run in self.runs
                for i, name in enumerate(group)
                if name in run.curves and name not in self.settings.hidden
            ]
            for title, group in grouped(self.names).items()
        }

    def _first_losses(self, slots: dict[int, int]) -> dict[str, list[Drawn]]:
        """What is to be seen while there is no line to draw over epochs: one may take minutes."""
        self.names = [STEP_LOSS]
        drawn = [
            Drawn(run, STEP_LOSS, run.step_loss, self._colours(slots.get(run.number, 0))[0])
            for run in self.runs
            if run.step_loss.count and STEP_LOSS not in self.settings.hidden
        ]
        return {STEP_LOSS: drawn}

    def _norms(self) -> dict[str, list[Drawn]]:
        groups: dict[str, list[Drawn]] = {}
        for run in self.runs:
            self.names = [*run.gradient_norms]
            groups[NORMS] = [
                Drawn(run, name, curve, self._colours(i)[0])
                for i, (name, curve) in enumerate(run.gradient_norms.items())
                if name not in self.settings.hidden
            ]
            if run.step_loss.count:
                self.names.append(STEP_LOSS)
                if STEP_LOSS not in self.settings.hidden:
                    colour = self._colours(0)[0]
                    groups[STEP_LOSS] = [Drawn(run, STEP_LOSS, run.step_loss, colour)]
        return groups

    def _colours(self, slot: int) -> Pair:
        """Of a run or a parameter; with more of them than colours these begin anew."""
        return self._palette[slot % len(self._palette)]

    @property
    def titles(self) -> list[str]:
        """The charts that have a curve, in the order in which the runs named them."""
        return [title for title, drawn in self.groups.items() if drawn]

    def place(self, run: RunView, x: float, *, back: bool = False) -> float:
        """An x of a run's curves as it is on the axis; or `back`."""
        froms, to = (self.axis, self.native) if back else (self.native, self.axis)
        return run.timeline.place(x, froms, to)

    def whole(self) -> Window | None:
        """From the first to the last x of all that is drawn."""
        ends: list[float] = []
        for drawn in (one for group in self.groups.values() for one in group):
            x, _ = drawn.curve.arrays()
            if self.settings.log_x:
                x = x[np.searchsorted(x, 0.0, side="right") :]
            if len(x):
                ends += [self.place(drawn.run, float(end)) for end in (x[0], x[-1])]
        if self.settings.log_x:
            ends = [end for end in ends if end > 0]
        return (min(ends), max(ends)) if ends else None

    def chart(self, title: str, window: Window | None) -> Chart:
        """The chart of that title, with raw curves faint behind smoothed ones."""
        drawn, weight = self.groups[title], self.settings.smoothing
        several = len(self.runs) > 1
        lines: list[Line] = []
        for one in drawn:
            x, y = one.curve.arrays()
            x = one.run.timeline.translate(x, self.native, self.axis)
            if weight:
                lines.append(Line("", _faint(one.colour, self._ground), x, y))
            else:
                lines.append(Line(_named(one, several), one.colour, x, y, self._best(one)))
        for one in drawn if weight else []:
            x, y = one.curve.means()
            x = one.run.timeline.translate(x, self.native, self.axis)
            finite = np.isfinite(y)
            y = smoothed(y[finite], weight)
            lines.append(Line(_named(one, several), one.colour, x[finite], y, self._best(one)))
        marks = [Mark(placed.x, placed.what.letter) for placed in self.placed()]
        settings = self.settings
        return Chart(title, lines, self.axis, settings.log_x, settings.logarithmic, window, marks)

    def best(self, drawn: Drawn) -> tuple[bool, Point] | None:
        """Whether the highest value is the best one, and where it is.

        Of norms none is, nor of a single value.
        """
        extremes, first, last = drawn.curve.extremes(), drawn.curve.first(), drawn.curve.last
        if self.settings.gradients or extremes is None or first is None or last in (None, first):
            return None
        high = is_better_high(drawn.name, first[1], last[1])
        return high, extremes[high]

    def _best(self, drawn: Drawn) -> Point | None:
        found = self.best(drawn)
        return None if found is None else (self.place(drawn.run, found[1][0]), found[1][1])

    def placed(self) -> list[Placed]:
        """The events of the drawn runs along the axis."""
        if self.is_early:  # the reports tell where an event was, and there are none
            return []
        return [
            Placed(run.timeline.place(what.seconds, "seconds", self.axis), run, what)
            for run in self.runs
            for what in happenings(run.events)
            if run.timeline.offers(self.axis)
        ]

    def stop_after(self, x: float) -> float | None:
        """The first point of the reference run's curves behind x, along the axis."""
        return min((float(s[i]) for s, i in self._stops(x, "right") if i < len(s)), default=None)

    def stop_before(self, x: float) -> float | None:
        """The last point of the reference run's curves before x."""
        return max((float(s[i - 1]) for s, i in self._stops(x, "left") if i), default=None)

    def stops_around(self, x: float) -> list[float]:
        """The points on both sides of x."""
        return [
            float(stop)
            for stops, place in self._stops(x, "left")
            for stop in stops[max(0, place - 1) : place + 1]
        ]

    def _stops(self, x: float, side: Literal["left", "right"]) -> list[tuple[Vector, int]]:
        """Where the crosshair can stand: each curve's places along the axis, and that of x."""
        run = self.reference
        found: list[tuple[Vector, int]] = []
        for drawn in (one for group in self.groups.values() for one in group):
            if run is not None and drawn.run is run:
                stops = run.timeline.translate(drawn.curve.arrays()[0], self.native, self.axis)
                found.append((stops, int(np.searchsorted(stops, x, side=side))))
        return found


def _are_in_their_first_epochs(runs: Sequence[RunView]) -> bool:
    """Whether only their steps make a line: no curve has two points."""
    return any(run.step_loss.count > 1 for run in runs) and not any(
        curve.count > 1 for run in runs for curve in run.curves.values()
    )


def _named(drawn: Drawn, several: bool) -> str:
    """The name of a curve, among those of several runs with the run's."""
    description = drawn.run.description
    return f"{description.number} {description.name}: {drawn.name}" if several else drawn.name


def _faint(colour: Colour, ground: Colour) -> Colour:
    """Some of the colour, and the ground shining through."""
    red, green, blue = (
        round(FAINT * a + (1 - FAINT) * b) for a, b in zip(colour, ground, strict=True)
    )
    return red, green, blue
