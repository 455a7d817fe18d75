"""Which runs are looked at and drawn, and what of them is told."""

from pathlib import Path

from knetengine.training.folder import RunFolder, State, create_run
from knetengine.training.metrics import Event, MetricsWriter, Report
from knetui.run_desk import DRAWN_RUNS, RunDesk
from knetui.session import Session

BUDGET = 1.0


def make_run(status: str = "finished", warning: str = "") -> RunFolder:
    folder = create_run("model", "", Path("/where/model.py"), [])
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


def test_the_end_of_a_run_begun_here_is_told_once_even_if_it_ended_at_once() -> None:
    desk = RunDesk(Session())
    folder = make_run("failed", warning="trn is nan from epoch 1 on")
    desk.begin(folder)
    news = desk.read(BUDGET)
    assert news.changed
    assert [view.folder.path for view in news.ended] == [folder.path]
    assert [text for _, text in news.warnings] == ["trn is nan from epoch 1 on"]
    news = desk.read(BUDGET)
    assert (news.changed, news.ended, news.warnings) == (False, [], [])


def test_the_end_of_a_run_of_yesterday_is_not_told() -> None:
    folder = make_run("failed", warning="trn is nan from epoch 1 on")
    desk = RunDesk(Session(shown_runs=[folder.path.name]))
    desk.scan()
    news = desk.read(BUDGET)
    assert news.changed
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
