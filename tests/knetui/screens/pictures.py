"""Pictures of the screen: the text and the colours are compared, the SVG is for looking at.

`pytest --update-snapshots` (in tests/conftest.py) writes both into snapshots/, a folder a state.
"""

import re
import time
from collections.abc import Sequence
from pathlib import Path

from textual.app import App
from textual.pilot import Pilot

from knetui.screens.workbench import Workbench
from knetui.themes import OWN_THEMES
from knetui.widgets.curves import CurvesPane

SNAPSHOTS = Path(__file__).parents[3] / "snapshots"
SIZES = ((120, 40), (80, 24), (40, 10))
THEMES = ("dark", "light")
PATIENCE_SECONDS = 5.0  # Textual takes itself to be idle when others have the processor
UPDATE_SECONDS = 0.5  # for the same reason, before it is the picture to compare with
OTHER_THEMES = [theme.name for theme in OWN_THEMES if theme.name not in THEMES]


class Snapshots:
    """Compares the screen with its pictures in snapshots/NAME/, or writes them."""

    def __init__(self, *, update: bool) -> None:
        self._update = update

    async def __call__(
        self,
        pilot: Pilot[None],
        name: str,
        sizes: Sequence[tuple[int, int]] = SIZES,
        *,
        all_themes: bool = False,
    ) -> None:
        """In each of the sizes and two themes; if asked for, the first size in the others, too."""
        looks = [(size, theme) for theme in THEMES for size in sizes]
        if all_themes:
            looks += [(sizes[0], theme) for theme in OTHER_THEMES]
        wrong: list[str] = []
        for (columns, rows), theme in looks:
            pilot.app.theme = theme
            await pilot.resize_terminal(columns, rows)
            await settle(pilot)
            path = SNAPSHOTS / name / f"{columns}x{rows}-{theme}"
            if self._update:
                await pilot.pause(UPDATE_SECONDS)
                write(pilot.app, path)
            deadline = time.monotonic() + PATIENCE_SECONDS
            while (found := differences(pilot.app, path)) and time.monotonic() < deadline:
                await pilot.pause(0.05)
            wrong += found
        assert not wrong, "\n".join([*wrong, "pytest --update-snapshots writes them; look at them"])


def write(app: App[None], path: Path) -> None:
    """Keep what is seen, as text and as a picture."""
    path.parent.mkdir(exist_ok=True)
    path.with_suffix(".txt").write_text(frame(app), encoding="utf-8")
    path.with_suffix(".svg").write_text(picture(app), encoding="utf-8")


def differences(app: App[None], path: Path) -> list[str]:
    """What is wrong with a snapshot: that it is not there, or of which kind it is another."""
    if not path.with_suffix(".txt").exists():
        return [f"{path.parent.name}/{path.name} is not there"]
    if frame(app) != path.with_suffix(".txt").read_text(encoding="utf-8"):
        return [f"{path.parent.name}/{path.name}.txt is another:\n{frame(app)}"]
    if picture(app) != path.with_suffix(".svg").read_text(encoding="utf-8"):
        return [f"{path.parent.name}/{path.name}.svg has other colours"]
    return []


def frame(app: App[None]) -> str:
    """The screen as text."""
    strips = app.screen._compositor.render_strips()
    return "\n".join(strip.text.rstrip() for strip in strips) + "\n"


def picture(app: App[None]) -> str:
    """The screen as SVG, without addresses of fonts, and without its random name."""
    svg = app.export_screenshot(title="knet-tui", simplify=True)
    svg = re.sub(r"@font-face \{.*?\}", "", svg, flags=re.S)
    return re.sub(r"terminal-\d+", "terminal", svg)


async def settle(pilot: Pilot[None]) -> None:
    """Have the workbench read its files and draw now: no beat of its own is waited for."""
    await pilot.pause()
    for screen in pilot.app.screen_stack:
        if isinstance(screen, Workbench):
            screen.scan_runs()
            screen._read_runs()
            screen._show_run()
            screen.query_one(CurvesPane).redraw_soon()
    await pilot.pause()
