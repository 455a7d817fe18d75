"""Learning curves as they are drawn: charts, their legend, and what the crosshair reads."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from rich.text import Text
from textual.app import ComposeResult
from textual.events import Resize
from textual.widgets import Static

from knetui.charts.grid import grid
from knetui.charts.pace import Pace
from knetui.curves.desk import CurveDesk
from knetui.curves.settings import CurveSettings
from knetui.themes import curve_palette
from knetui.widgets.chart_view import ChartView
from knetui.widgets.curve_list import CurveList
from knetui.widgets.pane import Pane

if TYPE_CHECKING:  # they load numpy, which takes 120 ms: only when there is something to draw
    from knetui.charts.braille import Drawing
    from knetui.curves.legend import Exact
    from knetui.curves.run_charts import CurveCharts

EMPTY = "F5 trains the model; its curves appear here"
NOT_DRAWN = "no run is drawn: Space in the runs pane draws one"
AWAITED = "the run has reported nothing yet; its curves appear here"
ENDED = "it ended without a figure; its log may say why"
NO_NORMS = "no gradients yet; g goes back to the reported figures"
CRAMPED_ROWS = 8  # with fewer of them there is no legend, so that there are curves
TOO_SMALL = "enlarge this pane (F9) to see the curves"
ALL_HIDDEN = "every curve is hidden: m chooses which are drawn"


class DrawnCurves(Pane):
    """Draws what lies on its desk, as often as there is time for; it has no keys of its own."""

    DEFAULT_CSS = """
    DrawnCurves {
        & .legend { height: auto; max-height: 5; text-wrap: nowrap; text-overflow: ellipsis; }
        & .crosshair { height: 1; text-wrap: nowrap; text-overflow: ellipsis; display: none; }
        & CurveList { display: none; }
        &.-choosing CurveList { display: block; }
        &.-reading .crosshair { display: block; }
        &.-cramped .legend { display: none; }
    }
    """

    def __init__(self, number: int, settings: CurveSettings, **rest: Any) -> None:
        super().__init__(number, **rest)
        self.desk = CurveDesk(settings)
        self._exact: Exact = {}
        self._points: object = None
        self._pace = Pace()
        self._legend_lines = 0
        self._shown: list[str] = []  # titles of the charts that are on the screen
        self._all_fit = True

    def compose(self) -> ComposeResult:
        """A legend above the charts, what the crosshair reads below, and the list of metrics."""
        yield Static(classes="legend")
        yield CurveList()
        yield ChartView()
        yield Static(classes="crosshair")

    @property
    def view(self) -> ChartView:
        """The surface with the charts."""
        return self.query_one(ChartView)

    def look(self) -> None:
        """Draw in good time if there are other points than when this was asked last."""
        before, self._points = self._points, self.desk.points()
        if before != self._points:
            self._pace.want()

    def on_mount(self) -> None:
        """Follow the theme."""
        self.desk.palette = curve_palette(self.app.current_theme)
        self.app.theme_changed_signal.subscribe(self, lambda _theme: self._recolour())

    def on_resize(self, event: Resize) -> None:
        """In a few rows the curves go before the legend."""
        self.set_class(event.size.height < CRAMPED_ROWS, "-cramped")
        self.redraw_soon()

    def redraw(self, seconds: float | None = None) -> None:
        """Draw when something has changed, can be seen, and the last drawing is long enough ago.

        seconds: until this will be called again, for whoever calls it again and again.
        """
        began = time.monotonic()
        if self.is_on_screen and self._pace.look(began, seconds):
            self._draw()
            self._pace.took(time.monotonic() - began)

    def redraw_soon(self) -> None:
        """Draw with the next frame: a key asks for it."""
        self._pace.want(soon=True)
        self.call_after_refresh(self.redraw)

    def _recolour(self) -> None:
        self.desk.palette = curve_palette(self.app.current_theme)
        self.view.forget_styles()
        self.redraw_soon()

    def _charts(self) -> CurveCharts:
        self.desk.ground = self.background_colors[1].rgb
        return self.desk.charts()

    def _draw(self) -> None:
        if not self.desk.runs and not self.desk.settings.gradients:
            self._say(EMPTY if self.desk.selected is None else NOT_DRAWN)
            return
        charts = self._charts()
        window = self.desk.window or charts.whole()
        if not charts.titles or window is None:
            self._say(ALL_HIDDEN if charts.names else self._why_nothing())
            return
        drawings = self._drawings(charts, window)
        if drawings:
            self.view.show(drawings)
        else:
            self.view.say("" if self.has_class("-choosing") else TOO_SMALL)
        self._show_words(charts)

    def _why_nothing(self) -> str:
        if self.desk.settings.gradients:
            return NO_NORMS
        return ENDED if all(run.state.has_ended for run in self.desk.runs) else AWAITED

    def _say(self, words: str) -> None:
        self._shown = []
        self.view.say(words)
        self.show_subtitle("")
        self.set_class(False, "-reading")
        self._show_legend(Text())

    def _drawings(self, charts: CurveCharts, window: tuple[float, float]) -> list[Any]:
        """The charts that there is room for, each with its place."""
        from knetui.charts.braille import draw

        width, height = self.view.size
        titles, alone = charts.titles, self.desk.settings.chart
        if alone in titles:
            titles = [alone]
        places = grid(len(titles), width, height)
        self._all_fit = len(places) == len(titles)
        if not places:
            places = grid(1, width, height)
        self._shown = titles[: len(places)]
        drawings: list[tuple[int, int, Drawing]] = []
        for title, place in zip(self._shown, places, strict=True):
            chart = charts.chart(title, window)
            if len(charts.titles) == 1 or self.has_class("-cramped"):
                chart.title = ""
            drawing = draw(chart, place.width, place.height, self.desk.cursor)
            if drawing is not None:
                drawings.append((place.column, place.row, drawing))
        return drawings

    def _show_words(self, charts: CurveCharts) -> None:
        """Legend, crosshair and subtitle."""
        from knetui.curves.legend import crosshair_words, heading, legend

        cursor, drawing = self.desk.cursor, self.view.drawing
        width = self.view.size.width
        self._show_legend(legend(charts, self._shown, width, cursor, self._exact))
        if cursor is not None and drawing is not None:
            words = crosshair_words(charts, cursor, drawing.column_around(cursor))
            self.query_one(".crosshair", Static).update(words, layout=False)
        reading = cursor is not None
        if reading != self.has_class("-reading"):
            self.set_class(reading, "-reading")
        zoomed = self.desk.window is not None
        words = heading(charts, len(self._shown), zoomed=zoomed)
        if self.has_class("-cramped") and len(charts.titles) > 1:
            words = f"{self._shown[0]}  {words}"
        self.show_subtitle(words)

    def _show_legend(self, legend: Text) -> None:
        """Update the legend; only another number of lines makes the screen lay itself out anew."""
        lines = legend.plain.count("\n") + 1
        moved = lines != self._legend_lines
        self._legend_lines = lines
        self.query_one(".legend", Static).update(legend, layout=moved)
