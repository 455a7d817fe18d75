"""Charts as `knet-tui curves` prints them."""

import numpy as np

from knetui.charts.chart import Chart, Line, Mark
from knetui.charts.printed import printed

BLUE = (40, 90, 220)


def chart(**settings: object) -> Chart:
    x = np.arange(1.0, 101.0)
    return Chart("loss", [Line("trn", BLUE, x, 100.0 / x)], **settings)  # type: ignore[arg-type]


def test_it_fits_the_cells_that_there_are() -> None:
    text = printed(chart(), 60, 12, coloured=False)
    assert text is not None
    rows = text.splitlines()
    assert len(rows) <= 12
    assert max(map(len, rows)) <= 60
    assert rows[0].strip() == "loss"
    assert rows[-1].strip() == "epoch"


def test_a_power_is_a_straight_line_on_logarithmic_axes() -> None:
    text = printed(chart(log_x=True, log_y=True), 61, 15, coloured=False)
    assert text is not None
    body = [row.partition("│")[2] + row.partition("┤")[2] for row in text.splitlines()]
    begins = [
        min(i for i, c in enumerate(row) if "\u2801" <= c <= "\u28ff")
        for row in body
        if any("\u2801" <= c <= "\u28ff" for c in row)
    ]
    rows = np.arange(len(begins))
    assert len(begins) > 8
    assert np.abs(np.polyval(np.polyfit(rows, begins, 1), rows) - begins).max() < 2  # columns
    assert "100" in text


def test_colours_and_marks() -> None:
    plain = printed(chart(marks=[Mark(50.0, "S")]), 60, 12, coloured=False)
    without = printed(chart(), 60, 12, coloured=False)
    coloured = printed(chart(), 60, 12, coloured=True)
    assert plain != without
    assert coloured is not None
    assert "\x1b[38;2;40;90;220m" in coloured
    assert without is not None
    assert "\x1b" not in without


def test_where_nothing_is_to_be_seen_nothing_is_printed() -> None:
    empty = Line("trn", BLUE, np.array([]), np.array([]))
    assert printed(Chart("loss", [empty]), 60, 12, coloured=False) is None
