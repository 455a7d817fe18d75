"""The curves pane: learning curves of the runs that are shown, drawn over one another."""

import time
from typing import Any, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Static

from knetui.curve import Curve
from knetui.fence import fence
from knetui.run_view import RunView
from knetui.widgets.pane import Pane

Colour = tuple[int, int, int]

# For each run a colour for its first metric (train), and one for its second (test) on dark and on
# light ground. The first are those of Okabe and Ito, which the colour-blind can tell apart.
PALETTE: tuple[tuple[Colour, Colour, Colour], ...] = (
    ((86, 180, 233), (190, 225, 245), (20, 80, 125)),
    ((230, 159, 0), (255, 218, 140), (130, 80, 0)),
    ((0, 158, 115), (140, 220, 195), (0, 85, 60)),
    ((204, 121, 167), (240, 200, 222), (120, 40, 85)),
)
EMPTY = "F5 trains the model; its curves appear here"
REDRAW_SECONDS = 0.33
REST_FACTOR = 10  # drawing takes at most a tenth of the time


class Chart(Static, can_focus=True):
    """The drawn curves."""


class CurvesPane(Pane):
    """Draws every metric of every shown run, at most three times a second."""

    DEFAULT_CSS = """
    CurvesPane {
        Chart { height: 1fr; }
        .legend { height: auto; max-height: 4; text-wrap: nowrap; text-overflow: ellipsis; }
    }
    """
    title = "learning curves"
    entry = "Chart"
    explanation = """
        What the drawn runs reported, over their epochs: training error (trn) and test error
        (tst), one colour a run, the test paler or darker. Falling together is learning; test
        rising while training falls is learning by heart; jumping about is a learning rate too
        high. The legend names the runs and their last values.
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "l",
            "toggle_logarithm",
            "Log axis",
            tooltip="Linear or logarithmic values",
            id="curves.logarithm",
        )
    ]

    class LogarithmToggled(Message):
        """The value axis changed."""

        def __init__(self, logarithmic: bool) -> None:
            super().__init__()
            self.logarithmic = logarithmic

    def __init__(self, number: int, *, logarithmic: bool = False, **settings: Any) -> None:
        super().__init__(number, **settings)
        self.logarithmic = logarithmic
        self._runs: list[RunView] = []
        self._colours: dict[int, int] = {}
        self._stale = True
        self._next_draw = 0.0
        self._legend_lines = 0

    def compose(self) -> ComposeResult:
        """A legend above the chart."""
        yield Static(classes="legend")
        yield Chart()

    def show_runs(self, runs: list[RunView]) -> None:
        """Draw these runs from now on; a run keeps its colour while it is shown."""
        numbers = {run.number for run in runs}
        self._colours = {n: c for n, c in self._colours.items() if n in numbers}
        for run in runs:
            if run.number not in self._colours:
                free = set(range(len(PALETTE))) - set(self._colours.values())
                self._colours[run.number] = min(free, default=run.number % len(PALETTE))
        self._runs = runs
        self._redraw_soon()

    def colour_of(self, number: int) -> Colour | None:
        """The colour of a shown run's first curve."""
        index = self._colours.get(number)
        return None if index is None else PALETTE[index][0]

    def changed(self) -> None:
        """There are new points."""
        self._stale = True

    def on_resize(self) -> None:
        """Fit the chart."""
        self._redraw_soon()

    def on_mount(self) -> None:
        """Follow the theme; look ten times a second whether there is something to draw."""
        self.set_interval(0.1, self.redraw)
        self.app.theme_changed_signal.subscribe(self, lambda _theme: self._redraw_soon())

    def action_toggle_logarithm(self) -> None:
        """Switch between linear and logarithmic values."""
        self.logarithmic = not self.logarithmic
        self.post_message(self.LogarithmToggled(self.logarithmic))
        self._redraw_soon()

    def redraw(self) -> None:
        """Draw when something has changed, can be seen, and the last drawing is long enough ago."""
        began = time.monotonic()
        if not self._stale or began < self._next_draw or not self.is_on_screen:
            return
        self._stale = False
        self._draw()
        spent = time.monotonic() - began
        self._next_draw = began + max(REDRAW_SECONDS, REST_FACTOR * spent)

    def _redraw_soon(self) -> None:
        self._stale, self._next_draw = True, 0.0
        self.call_after_refresh(self.redraw)

    def _draw(self) -> None:
        from knetui.chart import Series, draw  # late: it loads plotext

        chart = self.query_one(Chart)
        width, height = chart.size
        drawn = [
            Series(curve.points(width), colour) for _, _, curve, colour in self._coloured_curves()
        ]
        text = draw(drawn, width, height, logarithmic=self.logarithmic)
        if text:
            chart.update(Text.from_ansi(text), layout=False)
        else:
            few = "enlarge this pane (F9) to see the curves"
            chart.update(Text(few if drawn else EMPTY, style="dim"))
        self._show_legend()
        self.show_subtitle("log axis" if self.logarithmic else "")

    def _show_legend(self) -> None:
        """Update the legend; only another number of lines makes the screen lay itself out anew."""
        legend = self._legend()
        lines = legend.plain.count("\n") + 1
        moved = lines != self._legend_lines
        self._legend_lines = lines
        self.query_one(".legend", Static).update(legend, layout=moved)
        if moved:  # the chart has another height now
            self._redraw_soon()

    def _legend(self) -> Text:
        legend = Text(no_wrap=True, overflow="ellipsis")
        shown_run = None
        for run, name, curve, (red, green, blue) in self._coloured_curves():
            if run is not shown_run:
                if shown_run is not None:
                    legend.append("\n")
                legend.append(f"{run.number} {fence(run.description.name)}", "bold")
                shown_run = run
            _, value = curve.last or (0, 0.0)
            legend.append(f"  ── {fence(name)} {value:.6g}", f"rgb({red},{green},{blue})")
        return legend

    def _coloured_curves(self) -> list[tuple[RunView, str, Curve, Colour]]:
        """The curves of the shown runs, each with its colour; a third metric begins anew."""
        second = 1 if self.app.current_theme.dark else 2
        return [
            (run, name, curve, PALETTE[self._colours[run.number]][second * (position % 2)])
            for run in self._runs
            for position, (name, curve) in enumerate(run.curves.items())
        ]
