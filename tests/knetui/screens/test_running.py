"""How often runs are looked at."""

from knetui.app import KnetApp
from knetui.screens.running import REST_TURNS
from knetui.screens.workbench import Workbench


async def test_while_nobody_presses_a_key_the_run_gets_the_time(app: KnetApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        workbench = app.screen
        assert isinstance(workbench, Workbench)
        app.meter.last_input = -float("inf")
        turns = [workbench._is_turn("read") for _ in range(3 * REST_TURNS)]
        assert sum(turns) == 3
        await pilot.press("down")
        assert all(workbench._is_turn("read") for _ in range(3 * REST_TURNS))
        app.meter.last_input = -float("inf")
        await pilot.click("StatusLine")
        assert all(workbench._is_turn("read") for _ in range(3 * REST_TURNS))
