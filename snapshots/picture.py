"""Make the README's picture: two real runs of the housing model, seen in the workbench.

python snapshots/picture.py        writes snapshots/workbench.svg
"""

import asyncio
import os
import re
import tempfile
from pathlib import Path

HERE = Path(__file__).parent


async def main() -> None:
    """Train twice, try a gradient, take the picture."""
    from knetui.app import KnetApp
    from knetui.screens.workbench import Workbench

    app = KnetApp()
    async with app.run_test(size=(120, 40)) as pilot:
        workbench = app.screen
        assert isinstance(workbench, Workbench)
        for options in ("--seed 1 --test 0.21 --lr 0.1", "--seed 1 --test 0.21 --lr 0.03"):
            workbench.editor.set_options(options)
            await pilot.press("f5")
            await pilot.pause(1.5)
        await pilot.press("ctrl+o", "2")
        for line in ("grad(lambda x: x**3)(2.0)", "w = [np.zeros((13, 1)), np.zeros(1)]"):
            await pilot.press(*line, "enter")
            await pilot.pause(0.5)
        for line in ("x, y = data.housing()", "lossgradient(w, x, y)[1]"):
            await pilot.press(*line, "enter")
            await pilot.pause(0.5)
        await pilot.pause(1.0)
        app.clear_notifications()
        await pilot.pause(0.2)
        svg = app.export_screenshot(title="knet-tui", simplify=True)
    svg = re.sub(r"@font-face \{.*?\}", "", svg, flags=re.S)  # no fonts from elsewhere
    (HERE / "workbench.svg").write_text(svg, encoding="utf-8")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as home:
        os.environ["KNET_HOME"] = home
        (Path(home) / "session-1.json").write_text("{}")  # not the first start: no welcome
        asyncio.run(main())
