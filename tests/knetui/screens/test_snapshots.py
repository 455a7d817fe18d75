"""What the workbench looks like; open the SVGs in snapshots/ to see it."""

from collections.abc import Callable

import msgspec
import pytest

from knetengine.training.control import Sampling, Watch
from knetengine.training.folder import Failure, RunFolder
from knetengine.training.label import pin, rename
from knetengine.training.metrics import Event
from knetengine.training.samples import Done, Piece, Text
from knetui.app import KnetApp
from knetui.runs.option_form import read_options
from knetui.runs.option_line import OptionLine
from knetui.runs.view import RunView
from knetui.screens.branch import Branch
from knetui.screens.numbers import Numbers
from knetui.screens.option_form import OptionForm
from knetui.screens.workbench import Workbench
from tests.knetui.screens.pictures import Snapshots, settle
from tests.knetui.waiting import until

MakeRun = Callable[..., RunFolder]


async def test_the_first_start(app: KnetApp, snapshots: Snapshots) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await snapshots(pilot, "first-start")


async def test_two_runs_compared(app: KnetApp, snapshots: Snapshots, make_run: MakeRun) -> None:
    folders = [make_run("--seed 1 --lr 0.1", 0.7), make_run("--seed 1 --lr 0.03", 0.88)]
    app.session.shown_runs = [folder.path.name for folder in folders]
    app.session.selected_run = folders[1].path.name
    app.session.options = "--seed 1 --lr 0.03"
    async with app.run_test(size=(120, 40)) as pilot:
        await snapshots(pilot, "two-runs", all_themes=True)


async def test_a_run_that_failed(app: KnetApp, snapshots: Snapshots, make_run: MakeRun) -> None:
    failure = Failure("ValueError", "shapes (13,) and (12,) do not match", 9, "Traceback ...")
    folder = make_run(state="failed", failure=failure)
    app.session.shown_runs = [folder.path.name]
    app.session.selected_run = folder.path.name
    async with app.run_test(size=(120, 40)) as pilot:
        await snapshots(pilot, "failed-run")


@pytest.mark.parametrize("pane", range(1, 7))
async def test_each_pane_alone(
    app: KnetApp, snapshots: Snapshots, make_run: MakeRun, pane: int
) -> None:
    folder = make_run()
    app.session.shown_runs = [folder.path.name]
    app.session.selected_run = folder.path.name
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("ctrl+o", str(pane), "f9")
        await snapshots(pilot, f"pane-{pane}")


CURVES = {
    "logarithmic": ("l", "L"),
    "zoomed": ("home", "right", "right", "up", "up", "escape"),
    "crosshair": ("n", "plus", "plus"),
    "gradients": ("g", "end", "left"),
    "metrics": ("m", "space"),
    "one-chart": ("c", "c", "x", "b"),
}


@pytest.mark.parametrize("state", CURVES)
async def test_the_curves(
    app: KnetApp, snapshots: Snapshots, write_run: MakeRun, state: str
) -> None:
    folders = [write_run(rate=0.9), write_run("lenet", rate=0.8)]
    app.session.shown_runs = [folder.path.name for folder in folders]
    app.session.selected_run = folders[1].path.name
    app.session.layout.zoomed = True
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("ctrl+o", "3")
        await settle(pilot)
        await pilot.press(*CURVES[state])
        await snapshots(pilot, f"curves-{state}")


async def test_the_crosshair_and_the_log(
    app: KnetApp, snapshots: Snapshots, write_run: MakeRun
) -> None:
    folder = write_run()
    app.session.shown_runs = [folder.path.name]
    app.session.selected_run = folder.path.name
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("ctrl+o", "3")
        await settle(pilot)
        await pilot.press("end", "left", "left")
        await snapshots(pilot, "crosshair-and-log")


async def test_the_help(app: KnetApp, snapshots: Snapshots) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("f1")
        await snapshots(pilot, "help")


async def test_the_welcome(app: KnetApp, snapshots: Snapshots, make_run: MakeRun) -> None:
    make_run()
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("ctrl+n")
        await snapshots(pilot, "welcome")


