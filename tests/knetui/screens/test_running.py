"""How often runs are looked at."""

from collections import Counter

import pytest

from knetui.app import KnetApp
from knetui.screens.running import (
    BEAT_SECONDS,
    REST_BEAT_SECONDS,
    REST_SCAN_BEATS,
    SCAN_BEATS,
    SHOW_BEATS,
)
from knetui.screens.workbench import Workbench

COUNT = SCAN_BEATS * REST_SCAN_BEATS


async def test_while_nobody_touches_anything_the_run_gets_the_time(
    app: KnetApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: Counter[object] = Counter()
    is_farther = False
    async with app.run_test(size=(80, 24)) as pilot:
        workbench = app.screen
        assert isinstance(workbench, Workbench)
        for what in ("_show_run", "scan_runs"):
            monkeypatch.setattr(workbench, what, lambda what=what: done.update([what]))
        monkeypatch.setattr(workbench, "_read_runs", lambda: is_farther)
        monkeypatch.setattr(workbench, "set_timer", lambda seconds, _beat: done.update([seconds]))

        def beats() -> dict[object, int]:
            """What is done in so many of them."""
            workbench._beats = 0
            done.clear()
            for _ in range(COUNT):
                workbench._beat()
            return dict(done)

        scans = COUNT // REST_SCAN_BEATS
        app.meter.last_input = -float("inf")
        rests = {"_show_run": scans, "scan_runs": scans, REST_BEAT_SECONDS: COUNT}
        assert beats() == rests  # a clock that moves on by itself is not worth a frame
        is_farther = True
        assert beats() == rests | {"_show_run": COUNT}
        every = {
            "_show_run": COUNT // SHOW_BEATS,
            "scan_runs": COUNT // SCAN_BEATS,
            BEAT_SECONDS: COUNT,
        }
        await pilot.press("down")
        assert beats() == every
        app.meter.last_input = -float("inf")
        await pilot.click("StatusLine")
        assert beats() == every
