"""Snapshots: the frame as text is compared, the SVG is for looking at.

`pytest --update-snapshots` (in tests/conftest.py) writes both into snapshots/.
"""

import re
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import pytest
from textual.pilot import Pilot

from knetengine.training.folder import Failure, RunFolder, State, create_run
from knetengine.training.metrics import Event, Memory, MetricsWriter, Plan, Report
from knetui.app import KnetApp
from knetui.screens.workbench import Workbench
from knetui.widgets import memory, status

SNAPSHOTS = Path(__file__).parents[3] / "snapshots"
Snapshot = Callable[[Pilot[None], str], Awaitable[None]]


@pytest.fixture
def snapshot(request: pytest.FixtureRequest) -> Snapshot:
    """Compare the screen with snapshots/NAME.txt and, its colours too, NAME.svg; or write them."""

    async def compare(pilot: Pilot[None], name: str) -> None:
        await settle(pilot)
        strips = pilot.app.screen._compositor.render_strips()
        frame = "\n".join(strip.text.rstrip() for strip in strips) + "\n"
        picture = without_fonts(pilot.app.export_screenshot(title="knet-tui", simplify=True))
        path = SNAPSHOTS / f"{name}.txt"
        if request.config.getoption("--update-snapshots"):
            path.write_text(frame, encoding="utf-8")
            path.with_suffix(".svg").write_text(picture, encoding="utf-8")
        assert path.exists(), f"{path.name} is not there; pytest --update-snapshots makes it"
        assert frame == path.read_text(encoding="utf-8")
        same = picture == path.with_suffix(".svg").read_text(encoding="utf-8")
        assert same, f"{path.stem}.svg has other colours: pytest --update-snapshots, and look at it"

    return compare


def without_fonts(svg: str) -> str:
    """The picture without addresses of fonts, and without its random name."""
    svg = re.sub(r"@font-face \{.*?\}", "", svg, flags=re.S)
    return re.sub(r"terminal-\d+", "terminal", svg)


async def settle(pilot: Pilot[None]) -> None:
    """Let the workbench read its files and draw."""
    workbench = pilot.app.screen
    if isinstance(workbench, Workbench):
        await pilot.pause(0.5)
    await pilot.pause()


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
