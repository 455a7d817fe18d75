"""What the curves are and what they read: the legend, and the words on the crosshair."""

from __future__ import annotations

from typing import NamedTuple

from rich.text import Text

from knetengine.training.metrics import Report
from knetui.curves.run_charts import CurveCharts, Drawn
from knetui.fence import fence

MOST_LINES = 4
Exact = dict[int, Report]  # by the number of the run: what its file says of the crosshair's epoch


class Reading(NamedTuple):
    """A curve's value at the crosshair; `at` is the epoch or step that it is of."""

    at: float
    value: float
    exact: bool  # not the nearest of those kept of a very long curve


def reading(charts: CurveCharts, drawn: Drawn, cursor: float, exact: Exact) -> Reading | None:
    """What a curve reads at the crosshair; None where it does not come."""
    place = charts.place(drawn.run, cursor, back=True)
    report = exact.get(drawn.run.number)
    if report is not None and drawn.name in report.values and not drawn.curve.whole:
        return Reading(report.epoch, float(report.values[drawn.name]), True)
    point, first = drawn.curve.nearest(place), drawn.curve.first()
    if point is None or first is None or drawn.curve.last is None:
        return None
    if not first[0] <= place <= drawn.curve.last[0]:
        return None
    return Reading(*point, drawn.curve.whole)


def legend(
    charts: CurveCharts, titles: list[str], width: int, cursor: float | None, exact: Exact
) -> Text:
    """A line for each run: its curves in their colours, with their last or read values.

    Where each run's are on its line, their best values, too.
    """
    with_best, left_out = _legend(charts, titles, width, cursor, exact, best=True)
    lines = with_best.plain.count("\n") + 1
    if not left_out and lines <= max(1, len(charts.runs)):
        return with_best
    return _legend(charts, titles, width, cursor, exact, best=False)[0]


def _legend(
    charts: CurveCharts,
    titles: list[str],
    width: int,
    cursor: float | None,
    exact: Exact,
    *,
    best: bool,
) -> tuple[Text, int]:
    text, left_out = Text(no_wrap=True, overflow="ellipsis"), 0
    lines_each = max(1, MOST_LINES // max(1, len(charts.runs)))
    for number, run in enumerate(charts.runs):
        items = [
            _item(charts, drawn, cursor, exact, best=best)
            for title in titles
            for drawn in charts.groups[title]
            if drawn.run is run
        ]
        head = Text.assemble((f"{run.number} {fence(run.description.name)}", "bold"))
        text.append("\n" if number else "")
        line, more = _flowed(head, items, width, lines_each)
        text.append_text(line)
        left_out += more
    return text, left_out


def _flowed(head: Text, items: list[Text], width: int, lines: int) -> tuple[Text, int]:
    """The items behind the head, on at most so many lines; how many more there would be."""
    text, used, line = head, len(head.plain), 1
    for number, item in enumerate(items):
        rest = f"  + {len(items) - number}"
        room = width - (len(rest) if line == lines and number < len(items) - 1 else 0)
        if used + 2 + len(item.plain) > room and used > 0:
            if line == lines and number:
                return text.append(rest, "dim"), len(items) - number
            if line < lines:
                text.append("\n")
                used, line = 0, line + 1
        text.append("  ")
        text.append_text(item)
        used += 2 + len(item.plain)
    return text, 0


def _item(
    charts: CurveCharts, drawn: Drawn, cursor: float | None, exact: Exact, *, best: bool
) -> Text:
    red, green, blue = drawn.colour
    words = Text(f"── {fence(drawn.name)} ", f"rgb({red},{green},{blue})")
    if cursor is not None:
        found = reading(charts, drawn, cursor, exact)
        if found is None:
            return words.append("–")
        place = charts.place(drawn.run, cursor, back=True)
        elsewhere = "" if round(place) == round(found.at) else f"@{found.at:,.0f}"
        return words.append(f"{'' if found.exact else '≈'}{found.value:.6g}{elsewhere}")
    words.append(f"{drawn.curve.last[1]:.6g}" if drawn.curve.last else "")
    if best and (extreme := charts.best(drawn)) is not None:
        high, (at, value) = extreme
        words.append(f" {'max' if high else 'min'} {value:.4g}@{at:,.0f}", "dim")
    return words


def crosshair_words(charts: CurveCharts, cursor: float, column: tuple[float, float]) -> Text:
    """Where the crosshair is on every axis, and what happened within its `column`."""
    text = Text(no_wrap=True, overflow="ellipsis")
    run = charts.reference
    if run is not None:
        timeline = run.timeline
        here = f"{charts.axis} {_number(cursor)}"
        text.append(here, "bold")
        for axis in ("epoch", "step", "seconds"):
            if axis != charts.axis and timeline.offers(axis) and timeline.offers(charts.axis):
                value = timeline.place(cursor, charts.axis, axis)
                text.append(
                    f"  {_clock(value) if axis == 'seconds' else f'{axis} {_number(value)}'}"
                )
    several = len(charts.runs) > 1
    for placed in charts.placed():
        if column[0] <= placed.x <= column[1]:
            whose = f" run {placed.run.number}" if several else ""
            text.append(f"  {placed.what.letter}{whose} {fence(placed.what.words)}", "yellow")
    return text


def heading(charts: CurveCharts, shown: int, *, zoomed: bool) -> str:
    """How the curves are looked at, in a few words; so many charts are shown."""
    settings, count = charts.settings, len(charts.titles)
    hidden = sum(name in settings.hidden for name in charts.names)
    words = [
        f"{shown} of {count} charts: c" if shown < count else "",
        f"smoothed {settings.smoothing:g}" if settings.smoothing else "",
        "log values" if settings.logarithmic else "",
        f"log {charts.axis}" if settings.log_x else "",
        "zoomed" if zoomed else "",
        f"{hidden} hidden" if hidden else "",
    ]
    return "  ".join(word for word in words if word)


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == round(value) or abs(value) >= 1000 else f"{value:.4g}"


def _clock(seconds: float) -> str:
    whole = int(seconds)
    text = f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"
    return text if whole >= 60 else f"{seconds:.3g} s"
