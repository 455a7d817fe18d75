"""What the editor leaves alone on the screen is as it would be if it were painted anew."""

import random
from collections.abc import Callable
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.strip import Strip

from knetui.editing.diagnostics import Diagnostic

KEYS = (
    *("a", "=", "quotation_mark", "left_parenthesis", "number_sign", "space", "backspace"),
    *("enter", "up", "down", "left", "right", "home", "end", "ctrl+home", "ctrl+end", "tab"),
    *("shift+down", "shift+right", "ctrl+underscore", "ctrl+z", "ctrl+y", "pagedown", "pageup"),
)
TEXT = '''"""A model."""

def predict(w, x):
    words = """some
    lines"""
    return x @ w[0] + (w[1] - len(words))

''' + "".join(
    f"number_{n} = {n}  # of many, in a line that is wider than the screen\n" for n in range(40)
)


def painted(pilot: Pilot[None]) -> list[Strip]:
    """What the terminal shows, as far as Textual has painted it."""
    return pilot.app.screen._compositor.render_strips()


@pytest.mark.parametrize("seed", range(6))
async def test_it_is_what_it_would_be_if_it_were_painted_anew(
    edit: Callable[[str], Any],
    seed: int,
) -> None:
    generator = random.Random(seed)
    app = edit(f"|{TEXT}")
    async with app.run_test(size=(50, 16)) as pilot:
        area = app.editor.area
        for _ in range(60):
            await pilot.press(generator.choice(KEYS))
            if generator.random() < 0.1:
                row = generator.randrange(area.document.line_count)
                area.marks.set_mistakes([Diagnostic(row, 0, "error", "wrong")], row + 1)
                area.redraw_lines()
            if generator.random() < 0.1:
                area.theme = generator.choice(("css", "github_light", "monokai"))
            await pilot.pause()
            shown = painted(pilot)
            area._line_cache.clear()
            area._styles_cache.clear()
            assert [list(strip) for strip in shown] == [list(strip) for strip in painted(pilot)]


async def test_a_key_paints_its_row_alone(
    edit: Callable[[str], Any],
) -> None:
    app = edit(f"|{TEXT}")
    async with app.run_test(size=(50, 16)) as pilot:
        await pilot.pause()
        app.editor.area.move_cursor((1, 0))
        await pilot.press("x")
        await pilot.pause()
        regions: list[int] = []
        exchange = app.editor.area._exchange_repaint_regions

        def noted() -> object:
            found = exchange()
            regions.extend(region.y for region in found)
            return found

        app.editor.area._exchange_repaint_regions = noted  # type: ignore[method-assign]
        await pilot.press("y")
        await pilot.pause()
        assert set(regions) == {1}
        app.editor.area.insert('"""', (1, 0))  # what was text is code now, and the reverse
        await pilot.pause()
        assert len(set(regions)) > 3
