"""How often runs are looked at."""

import pytest

from knetui.app import KnetApp
from knetui.screens.running import REST_BEATS, SHOW_BEATS
from knetui.screens.workbench import Workbench


async def test_while_nobody_touches_anything_the_run_gets_the_time(
    app: KnetApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    async with app.run_test(size=(80, 24)) as pilot:
        workbench = app.screen
        assert isinstance(workbench, Workbench)
        monkeypatch.setattr(workbench, "_read_runs", lambda: done.append("read"))
        monkeypatch.setattr(workbench, "_show_run", lambda: done.append("show"))

        def beats(count: int) -> list[str]:
            """What is done in so many beats, the timer's own left out."""
            workbench._beats, done[:] = 0, []
            for _ in range(count):
                workbench._beat()
            return sorted(done)

        app.meter.last_input = -float("inf")
        assert beats(2 * REST_BEATS) == ["read", "read", "show", "show"]
        every = ["read"] * 2 * REST_BEATS + ["show"] * (2 * REST_BEATS // SHOW_BEATS)
        await pilot.press("down")
        assert beats(2 * REST_BEATS) == every
        app.meter.last_input = -float("inf")
        await pilot.click("StatusLine")
        assert beats(2 * REST_BEATS) == every
