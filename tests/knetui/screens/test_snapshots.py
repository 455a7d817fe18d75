"""What the workbench looks like; open the SVGs in snapshots/ to see it."""

from collections.abc import Callable

import msgspec
import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from knetengine.training.control import Sampling, Watch
from knetengine.training.folder import RunFolder
from knetengine.training.metrics import Event
from knetengine.training.samples import Done, Piece, Text
from knetui.app import KnetApp
from knetui.run_view import RunView
from knetui.screens.branch import Branch
from knetui.screens.numbers import Numbers
from knetui.themes import OWN_THEMES

MakeRun = Callable[..., RunFolder]
SIZES = [(120, 40), (80, 24), (40, 10)]


@pytest.mark.parametrize(("columns", "rows"), SIZES)
async def test_the_first_start(app: KnetApp, snapshot, columns: int, rows: int) -> None:
    async with app.run_test(size=(columns, rows)) as pilot:
        await snapshot(pilot, f"first-start-{columns}x{rows}")


@pytest.mark.parametrize("theme", [theme.name for theme in OWN_THEMES])
async def test_two_runs_compared(app: KnetApp, snapshot, make_run: MakeRun, theme: str) -> None:
    folders = [make_run("--seed 1 --lr 0.1", 0.7), make_run("--seed 1 --lr 0.03", 0.88)]
    app.session.shown_runs = [folder.path.name for folder in folders]
    app.session.selected_run = folders[1].path.name
    app.session.options = "--seed 1 --lr 0.03"
    app.theme = theme
    async with app.run_test(size=(120, 40)) as pilot:
        await snapshot(pilot, f"two-runs-{theme}")


@pytest.mark.parametrize("pane", range(2, 7))
async def test_each_pane_in_a_small_terminal(
    app: KnetApp, snapshot, make_run: MakeRun, pane: int
) -> None:
    folder = make_run()
    app.session.shown_runs = [folder.path.name]
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("ctrl+o", str(pane))
        await snapshot(pilot, f"pane-{pane}-80x24")


async def test_a_logarithmic_axis(app: KnetApp, snapshot, make_run: MakeRun) -> None:
    folder = make_run()
    app.session.shown_runs = [folder.path.name]
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("ctrl+o", "3", "l", "f9")
        await snapshot(pilot, "curves-logarithmic-zoomed")


async def test_the_help(app: KnetApp, snapshot) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("f1")
        await pilot.pause(0.5)
        await snapshot(pilot, "help")


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize(("columns", "rows"), SIZES)
async def test_the_welcome(
    app: KnetApp, snapshot, make_run: MakeRun, columns: int, rows: int, theme: str
) -> None:
    make_run()
    app.theme = theme
    async with app.run_test(size=(columns, rows)) as pilot:
        await pilot.press("ctrl+n")
        await pilot.pause(0.5)
        await snapshot(pilot, f"welcome-{columns}x{rows}-{theme}")


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize(("columns", "rows"), SIZES)
async def test_numbers_are_changed(
    app: KnetApp, snapshot, make_run: MakeRun, columns: int, rows: int, theme: str
) -> None:
    folder = make_run()
    folder.live.write_bytes(msgspec.json.encode({"lr": 0.1, "optimiser.beta1": 0.9, "decay": 0.5}))
    app.theme = theme
    async with app.run_test(size=(columns, rows)) as pilot:
        watch = Watch(spike=3.0)
        await app.push_screen(Numbers(RunView(folder), lambda *_: None, watch, lambda _: None))
        await snapshot(pilot, f"numbers-{columns}x{rows}-{theme}")


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize(("columns", "rows"), SIZES)
async def test_a_branch_is_begun(
    app: KnetApp, snapshot, make_run: MakeRun, columns: int, rows: int, theme: str
) -> None:
    names = [f"{step:09}.safetensors" for step in (100, 200, 300)]
    folder = make_run(events=[Event(12.0 * i, "checkpoint", name) for i, name in enumerate(names)])
    folder.live.write_bytes(msgspec.json.encode({"lr": 0.1}))
    view = RunView(folder)
    view.read(1 << 20)
    app.theme = theme
    async with app.run_test(size=(columns, rows)) as pilot:
        await app.push_screen(Branch(view, names, can_take_text=True))
        await snapshot(pilot, f"branch-{columns}x{rows}-{theme}")


def with_samples(folder: RunFolder) -> None:
    """Two pieces, of which the later one spells better."""
    pieces = [("Tho kigg the\nan the ", 0.2), ("The king and\nthe crown, and ", 0.7)]
    with folder.samples.open("wb") as file:
        for number, (text, chance) in enumerate(pieces, 1):
            chances = [min(1.0, chance + 0.3 * (i % 3 - 1)) for i in range(len(text))]
            units = [(i % 9 - 4) / 4 for i in range(len(text))]
            for line in (
                Piece(number, 10.0 * number, number, 400 * number, Sampling(prompt="Th")),
                Text(text, [0.0, 0.0, *chances[2:]], units),
                Done(0.1, "", 256),
            ):
                file.write(msgspec.json.encode(line) + b"\n")


async def zoom_samples(pilot: Pilot[None]) -> None:
    """Show the pane of samples alone."""
    await pilot.pause(0.5)
    await pilot.press("ctrl+o", "7", "f9")


@pytest.mark.parametrize("theme", [theme.name for theme in OWN_THEMES])
async def test_the_samples(app: KnetApp, snapshot, make_run: MakeRun, theme: str) -> None:
    folder = make_run()
    with_samples(folder)
    app.session.shown_runs = [folder.path.name]
    app.theme = theme
    async with app.run_test(size=(120, 40)) as pilot:
        await zoom_samples(pilot)
        await snapshot(pilot, f"samples-120x40-{theme}")


@pytest.mark.parametrize("colours", ["chance", "unit"])
@pytest.mark.parametrize(("columns", "rows"), SIZES[1:])
async def test_the_samples_in_a_small_terminal(
    app: KnetApp, snapshot, make_run: MakeRun, columns: int, rows: int, colours: str
) -> None:
    folder = make_run()
    with_samples(folder)
    app.session.shown_runs = [folder.path.name]
    async with app.run_test(size=(columns, rows)) as pilot:
        await zoom_samples(pilot)
        if colours == "unit":
            await pilot.press("c", "left")
        await snapshot(pilot, f"samples-{columns}x{rows}-{colours}")


async def test_where_to_go(app: KnetApp, snapshot) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("ctrl+o")
        await snapshot(pilot, "go-to")


async def test_text_that_is_not_python(app: KnetApp, snapshot) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("ctrl+end", *"def broken(:", "ctrl+home")
        await pilot.pause(0.5)
        await snapshot(pilot, "syntax-error")


async def test_options_are_edited_below_the_text(app: KnetApp, snapshot) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("f3", *"--lr 0.03")
        assert app.screen.query_one("#editor").query_one(Input).value == "--lr 0.03"
        await snapshot(pilot, "options")
