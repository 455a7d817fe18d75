"""Which runs are listed, in which order; what is known of them."""

from pathlib import Path

import pytest

from knetengine.training.folder import RunFolder, State, create_run
from knetengine.training.label import pin, rename
from knetengine.training.metrics import MetricsWriter, Report, encodable
from knetengine.training.summary import Summary, summarise
from knetui.runs import facts as run_facts
from knetui.runs.facts import RunFacts
from knetui.runs.filter import Facts, FilterError
from knetui.runs.option_form import Option
from knetui.runs.order import RunOrder, columns_for
from knetui.runs.rate import Pace

MODEL = "def main(*, lr: float = 0.1, kind: str = 'lstm', epochs: int = 20): ..."


def make(options: str = "", *values: float, source: str = MODEL) -> RunFolder:
    """A run whose metric `acc` took these values."""
    folder = create_run("model", source, Path("/where/model.py"), options.split())
    writer = MetricsWriter(folder.metrics)
    for epoch, value in enumerate(values, 1):
        writer.write(Report(epoch, epoch * 1.0, encodable({"acc": value})))
    writer.close()
    folder.write_state(State("finished", started=1.0, ended=2.0))
    return folder


class Desk:
    """Runs, and an order over them, with all facts read."""

    def __init__(self, *folders: RunFolder) -> None:
        self.folders = {folder.path.name: folder for folder in reversed(folders)}
        self.summaries: dict[str, Summary] = {n: summarise(f) for n, f in self.folders.items()}
        self.facts = RunFacts()
        self.order = RunOrder(self.facts)
        self.read()

    def read(self) -> None:
        self.facts.read(self.folders, self.summaries, 10.0)
        self.order.forget()

    def listed(self, filter: str = "", sort: str = "") -> list[int]:
        self.order.set_filter(filter, self.summaries)
        self.order.set_sort(sort, self.summaries)
        self.read()
        return [self.summaries[name].number for name in self.order.listed(self.summaries)]


@pytest.fixture
def desk() -> Desk:
    return Desk(
        make("--lr 0.3", 0.5, 0.95, 0.7),
        make("", 0.91),
        make("--lr 0.01 --kind gru", 0.3, 0.99),
        make(),
        make("--lr 0.2", float("nan")),
    )


@pytest.mark.parametrize(
    ("filter", "numbers"),
    [
        ("", [5, 4, 3, 2, 1]),
        ("lr>=0.1 and acc>0.9", [2]),  # the default of lr counts, too
        ("max.acc > 0.9", [3, 2, 1]),
        ("min.acc < 0.4", [3]),
        ("last.acc < 0.8", [1]),
        ("option.kind == gru", [3]),
        ("kind != gru", [5, 4, 2, 1]),
        ("epoch >= 2", [3, 1]),
        ("status == finished and number < 3", [2, 1]),
        ("age < 1h", [5, 4, 3, 2, 1]),
    ],
)
def test_filters(desk: Desk, filter: str, numbers: list[int]) -> None:
    assert desk.listed(filter) == numbers


@pytest.mark.parametrize(
    ("sort", "numbers"),
    [
        ("", [5, 4, 3, 2, 1]),
        ("number", [1, 2, 3, 4, 5]),
        ("last.acc", [1, 2, 3, 5, 4]),  # none and NaN at the end, whichever way round
        ("-last.acc", [3, 2, 1, 5, 4]),
        ("-acc", [3, 2, 1, 5, 4]),
        ("min.acc", [3, 1, 2, 5, 4]),
        ("lr", [3, 4, 2, 5, 1]),
        ("-kind", [5, 4, 2, 1, 3]),
        ("options", [4, 2, 3, 5, 1]),
    ],
)
def test_orders(desk: Desk, sort: str, numbers: list[int]) -> None:
    assert desk.listed(sort=sort) == numbers


@pytest.mark.parametrize("sort", ["nothing", "lr > 1", "--lr", "lr and acc"])
def test_what_cannot_be_sorted_by_is_said_and_changes_nothing(desk: Desk, sort: str) -> None:
    desk.listed(sort="lr")
    with pytest.raises(FilterError):
        desk.order.set_sort(sort, desk.summaries)
    assert desk.order.sort == "lr"


def test_pinned_runs_stand_on_top_whatever_the_order() -> None:
    folders = [make() for _ in range(4)]
    pin(folders[1], True)
    rename(folders[2], "best")
    desk = Desk(*folders)
    assert desk.listed() == [2, 4, 3, 1]
    assert desk.listed(sort="number") == [2, 1, 3, 4]
    assert desk.listed("name == best") == [3]
    assert desk.listed("pinned") == [2]


def test_time_left_and_speed_can_be_asked_for(desk: Desk) -> None:
    desk.facts.paces = {name: Pace(2.0, 60.0) for name in list(desk.summaries)[:2]}
    assert desk.listed("left < 2min and speed >= 2") == [5, 4]
    desk.facts.paces = {}
    assert desk.order.listed(desk.summaries) == []


def test_a_damaged_source_leaves_the_run_without_options() -> None:
    desk = Desk(make("--lr 3", source="def main(:"), make("--lr 3"))
    assert desk.listed("lr == 3") == [2]
    assert desk.listed() == [2, 1]


def test_columns_are_those_of_the_figures() -> None:
    titles = [column.title for column in columns_for(Desk(make("", 1.0)).summaries.values())]
    assert titles[:5] == ["", "run", "status", "epoch", "acc"]
    assert [c.title for c in columns_for([])][4:6] == ["trn", "tst"]


def test_of_many_runs_each_is_read_and_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 1,000 runs the first list took 20 ms, the reading before it 90."""
    folder = make("", 0.5)
    order, asked, parsed = RunOrder(RunFacts()), list[str](), list[str]()
    of, read_options = RunFacts.of, run_facts.read_options

    def noting(facts: RunFacts, name: str, summary: Summary) -> Facts:
        asked.append(name)
        return of(facts, name, summary)

    def reading(source: str) -> list[Option]:
        parsed.append(source)
        return read_options(source)

    monkeypatch.setattr(RunFacts, "of", noting)
    monkeypatch.setattr(run_facts, "read_options", reading)
    folders = {f"0001-model-{i}": folder for i in range(100)}
    summaries = dict.fromkeys(folders, summarise(folder))
    order.facts.read(folders, summaries, 60.0)
    assert len(parsed) == 1  # they share their source
    order.set_filter("lr >= 0.1 and acc > 0.4", summaries)
    assert order.listed(summaries) == list(folders)
    assert asked == list(folders)
    order.listed(summaries)
    assert asked == list(folders)
    other = {**summaries, "0001-model-7": summarise(folder)}
    order.listed(other)
    assert asked == [*folders, "0001-model-7"]
