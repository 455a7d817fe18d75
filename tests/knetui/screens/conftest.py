"""The workbench in a home of its own, with runs in it, on a machine that is always the same."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from knetengine.training.folder import Failure, RunFolder, State, create_run
from knetengine.training.metrics import Event, Memory, MetricsWriter, Plan, Report
from knetui.app import KnetApp
from knetui.widgets import memory, status
from tests.knetui.screens.pictures import Snapshots


@pytest.fixture
def snapshots(request: pytest.FixtureRequest) -> Snapshots:
    """Compare the screen with its pictures."""
    return Snapshots(update=request.config.getoption("--update-snapshots"))


@pytest.fixture(autouse=True)
def same_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every machine has two cores and the same memory while its picture is taken."""
    monkeypatch.setattr(status, "device_name", lambda: "cpu x2")
    monkeypatch.setattr(memory, "machine_figures", lambda: (50 << 20, 20 << 30, 24 << 30))


@pytest.fixture
def app(home: Path) -> KnetApp:
    """The workbench in a home of its own, and not for the first time: no welcome is in the way."""
    home.mkdir(exist_ok=True)
    (home / "session-1.json").write_text("{}")
    return KnetApp()


@pytest.fixture
def make_run(home: Path) -> Callable[..., RunFolder]:
    """Write the folder of a run that took 93 seconds, as a run would have written it."""

    def make(
        options: str = "--seed 1",
        rate: float = 0.7,
        state: str = "finished",
        failure: Failure | None = None,
        epochs: int = 20,
        events: Sequence[Event] = (),
        source: str = "pass\n",
    ) -> RunFolder:
        folder = create_run("housing", source, Path("housing.py"), options.split())
        writer = MetricsWriter(folder.metrics)
        writer.write(Plan(0.0, epochs))
        lines = ["Linear regression on the Boston housing data"]
        for epoch in range(0 if failure else epochs + 1):
            trn, tst = 22 + 570 * rate**epoch, 25 + 540 * rate**epoch
            writer.write(Report(epoch, epoch * 4.0, {"trn": trn, "tst": tst}))
            lines.append(f"(:epoch,{epoch},:trn,{trn!r},:tst,{tst!r})")
        for event in events:
            writer.write(event)
        writer.write(Memory(90.0, 44 << 20, 45 << 20, 7, 16_300, 112))
        writer.close()
        if failure:
            lines.append(failure.traceback)
        folder.log.write_text("\n".join(lines) + "\n")
        folder.write_state(State(state, 0, "host", 1000.0, 1093.0, failure))  # type: ignore[arg-type]
        return folder

    return make
