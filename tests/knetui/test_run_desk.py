"""Which runs are looked at and drawn, and what of them is told."""

from pathlib import Path

import pytest

from knetengine.training.folder import RunFolder, State, create_run
from knetengine.training.metrics import Event, MetricsWriter, Plan, Report
from knetengine.training.trash import delete
from knetui.run_desk import DRAWN_RUNS, RunDesk
from knetui.runs.filter import FilterError
from knetui.session import Session

BUDGET = 1.0


def make_run(status: str = "finished", warning: str = "", model: str = "model") -> RunFolder:
    folder = create_run(model, "", Path(f"/where/{model}.py"), [])
    writer = MetricsWriter(folder.metrics)
    writer.write(Report(1, 0.5, {"trn": 1.0}))
    if warning:
        writer.write(Event(0.5, "not finite", warning))
    writer.close()
    folder.write_state(State(status, started=1.0, ended=2.0))  # type: ignore[arg-type]
    return folder


def test_without_a_choice_the_newest_run_is_looked_at() -> None:
    make_run()
    newest = make_run()
    desk = RunDesk(Session(selected_run="0099-gone"))
    desk.scan()
    assert desk.selected is not None
    assert desk.selected.folder.path == newest.path
    assert RunDesk(Session()).selected is None


def test_the_run_drawn_longest_gives_way() -> None:
    names = [make_run().path.name for _ in range(DRAWN_RUNS + 1)]
    session = Session()
    desk = RunDesk(session)
    desk.scan()
    for name in names:
        desk.draw(name)
    assert session.shown_runs == names[1:]
    desk.toggle(names[-1])
    assert session.shown_runs == names[1:-1]
    desk.toggle(names[0])
    assert session.shown_runs == [*names[1:-1], names[0]]


def test_beside_a_new_run_those_of_its_model_stay_drawn() -> None:
    names = [make_run(model=model).path.name for model in ("mnist", "charlm", "mnist")]
    session = Session()
    desk = RunDesk(session)
    desk.scan()
    for name in names:
        desk.draw(name)
    new = make_run("starting", model="mnist")
    desk.begin(new)
    assert session.shown_runs == [names[0], names[2], new.path.name]
    desk.draw(names[1])  # who wants it beside them may have it
    assert session.shown_runs[-1] == names[1]


def test_the_end_of_a_run_begun_here_is_told_once_even_if_it_ended_at_once() -> None:
    desk = RunDesk(Session())
    folder = make_run("failed", warning="trn is nan from epoch 1 on")
    desk.begin(folder)
    news = desk.read(BUDGET)
    assert news.is_farther
    assert [view.folder.path for view in news.ended] == [folder.path]
    assert [text for _, text in news.warnings] == ["trn is nan from epoch 1 on"]
    news = desk.read(BUDGET)
    assert (news.is_farther, news.ended, news.warnings) == (False, [], [])


def test_the_end_of_a_run_of_yesterday_is_not_told() -> None:
    folder = make_run("failed", warning="trn is nan from epoch 1 on")
    desk = RunDesk(Session(shown_runs=[folder.path.name]))
    desk.scan()
    news = desk.read(BUDGET)
    assert (news.ended, news.warnings) == ([], [])


def test_a_run_that_never_began_is_removed() -> None:
    session = Session()
    desk = RunDesk(session)
    folder = make_run("rejected")
    desk.begin(folder)
    (view,) = desk.drawn
    desk.discard(view)
    assert not folder.path.exists()
    assert session.shown_runs == []
    assert desk.selected is None


def test_a_run_that_lies_elsewhere_is_listed(tmp_path: Path) -> None:
    inside = make_run()
    outside = RunFolder(inside.path.rename(tmp_path / inside.path.name))
    desk = RunDesk(Session())
    desk.include(outside)
    assert desk.selected is not None
    assert desk.selected.folder.path == outside.path


# the list

MODEL = "def main(*, lr: float = 0.1): ..."


def make_many(*rates: str) -> list[RunFolder]:
    folders = [create_run("model", MODEL, Path("/m.py"), ["--lr", rate]) for rate in rates]
    for folder in folders:
        folder.write_state(State("finished", started=1.0, ended=2.0))
    return folders


