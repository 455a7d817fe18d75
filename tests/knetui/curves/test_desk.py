"""How curves are looked at: what the keys change, without a key."""

from collections.abc import Callable

import numpy as np
import pytest

from knetengine.training.metrics import Event, Gradients, MetricsWriter, Record, Report
from knetui.curves.desk import PAN, ZOOM, CurveDesk
from knetui.curves.run_charts import NORMS, STEP_LOSS
from knetui.curves.settings import CurveSettings
from knetui.runs.view import RunView

MakeRun = Callable[..., RunView]
EXACT = 1e-9


@pytest.fixture
def run(make_run: MakeRun) -> RunView:
    return make_run()


@pytest.fixture
def desk(run: RunView) -> CurveDesk:
    desk = CurveDesk(CurveSettings())
    desk.show_runs([run], run)
    return desk


def around(x: float) -> tuple[float, float]:
    return x - 0.01, x + 0.01


# what is drawn


def test_there_is_a_chart_for_each_kind_of_figure(desk: CurveDesk) -> None:
    charts = desk.charts()
    assert charts.titles == ["trn, tst", "loss"]
    chart = charts.chart("loss", None)
    assert [line.name for line in chart.lines] == ["trnloss", "tstloss"]
    assert chart.lines[0].y[:3].tolist() == pytest.approx([1, 0.9, 0.81])
    assert chart.x_name == "epoch"


def test_a_hidden_metric_is_not_drawn_and_its_chart_goes_with_the_last(desk: CurveDesk) -> None:
    desk.settings.hidden = ["trn"]
    assert [line.name for line in desk.charts().chart("trn, tst", None).lines] == ["tst"]
    desk.settings.hidden = ["trn", "tst"]
    assert desk.charts().titles == ["loss"]
    assert desk.charts().names == ["trn", "tst", "trnloss", "tstloss"]


def test_several_runs_are_told_apart_by_colour_and_name(
    desk: CurveDesk, run: RunView, make_run: MakeRun
) -> None:
    other = make_run("lenet", rate=0.5)
    desk.show_runs([run, other], other)
    lines = desk.charts().chart("loss", None).lines
    assert len({line.colour for line in lines}) == 4
    assert [line.name for line in lines] == [
        "1 mlp: trnloss",
        "1 mlp: tstloss",
        "2 lenet: trnloss",
        "2 lenet: tstloss",
    ]


def test_a_run_keeps_its_colour_while_it_is_shown(
    desk: CurveDesk, run: RunView, make_run: MakeRun
) -> None:
    other = make_run()
    desk.show_runs([run, other], run)
    had = desk.colour_of(other.number)
    desk.show_runs([other], other)
    assert desk.colour_of(other.number) == had
    assert desk.colour_of(run.number) is None
    third = make_run()
    desk.show_runs([other, third], other)
    assert desk.colour_of(third.number) != had


def test_smoothed_curves_lie_over_the_raw_ones(desk: CurveDesk) -> None:
    raw = desk.charts().chart("loss", None).lines
    desk.settings.smoothing = 0.9
    lines = desk.charts().chart("loss", None).lines
    assert [line.name for line in lines] == ["", "", "trnloss", "tstloss"]
    assert np.array_equal(lines[0].y, raw[0].y)
    assert lines[0].colour != raw[0].colour
    assert lines[2].colour == raw[0].colour
    assert lines[2].y[10] > raw[0].y[10]  # it lags behind what falls


def test_gradient_norms_are_by_parameter_over_steps_and_of_the_selected_run(
    desk: CurveDesk, run: RunView, make_run: MakeRun
) -> None:
    other = make_run(rate=0.5)
    desk.show_runs([run, other], other)
    desk.settings.axis = "step"
    desk.toggle_gradients()
    charts = desk.charts()
    assert charts.titles == [NORMS, STEP_LOSS]
    chart = charts.chart(NORMS, None)
    assert [line.name for line in chart.lines] == ["w[0]", "w[1]", "b"]
    assert chart.lines[0].x[:3].tolist() == [5, 15, 25]
    assert chart.lines[0].y[:3].tolist() == pytest.approx([2, 1, 0.5])
    assert chart.log_y
    assert len({line.colour for line in chart.lines}) == 3


def test_logarithms_of_values_and_of_norms_are_chosen_each_for_itself(desk: CurveDesk) -> None:
    assert desk.toggle_logarithm()
    desk.toggle_gradients()
    assert not desk.toggle_logarithm()
    desk.toggle_gradients()
    assert desk.charts().chart("loss", None).log_y


