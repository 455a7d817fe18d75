"""A chart as plain lines of text, drawn by plotext: printed once, it has no next frame to keep."""

from __future__ import annotations

import plotext

from knetui.charts.chart import Chart, Scale, lay_out

TICKS = (6, 5)  # along x and y, at most about


def printed(chart: Chart, columns: int, rows: int, *, coloured: bool) -> str | None:
    """The chart in so many cells; None when nothing of it is to be seen.

    coloured: whether lines have the colours of the workbench, as escape codes.
    """
    layout = lay_out(chart)
    if layout is None:
        return None
    plotext.clear_figure()
    plotext.theme("clear")
    plotext.plot_size(columns, rows)
    for line in layout.lines:  # laid out already: a logarithmic axis is a plain one to plotext
        colour = line.colour if coloured else "default"
        plotext.plot(line.x.tolist(), line.y.tolist(), color=colour, marker="braille")
    for mark in chart.marks:
        share = layout.x.place(mark.x)
        if share is not None:
            plotext.vline(_at(layout.x, share), "gray")
    plotext.xlim(layout.x.low, layout.x.high)
    plotext.ylim(layout.y.low, layout.y.high)
    for scale, most, put in (
        (layout.x, TICKS[0], plotext.xticks),
        (layout.y, TICKS[1], plotext.yticks),
    ):
        ticks = scale.ticks(most)
        put([_at(scale, share) for share, _ in ticks], [text for _, text in ticks])
    plotext.title(chart.title)
    plotext.xlabel(chart.x_name)
    text: str = plotext.build()
    return text if coloured else plotext.uncolorize(text)


def _at(scale: Scale, share: float) -> float:
    return scale.low + share * (scale.high - scale.low)