def numbers(desk: RunDesk) -> list[int]:
    listed = desk.listed()
    return [listed.summaries[name].number for name in listed.names]


def test_filter_and_order_are_those_of_the_session() -> None:
    make_many("0.3", "0.1", "0.2")
    session = Session()
    desk = RunDesk(session)
    desk.scan()
    desk.set_filter("lr >= 0.2")
    desk.set_sort("lr")
    assert numbers(desk) == [3, 1]
    again = RunDesk(session)
    again.scan()
    assert numbers(again) == [3, 1]
    assert (again.listed().filter, again.listed().sort) == ("lr >= 0.2", "lr")
    assert again.listed().total == 3


def test_a_wrong_filter_leaves_list_and_session_alone() -> None:
    make_many("0.3", "0.1")
    session = Session()
    desk = RunDesk(session)
    desk.scan()
    desk.set_filter("lr > 0.2")
    with pytest.raises(FilterError):
        desk.set_filter("lrr > 0.2")
    assert numbers(desk) == [1]
    assert session.run_filter == "lr > 0.2"
    assert desk.complete("l") == "lr"


def test_a_filter_that_fits_no_run_any_more_is_left_out() -> None:
    make_many("0.3", "0.1")
    desk = RunDesk(Session(run_filter="momentum > 0.2", run_sort="momentum"))
    desk.scan()
    assert numbers(desk) == [2, 1]


def test_a_run_that_comes_is_filtered_too() -> None:
    make_many("0.3")
    desk = RunDesk(Session(run_filter="lr > 0.2"))
    desk.scan()
    make_many("0.1", "0.4")
    desk.scan()
    assert numbers(desk) == [3, 1]


def test_the_neighbour_of_a_deleted_run_is_selected() -> None:
    folders = make_many("0.3", "0.1", "0.2")
    names = [folder.path.name for folder in folders]
    session = Session(selected_run=names[1], shown_runs=[names[1], names[2]])
    desk = RunDesk(session)
    desk.scan()
    delete(folders[1])
    desk.forget(names[1])
    assert (session.selected_run, session.shown_runs) == (names[0], [names[2]])
    delete(folders[0])
    desk.forget(names[0])
    assert session.selected_run == names[2]  # there is none below it


def test_runs_that_go_on_are_followed_though_nobody_looks_at_them() -> None:
    folders = make_many("0.1", "0.2")
    folders[0].write_state(State("running", host="elsewhere", started=1.0))
    writer = MetricsWriter(folders[0].metrics)
    writer.write(Plan(0.0, 10))
    for epoch in range(1, 6):
        writer.write(Report(epoch, epoch * 1.0, {"trn": 1.0}))
    writer.close()
    desk = RunDesk(Session(selected_run=folders[1].path.name))
    desk.scan()
    desk.read(BUDGET)
    pace = desk.listed().paces[folders[0].path.name]
    assert pace.speed == pytest.approx(1.0)
    assert pace.left == pytest.approx(5.0, abs=0.5)
    folders[0].write_state(State("finished", started=1.0, ended=2.0))
    assert desk.read(BUDGET).ended == []  # it was not begun here


def test_the_end_of_a_run_begun_here_is_told_though_it_is_not_drawn_any_more() -> None:
    desk = RunDesk(Session())
    first = make_run("running")
    first.write_state(State("running", host="elsewhere", started=1.0))
    desk.begin(first)
    for folder in make_many(*"12345"):
        desk.begin(folder)
    desk.read(BUDGET)
    first.write_state(State("failed", started=1.0, ended=2.0))
    desk.scan()
    assert [view.number for view in desk.read(BUDGET).ended] == [1]


def test_a_run_that_goes_on_from_a_checkpoint_is_read_anew() -> None:
    folder = make_run("stopped")
    desk = RunDesk(Session(shown_runs=[folder.path.name]))
    desk.scan()
    desk.read(BUDGET)
    (before,) = desk.drawn
    folder.write_state(State("running", host="elsewhere", started=1.0))
    desk.refresh(folder.path.name)
    (after,) = desk.drawn
    assert after is not before
    desk.read(BUDGET)
    assert after.last == before.last
