"""How often runs are looked at, and what of them is told."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from knetengine.training.metrics import Event, MetricsWriter
from knetui.app import KnetApp
from knetui.screens.running import (
    BEAT_SECONDS,
    REST_BEAT_SECONDS,
    REST_SCAN_BEATS,
    SCAN_BEATS,
    SHOW_BEATS,
)
from knetui.screens.workbench import Workbench

MakeRun = Callable[..., Any]
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


async def test_what_happened_before_is_not_told_again(app: KnetApp, make_run: MakeRun) -> None:
    folder = make_run(state="failed", events=[Event(12.0, "swapped", "1: loss")])
    app.session.shown_runs = [folder.path.name]
    app.session.selected_run = folder.path.name
    async with app.run_test(size=(80, 24)) as pilot:
        workbench = app.screen
        assert isinstance(workbench, Workbench)
        for _ in range(3):
            workbench._read_runs()
        await pilot.pause()
        assert workbench._desk.drawn[0].events
        assert not list(app._notifications)
        writer = MetricsWriter(folder.metrics)
        writer.write(Event(14.0, "swapped", "2: predict"))
        writer.close()
        workbench._read_runs()
        await pilot.pause()
        assert [told.message for told in app._notifications] == ["new code: predict"]