async def test_numbers_are_changed(app: KnetApp, snapshots: Snapshots, make_run: MakeRun) -> None:
    folder = make_run()
    folder.live.write_bytes(msgspec.json.encode({"lr": 0.1, "optimiser.beta1": 0.9, "decay": 0.5}))
    async with app.run_test(size=(120, 40)) as pilot:
        watch = Watch(spike=3.0)
        await app.push_screen(Numbers(RunView(folder), lambda *_: None, watch, lambda _: None))
        await snapshots(pilot, "numbers")


async def test_a_branch_is_begun(app: KnetApp, snapshots: Snapshots, make_run: MakeRun) -> None:
    names = [f"{step:09}.safetensors" for step in (100, 200, 300)]
    folder = make_run(events=[Event(12.0 * i, "checkpoint", name) for i, name in enumerate(names)])
    folder.live.write_bytes(msgspec.json.encode({"lr": 0.1}))
    view = RunView(folder)
    view.read(1 << 20)
    async with app.run_test(size=(120, 40)) as pilot:
        await app.push_screen(Branch(view, names, can_take_text=True))
        await snapshots(pilot, "branch")


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


@pytest.mark.parametrize("colours", ["chance", "unit"])
async def test_the_samples(
    app: KnetApp, snapshots: Snapshots, make_run: MakeRun, colours: str
) -> None:
    folder = make_run()
    with_samples(folder)
    app.session.shown_runs = [folder.path.name]
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        await pilot.press("ctrl+o", "7", "f9")
        if colours == "unit":
            await pilot.press("c", "left")
        await snapshots(pilot, f"samples-{colours}", all_themes=True)


FORM_MODEL = """\
from typing import Literal
def main(
    *,
    seed: int = -1,  # below 0: from the clock
    epochs: int = 20,  # how often all data is seen
    lr: float = 0.1,
    hidden: tuple[int, ...] = (64, 32),  # units of each layer
    kind: Literal["lstm", "gru"] = "lstm",
    fast: bool = False,  # no figures while it trains
    name: str = "",
): ...
"""


async def test_the_form_of_options(app: KnetApp, snapshots: Snapshots) -> None:
    line = OptionLine.of(read_options(FORM_MODEL), "--lr fast --fast --kind gru")
    checks = {"stop": ("stop run 3 model first", True)}
    async with app.run_test(size=(120, 40)) as pilot:
        await app.push_screen(OptionForm("options of model.py", line, checks))
        await pilot.press("down", "down")
        await snapshots(pilot, "form")


async def test_the_table_of_runs(app: KnetApp, snapshots: Snapshots, make_run: MakeRun) -> None:
    rates = (0.3, 0.1, 0.03, 0.01)
    folders = [make_run(f"--lr {lr} --seed 1", 0.6 + lr, source=FORM_MODEL) for lr in rates]
    make_run("--lr 0.2", 0.7, "failed", source=FORM_MODEL)
    rename(folders[1], "the good one")
    pin(folders[1], True)
    app.session.shown_runs = [folders[1].path.name, folders[2].path.name]
    app.session.run_filter = "lr<0.3 and tst<1000"
    app.session.run_sort = "-last.tst"
    app.session.selected_run = folders[2].path.name
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("ctrl+o", "5", "f9")
        await snapshots(pilot, "runs")


async def test_a_filter_that_is_none(app: KnetApp, snapshots: Snapshots, make_run: MakeRun) -> None:
    make_run()
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        await pilot.press("ctrl+o", "5", "slash", *"lrr>0.1")
        await pilot.pause(0.5)  # what is typed is tried a moment later
        await snapshots(pilot, "filter")


async def test_where_to_go(app: KnetApp, snapshots: Snapshots) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("ctrl+o")
        await snapshots(pilot, "go-to")


async def test_text_that_is_not_python(app: KnetApp, snapshots: Snapshots) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("ctrl+end", *"def broken(:", "ctrl+home")
        workbench = app.screen
        assert isinstance(workbench, Workbench)
        await until(pilot, lambda: len(workbench.editor.area.marks))  # when the typing has ended
        await snapshots(pilot, "syntax-error")


async def test_options_are_edited_below_the_text(app: KnetApp, snapshots: Snapshots) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("f3", *"--lr 0.03")
        assert isinstance(app.screen, Workbench)
        assert app.screen.editor.options == "--lr 0.03"
        await snapshots(pilot, "options")