def test_the_axis_goes_from_epochs_to_steps_to_seconds(desk: CurveDesk) -> None:
    ends = []
    for _ in range(3):
        chart = desk.charts().chart("loss", None)
        ends.append((chart.x_name, chart.lines[0].x[-1]))
        assert desk.next_axis() == ""
    assert ends == [("epoch", 30), ("step", 300), ("seconds", 15)]


def test_crosshair_and_window_stay_on_what_they_were_on(desk: CurveDesk) -> None:
    desk.put(10)
    desk.zoom(ZOOM)
    window = desk.window
    assert window is not None
    desk.next_axis()
    assert desk.cursor == pytest.approx(100)
    assert desk.window == pytest.approx(tuple(10 * end for end in window))


def test_a_run_of_an_earlier_version_has_no_steps_to_draw_over(make_run: MakeRun) -> None:
    old = make_run(whole=False)
    desk = CurveDesk(CurveSettings(axis="step"))
    desk.show_runs([old], old)
    assert desk.charts().axis == "epoch"
    desk.settings.axis = "epoch"
    assert desk.next_axis() == ""
    assert desk.charts().axis == "seconds"
    desk.put(5)
    where = desk.where()
    assert where is not None
    assert where[2] is None  # nor does it say where it was in its log


def test_one_chart_alone_the_next_and_all_of_them(desk: CurveDesk) -> None:
    shown = []
    for _ in range(3):
        desk.next_chart("trn, tst", fits=True)
        shown.append(desk.settings.chart)
    assert shown == ["trn, tst", "loss", ""]
    desk.next_chart("trn, tst", fits=False)  # only the first is on the screen
    assert desk.settings.chart == "loss"


# the window


def test_zooming_keeps_the_crosshair_where_it_is_on_the_screen(desk: CurveDesk) -> None:
    desk.put(9)
    desk.zoom(ZOOM)
    assert desk.window == pytest.approx((4.5, 19.5))
    desk.zoom(1 / ZOOM)
    assert desk.window is None


def test_panning_stops_at_the_ends(desk: CurveDesk) -> None:
    desk.zoom(ZOOM, at=0)
    assert desk.window == pytest.approx((0, 15))
    desk.pan(-PAN)
    assert desk.window == pytest.approx((0, 15))
    for _ in range(10):
        desk.pan(PAN)
    assert desk.window == pytest.approx((15, 30))


def test_on_a_logarithmic_axis_half_is_half_of_the_decades(desk: CurveDesk) -> None:
    desk.settings.log_x = True
    desk.zoom(ZOOM, at=1.0)
    assert desk.window == pytest.approx((1, 30**0.5))


# the crosshair


def test_it_steps_from_point_to_point(desk: CurveDesk) -> None:
    desk.put(10.3)
    assert desk.cursor == 10
    desk.step(around(10), forward=True)
    assert desk.cursor == 11
    desk.step(around(11), forward=False)
    assert desk.cursor == 10
    desk.put_on_end(last=True)
    assert desk.cursor == 30
    desk.step(around(30), forward=True)
    assert desk.cursor == 30
    desk.put_on_end(last=False)
    assert desk.cursor == 0


def test_it_steps_over_the_points_of_its_own_column(desk: CurveDesk) -> None:
    desk.put(10)
    desk.step((8.5, 12.5), forward=True)
    assert desk.cursor == 13


def test_it_goes_from_event_to_event(desk: CurveDesk) -> None:
    found = []
    while desk.put_on_mark(forward=True):
        assert desk.cursor is not None
        found.append(round(desk.cursor, 1))
    assert found == [12, 20.4, 24]  # a checkpoint is not worth a mark
    assert desk.put_on_mark(forward=False)
    assert desk.cursor == pytest.approx(20.4)


def test_it_goes_to_the_best_of_one_curve_after_another(desk: CurveDesk) -> None:
    assert desk.put_on_best()
    assert desk.cursor == 30
    desk.settings.hidden = ["trn", "tst", "trnloss", "tstloss"]
    assert not desk.put_on_best()


def test_it_takes_the_window_along(desk: CurveDesk) -> None:
    desk.zoom(0.1, at=0)
    desk.put(25)
    assert desk.window is not None
    assert desk.window[0] <= 25 <= desk.window[1]


def test_it_says_where_it_is_in_the_log(desk: CurveDesk, run: RunView) -> None:
    desk.next_axis()
    desk.put(70)
    where = desk.where()
    assert where is not None
    view, epoch, log = where
    assert (view, epoch) == (run, pytest.approx(7))
    assert log is not None
    before = run.folder.log.read_bytes()[: round(log)]
    assert before.splitlines()[-1].startswith(b"(:epoch,7,")


