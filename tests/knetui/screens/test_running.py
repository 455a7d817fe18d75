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


async def test_while_nobody_touches_anything_the_run_gets_the_time(
    app: KnetApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: Counter[object] = Counter()
    async with app.run_test(size=(80, 24)) as pilot:
        workbench = app.screen
        assert isinstance(workbench, Workbench)
        for what in ("_read_runs", "_show_run", "scan_runs"):
            monkeypatch.setattr(workbench, what, lambda what=what: done.update([what]))
        monkeypatch.setattr(workbench, "set_timer", lambda seconds, _beat: done.update([seconds]))

        def beats(count: int) -> dict[object, int]:
            """What is done in so many beats."""
            workbench._beats = 0
            done.clear()
            for _ in range(count):
                workbench._beat()
            return dict(done)

        count = SCAN_BEATS * REST_SCAN_BEATS
        every = {
            "_read_runs": count,
            "_show_run": count // SHOW_BEATS,
            "scan_runs": count // SCAN_BEATS,
            BEAT_SECONDS: count,
        }
        app.meter.last_input = -float("inf")
        assert beats(count) == {
            "_read_runs": count,
            "_show_run": count,
            "scan_runs": count // REST_SCAN_BEATS,
            REST_BEAT_SECONDS: count,
        }
        await pilot.press("down")
        assert beats(count) == every
        app.meter.last_input = -float("inf")
        await pilot.click("StatusLine")
        assert beats(count) == every
