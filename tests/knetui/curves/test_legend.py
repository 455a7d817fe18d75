"""What the curves read, in words."""

from collections.abc import Callable

import pytest

from knetengine.training.metrics import Report
from knetui.curves.desk import CurveDesk
from knetui.curves.legend import crosshair_words, heading, legend, reading
from knetui.curves.settings import CurveSettings
from knetui.runs.curve import BUCKETS
from knetui.runs.view import RunView

MakeRun = Callable[..., RunView]


@pytest.fixture
def desk(make_run: MakeRun) -> CurveDesk:
    run = make_run()
    desk = CurveDesk(CurveSettings())
    desk.show_runs([run], run)
    return desk


def words(desk: CurveDesk, width: int = 200) -> str:
    charts = desk.charts()
    return legend(charts, charts.titles, width, desk.cursor, {}).plain


def test_without_a_crosshair_it_has_the_last_and_best_values(desk: CurveDesk) -> None:
    assert "1 mlp  ── trn 0.957609 max 0.9576@30" in words(desk)
    assert "trnloss 0.0423912 min 0.04239@30" in words(desk)


def test_with_one_it_has_the_values_there(desk: CurveDesk) -> None:
    desk.put(2)
    assert words(desk) == "1 mlp  ── trn 0.19  ── tst 0.09  ── trnloss 0.81  ── tstloss 0.91"


def test_there_is_a_line_for_each_run_and_no_more_room_than_it_needs(
    desk: CurveDesk, make_run: MakeRun
) -> None:
    runs = [*desk.runs, make_run("a\x1b[31m"), make_run(), make_run()]
    desk.show_runs(runs, runs[0])
    lines = words(desk, 60).split("\n")
    assert len(lines) == 4
    assert all(len(line) <= 60 for line in lines)
    assert all(" + " in line for line in lines), lines
    assert "\x1b" not in words(desk)


def test_the_last_values_of_all_curves_go_before_the_best_of_some(
    desk: CurveDesk, make_run: MakeRun
) -> None:
    runs = [*desk.runs, make_run(), make_run()]
    desk.show_runs(runs, runs[0])
    charts = desk.charts()
    (first, *rest) = words(desk, 72).split("\n")
    assert first == "1 mlp  ── trn 0.957609  ── tst 0.857609  ── trnloss 0.0423912  + 1"
    assert len(rest) == 2
    assert "tst 0.857609" in legend(charts, ["trn, tst"], 50, None, {}).plain
    assert "max" not in legend(charts, ["trn, tst"], 50, None, {}).plain
    assert "max 0.9576@30" in legend(charts, ["trn, tst"], 80, None, {}).plain


def test_a_single_value_is_not_the_best(make_run: MakeRun) -> None:
    run = make_run(epochs=0)
    desk = CurveDesk(CurveSettings())
    desk.show_runs([run], run)
    charts = desk.charts()
    assert charts.best(charts.groups["trn, tst"][0]) is None
    assert not desk.put_on_best()


def test_where_a_curve_does_not_come_nothing_is_read(desk: CurveDesk, make_run: MakeRun) -> None:
    short = make_run(epochs=5)
    desk.show_runs([desk.runs[0], short], short)
    desk.put_where(desk.runs[0], 20, "epoch")
    desk.cursor = 20
    assert words(desk).split("\n")[1] == "2 mlp  ── trn –  ── tst –  ── trnloss –  ── tstloss –"


def test_of_a_very_long_curve_it_reads_what_the_file_says(make_run: MakeRun) -> None:
    run = make_run(epochs=2 * BUCKETS + 10, whole=False, rate=0.9999)
    desk = CurveDesk(CurveSettings())
    desk.show_runs([run], run)
    charts = desk.charts()
    drawn = charts.groups["loss"][0]
    near = reading(charts, drawn, 1001.0, {})
    assert near is not None
    assert not near.exact
    report = Report(1001, 0.0, {"trnloss": 0.123456})
    exact = reading(charts, drawn, 1001.0, {run.number: report})
    assert exact == (1001, 0.123456, True)
    desk.cursor = 1001.0
    text = legend(charts, charts.titles, 200, 1001.0, {run.number: report}).plain
    assert "trnloss 0.123456" in text
    assert "≈" in legend(charts, charts.titles, 200, 1001.0, {}).plain


def test_the_crosshair_says_where_it_is_on_every_axis_and_what_happened(desk: CurveDesk) -> None:
    desk.put_on_mark(forward=True)
    assert desk.cursor is not None
    text = crosshair_words(desk.charts(), desk.cursor, (desk.cursor - 1, desk.cursor + 1)).plain
    assert text == "epoch 12  step 120  6 s  S other code took effect: lr 0.1 > 0.05"


def test_the_heading_says_what_is_not_plain(desk: CurveDesk) -> None:
    assert heading(desk.charts(), 2, zoomed=False) == ""
    desk.settings.smoothing, desk.settings.log_x, desk.settings.log_y = 0.9, True, True
    desk.settings.hidden = ["tst"]
    assert heading(desk.charts(), 1, zoomed=True) == (
        "1 of 2 charts: c  smoothed 0.9  log values  log epoch  zoomed  1 hidden"
    )