@pytest.mark.parametrize("axis", ["epoch", "step", "seconds"])
def test_it_is_put_where_the_log_or_a_sample_says(desk: CurveDesk, run: RunView, axis: str) -> None:
    while desk.charts().axis != axis:
        desk.next_axis()
    text = run.folder.log.read_text()
    desk.put_where(run, text.index("\n", text.index("(:epoch,13,")) + 1, "log")
    where = desk.where()
    assert where is not None
    assert where[1] == pytest.approx(13)
    desk.put_where(run, 4, "epoch")
    where = desk.where()
    assert where is not None
    assert where[1] == pytest.approx(4)


def test_without_runs_nothing_is_drawn_and_no_key_fails() -> None:
    desk = CurveDesk(CurveSettings())
    assert desk.charts().titles == []
    desk.zoom(ZOOM)
    desk.pan(PAN)
    desk.put_on_end(last=True)
    desk.step((0, 1), forward=True)
    desk.next_axis()
    desk.next_chart("", fits=True)
    assert not desk.put_on_mark(forward=True)
    assert not desk.put_on_best()
    desk.toggle_gradients()
    assert desk.charts().titles == []
    assert desk.where() is None


def test_until_the_first_epoch_is_over_the_losses_of_its_steps_are_drawn(
    make_run: MakeRun,
) -> None:
    run = make_run("slow", epochs=0)
    desk = CurveDesk(CurveSettings())
    desk.show_runs([run], run)
    assert desk.charts().titles != ["loss of the step"]
    writer = MetricsWriter(run.folder.metrics)
    for step, loss in ((1, 4.0), (40, 3.0), (80, 2.5)):
        writer.write(Gradients(step / 10, 0, step, loss, {}))
    run.read(10.0)
    charts = desk.charts()
    assert (charts.titles, charts.axis, charts.whole()) == (["loss of the step"], "step", (1, 80))
    assert [*charts.chart("loss of the step", None).lines[0].y] == [4.0, 3.0, 2.5]
    desk.window, desk.cursor = (1, 40), 40
    writer.write(Report(1, 9.0, {"trn": 0.5}, 90, 100))
    writer.close()
    run.read(10.0)
    charts = desk.charts()
    assert charts.axis == "epoch"
    assert "loss of the step" not in charts.titles
    assert (desk.window, desk.cursor) == (None, None)


def test_there_is_something_new_to_draw_only_with_points_that_are_drawn(run: RunView) -> None:
    desk = CurveDesk(CurveSettings())
    desk.show_runs([run], run)

    def tells(*records: Record) -> bool:
        before = desk.points()
        writer = MetricsWriter(run.folder.metrics)
        for record in records:
            writer.write(record)
        writer.close()
        run.read(1.0)
        return desk.points() != before

    step = Gradients(20.0, 31, 400, 0.5, {"b": 1.0})
    assert not tells(step)
    assert tells(Report(31, 20.5, {"trn": 0.5}))
    assert tells(Event(20.6, "paused"))
    desk.settings.gradients = True
    assert not tells(Report(32, 21.0, {"trn": 0.5}))
    assert tells(step)


def test_until_there_is_a_line_the_losses_of_steps_are_something_new(make_run: MakeRun) -> None:
    run = make_run(epochs=0)
    desk = CurveDesk(CurveSettings())
    desk.show_runs([run], run)
    before = desk.points()
    run.step_loss.add(17, 0.5)
    assert desk.points() != before


def test_one_point_is_no_line_and_the_losses_of_steps_stay(make_run: MakeRun) -> None:
    run = make_run("slow", epochs=0)
    run.folder.metrics.write_bytes(b"")
    run = RunView(run.folder)
    desk = CurveDesk(CurveSettings())
    desk.show_runs([run], run)
    writer = MetricsWriter(run.folder.metrics)
    for epoch in (1, 2):
        writer.write(Gradients(epoch - 0.5, epoch - 1, 10 * epoch - 5, 4.0 / epoch, {}))
        writer.write(Gradients(epoch - 0.2, epoch - 1, 10 * epoch - 2, 3.0 / epoch, {}))
        writer.write(Report(epoch, epoch, {"trn": 1 / epoch}, 10 * epoch, 100))
        run.read(10.0)
        assert ("loss of the step" in desk.charts().titles) is (epoch == 1)
    writer.close()
