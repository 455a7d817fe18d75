"""What the editor looks like in its states; open the SVGs in snapshots/ to see it."""

from textual.pilot import Pilot

from knetui.app import KnetApp
from knetui.evaluator.protocol import CompleteReply
from knetui.screens.workbench import Workbench
from knetui.widgets.editor import EditorPane
from tests.knetui.screens.pictures import Snapshots
from tests.knetui.waiting import until


def editor_of(pilot: Pilot[None]) -> EditorPane:
    workbench = pilot.app.screen
    assert isinstance(workbench, Workbench)
    return workbench.editor


async def ask(_code: str, cursor: int) -> CompleteReply:
    return CompleteReply(1, ["weights", "weighted", "weigh"], cursor - 3, cursor)


async def test_find_and_replace(app: KnetApp, snapshots: Snapshots) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("ctrl+r", *"loss", "tab", *"cost", "tab", "down")
        await snapshots(pilot, "editor-find")


async def test_signs_in_the_margin(app: KnetApp, snapshots: Snapshots) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        editor = editor_of(pilot)
        editor.area.replace_text("import os\nimport numpy as np\n\nx = np.exp(wieght)\ny = x / 0\n")
        await pilot.pause()
        editor.complain("ZeroDivisionError: division by zero", 5)
        await until(pilot, lambda: len(editor.area.marks) == 3)
        await snapshots(pilot, "editor-signs")


async def test_words_are_offered(app: KnetApp, snapshots: Snapshots) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        editor = editor_of(pilot)
        await pilot.pause(0.5)
        editor.complete_by(ask)
        await pilot.press(*"x = wei")
        await until(pilot, lambda: pilot.app.screen.query("CompletionList.-open"))
        await until(pilot, lambda: len(editor.area.marks))  # it is no Python yet
        await snapshots(pilot, "editor-completion")


async def test_the_outline(app: KnetApp, snapshots: Snapshots) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("alt+d", "r")
        await snapshots(pilot, "editor-outline")
