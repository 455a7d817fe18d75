"""The memory screen: what it shows of a picture and a trace, and what its keys ask of the run."""

import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from knetengine.gpu.memory import Level, Piece, PoolStats, Segment
from knetengine.training.control import Looking, change, read_control
from knetengine.training.folder import RunFolder
from knetengine.training.memory_pictures import Holding, Picture, PoolPicture, Tracing
from knetengine.training.memory_traces import Trace
from knetengine.training.metrics import Memory, PoolFigures
from knetui.app import KnetApp
from knetui.screens.help import Help
from knetui.screens.memory import MemoryScreen
from knetui.screens.workbench import Workbench
from knetui.widgets.memory import MemoryFigures, MemoryPane, pool_bar
from knetui.widgets.section import Section, SectionBar
from tests.knetui.screens.pictures import SIZES, Snapshots
from tests.knetui.waiting import until

MIB = 1 << 20
MakeRun = Callable[..., RunFolder]


def stats(device: str = "cpu", **other: object) -> PoolStats:
    fields = {
        "device": device,
        "policy": "default",
        "requested": Level(15 * MIB, 17 * MIB),
        "rounded": Level(15 * MIB + 4096, 17 * MIB + 4096),
        "active": Level(15 * MIB + 4096, 17 * MIB + 4096),
        "reserved": Level(26 * MIB, 28 * MIB),
        "inactive_split": Level(7 * MIB - 4096, 9 * MIB),
        "limit": None,
        "soft_limit": None,
        "free": 11 * MIB - 4096,
        "largest_free": 4 * MIB,
        "fragmentation": 0.63,
        "blocks": 14,
        "segments": 4,
        "hits": 12_345,
        "misses": 40,
        "driver_allocations": 5,
        "driver_releases": 1,
        "retries": 2,
        "out_of_memory": 0,
        "collections": 1,
        "collected_bytes": 3 * MIB,
        "histogram": {512: 9000, 4096: 2300, 1 << 20: 1000, 1 << 23: 85},
    }
    return PoolStats(**(fields | other))  # type: ignore[arg-type]


def segment(*pieces: tuple[float, str]) -> Segment:
    return Segment(0, tuple(Piece(int(n * MIB), state) for n, state in pieces))


SEGMENTS = [
    segment((8, "used"), (1, "free"), (2, "used"), (1, "used"), (4, "free")),
    segment((2, "used"), (0.25, "used"), (1.75, "free")),
    segment((0.5, "used"), (0.25, "free"), (0.25, "used"), (1, "used")),
    segment((4, "free")),
]
HOLDERS = [
    Holding(8 * MIB, 1, 8 * MIB),
    Holding(4 * MIB, 3, 2 * MIB, "/m/lenet.py", 31, "predict", "x = nn.relu(nn.conv4(w, x) + b)"),
    Holding(3 * MIB, 9, MIB, "/m/lenet.py", 40, "loss", "return nn.nll(predict(w, x), [bold]y)"),
]


def show(folder: RunFolder, *pools: PoolPicture, **other: object) -> None:
    """Write a picture as a run would."""
    found = list(pools) or [PoolPicture(stats(), SEGMENTS, HOLDERS)]
    fields = {"in_gradient": True, "lines": True, **other}
    picture = Picture(
        time.time(),
        1204,
        96 * MIB,
        99 * MIB,
        20 << 30,
        24 << 30,
        found,
        **fields,  # type: ignore[arg-type]
    )
    folder.memory.write_bytes(msgspec.json.encode(picture))


def record(folder: RunFolder, device: str = "cpu") -> None:
    """Write a trace: 4 MiB of weights; in each step 2, 4 and 8 MiB more."""
    events = [[1, 4 * MIB, 0, -1]]
    marks = [(1, 100)]
    for step in range(3):
        block = 10 * (step + 1)
        events += [[block, MIB << step, 0, 0], [block + 1, MIB << step, 0, 1]]
        events += [[block], [block + 1]]
        marks.append((len(events), 101 + step))
    places = [
        ("/m/lenet.py", 31, "predict", "x = nn.relu(nn.conv4(w, x) + b)"),
        ("/m/lenet.py", 40, "loss", "return nn.nll(predict(w, x), [bold]y)"),
    ]
    trace = Trace(device, "default", None, 1, marks, places, events)
    folder.memory_trace.write_bytes(msgspec.json.encode([trace]))


def section(app: KnetApp, id: str) -> str:
    """What stands in a section."""
    found = app.screen.query_one(f"#{id}", Section)
    return str(found.query_one(".text").render())


async def open_screen(app: KnetApp, pilot: Pilot[None]) -> MemoryScreen:
    """Open it as a user does, and let it read."""
    await pilot.pause(0.3)
    await pilot.press("ctrl+o", "6", "enter")
    await pilot.pause(0.7)
    assert isinstance(app.screen, MemoryScreen)
    return app.screen


@pytest.fixture
def finished(app: KnetApp, make_run: MakeRun) -> RunFolder:
    folder = make_run()
    app.session.shown_runs = [folder.path.name]
    app.session.selected_run = folder.path.name
    return folder


@pytest.fixture
def running(app: KnetApp, make_run: MakeRun) -> RunFolder:
    folder = make_run(state="running")  # on another machine: its lock is not asked for
    app.session.shown_runs = [folder.path.name]
    app.session.selected_run = folder.path.name
    return folder


# what it looks like


async def test_the_whole_screen(app: KnetApp, finished: RunFolder, snapshots: Snapshots) -> None:
    show(finished)
    record(finished)
    async with app.run_test(size=(120, 40)) as pilot:
        await open_screen(app, pilot)
        await pilot.press("w", *"10 MiB", "enter")
        await until(pilot, lambda: "pytorch-like" in section(app, "what-if"))
        await snapshots(pilot, "memory", all_themes=True)


@pytest.mark.parametrize("letter", ["m", "f", "s", "h", "w"])
async def test_each_section_where_there_is_room_for_one(
    app: KnetApp, finished: RunFolder, snapshots: Snapshots, letter: str
) -> None:
    show(finished)
    async with app.run_test(size=(80, 24)) as pilot:
        await open_screen(app, pilot)
        await pilot.press(letter)
        await snapshots(pilot, f"memory-{letter}", SIZES[1:])


async def test_a_run_that_nobody_looked_at(
    app: KnetApp, finished: RunFolder, snapshots: Snapshots
) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await open_screen(app, pilot)
        await snapshots(pilot, "memory-never-seen")


# what it shows


async def test_a_run_of_numpy_arrays_has_no_pool_and_is_told_how_to_have_one(
    app: KnetApp, running: RunFolder
) -> None:
    picture = Picture(time.time(), 5, 96 * MIB, 99 * MIB, 20 << 30, 24 << 30, [])
    running.memory.write_bytes(msgspec.json.encode(picture))
    async with app.run_test(size=(120, 40)) as pilot:
        await open_screen(app, pilot)
        assert "--atype KnetArray" in section(app, "map")
        assert "96.0 MiB" in section(app, "figures")  # of the process


async def test_the_map_moves_with_each_picture(app: KnetApp, running: RunFolder) -> None:
    show(running)
    async with app.run_test(size=(120, 40)) as pilot:
        await open_screen(app, pilot)
        before = section(app, "map")
        assert "▒" in before
        assert "░" in before
        show(running, PoolPicture(stats(), [segment((16, "used"))], []))
        await until(pilot, lambda: section(app, "map") != before)
        assert "▒" not in section(app, "map")


async def test_the_pools_of_several_devices_are_gone_through(
    app: KnetApp, running: RunFolder
) -> None:
    gpu = PoolPicture(stats("cuda:0"), SEGMENTS, HOLDERS, 3 << 30, 8 << 30)
    show(running, PoolPicture(stats(), SEGMENTS, HOLDERS), gpu)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await open_screen(app, pilot)
        assert "3.00 GiB" not in section(app, "figures")
        await pilot.press("d")
        await pilot.pause()
        assert "3.00 GiB  free of 8.00 GiB" in section(app, "figures")
        assert "map of cuda:0" in str(screen.section("map").border_title)


async def test_text_of_a_program_is_no_markup(app: KnetApp, running: RunFolder) -> None:
    show(running)
    async with app.run_test(size=(120, 40)) as pilot:
        await open_screen(app, pilot)
        assert "lenet.py:40 loss: return nn.nll(predict(w, x), [bold]y)" in section(app, "holders")


async def test_the_explanation_and_the_keys_are_in_the_help(
    app: KnetApp, running: RunFolder
) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await open_screen(app, pilot)
        await pilot.press("f1")
        await pilot.pause(0.3)
        assert isinstance(app.screen, Help)
        await pilot.press("escape", "escape")
        await pilot.pause()
        assert isinstance(app.screen, Workbench)


# what it asks of the run


async def test_the_run_is_told_that_somebody_looks_as_long_as_one_does(
    app: KnetApp, running: RunFolder
) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await open_screen(app, pilot)
        await until(pilot, lambda: read_control(running.control).looking.looks >= 2)
        await pilot.press("escape")
        await pilot.pause(0.3)
        looks = read_control(running.control).looking.looks
        await pilot.pause(2.5)
        assert read_control(running.control).looking.looks == looks


async def test_keys_ask_for_lines_steps_and_pauses(app: KnetApp, running: RunFolder) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await open_screen(app, pilot)
        await pilot.press("l")
        await until(pilot, lambda: read_control(running.control).looking.lines)
        await pilot.press("l")
        await until(pilot, lambda: not read_control(running.control).looking.lines)
        await pilot.press("f6")
        assert read_control(running.control).wanted == "pause"
        await pilot.press("f7")
        assert read_control(running.control).steps == 1


async def test_a_limit_without_a_trace_asks_for_one_first(app: KnetApp, running: RunFolder) -> None:
    change(running.control, looking=Looking(traces=4))
    show(running)
    async with app.run_test(size=(120, 40)) as pilot:
        await open_screen(app, pilot)
        await pilot.press("w", *"64 MiB", "enter")
        await until(pilot, lambda: read_control(running.control).looking.traces == 5)
        await until(pilot, lambda: "recording a trace: 0 of 20" in section(app, "what-if"))
        show(running, tracing=Tracing(5, 100, 107, 20, 99))
        await until(pilot, lambda: "recording a trace: 7 of 20" in section(app, "what-if"))
        record(running)
        show(running, tracing=Tracing(5, 100, 120, 20, 300, is_done=True))
        await until(pilot, lambda: "pytorch-like" in section(app, "what-if"))
        assert "under 64.0 MiB: steps 101 to 103 need 12.0 MiB" in section(app, "what-if")
        assert "runs out" not in section(app, "what-if")


async def test_a_limit_that_is_too_small_shows_when_and_who(
    app: KnetApp, finished: RunFolder
) -> None:
    show(finished)
    record(finished)
    async with app.run_test(size=(120, 40)) as pilot:
        await open_screen(app, pilot)
        await pilot.press("w", *"10 MiB", "enter")
        await until(pilot, lambda: "pytorch-like" in section(app, "what-if"))
        text = section(app, "what-if")
        assert "runs out in step 103" in text
        assert "lenet.py:31 predict" in text
        await pilot.press("escape")
        assert isinstance(app.screen, MemoryScreen)  # the line of the limit is left first
        await pilot.press("escape")
        await pilot.pause()
        assert isinstance(app.screen, Workbench)


async def test_letters_are_text_in_the_line_of_the_limit(app: KnetApp, running: RunFolder) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await open_screen(app, pilot)
        await pilot.press(*"wmfshwltd")
        assert app.screen.query_one(Input).value == "mfshwltd"
        assert list(screen.seen()) == ["what-if"]
        assert not read_control(running.control).looking.lines
        await pilot.press("tab", "h")
        await pilot.pause()
        assert list(screen.seen()) == ["holders"]


async def test_what_is_no_limit_is_said_to_be_none(app: KnetApp, running: RunFolder) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await open_screen(app, pilot)
        await pilot.press("w", *"much", "enter")
        await pilot.pause()
        assert "'much' is no size; write one like 64 MiB" in section(app, "what-if")
        assert app.screen.query_one(Input).value == "much"


async def test_a_trace_that_could_not_be_recorded_says_why(
    app: KnetApp, running: RunFolder
) -> None:
    tracing = Tracing(1, is_done=True, problem="a trace of this pool is being recorded")
    show(running, tracing=tracing)
    async with app.run_test(size=(120, 40)) as pilot:
        await open_screen(app, pilot)
        await until(pilot, lambda: "is being recorded" in section(app, "what-if"))


async def test_the_palette_offers_what_the_screen_can_do(app: KnetApp, running: RunFolder) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await open_screen(app, pilot)
        titles = [command.title for command in app.get_system_commands(screen)]
        assert {"What if", "Lines", "Trace"} <= set(titles)
        at_home = [command.title for command in app.get_system_commands(app.screen_stack[1])]
        assert "memory: Pool" in at_home
        assert not any("What if" in title for title in at_home)


async def test_without_a_run_there_is_nothing_to_open(app: KnetApp, home: Path) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause(0.3)
        await pilot.press("ctrl+o", "6", "enter")
        await pilot.pause(0.3)
        assert isinstance(app.screen, Workbench)


# the pane, and the mouse


async def test_the_pane_shows_a_bar_of_what_is_reserved(
    app: KnetApp, make_run: MakeRun, home: Path
) -> None:
    pool = PoolFigures("cpu", 10 * MIB, 15 * MIB, 20 * MIB, 20 * MIB, 0.25, 0.99)
    assert pool_bar(pool, 20) == "█" * 10 + "░" * 5 + "╎" + "░" * 4
    assert pool_bar(msgspec.structs.replace(pool, used_bytes=0), 4) == "░░░╎"
    folder = make_run()
    with folder.metrics.open("ab") as file:
        memory = Memory(92.0, 44 * MIB, 45 * MIB, 7, 16_300, 112, (pool,))
        file.write(msgspec.json.encode(memory) + b"\n")
    app.session.selected_run = folder.path.name
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("ctrl+o", "6")
        await pilot.pause(0.7)
        pane = app.screen.query_one(MemoryPane)
        assert pool_bar(pool) in str(pane.query_one(MemoryFigures).render())
        assert "Enter" in str(pane.border_subtitle)


async def test_two_clicks_on_the_pane_open_the_screen(app: KnetApp, running: RunFolder) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause(0.5)
        await pilot.click(MemoryFigures, times=2)
        await pilot.pause(0.5)
        assert isinstance(app.screen, MemoryScreen)


async def test_a_click_goes_to_a_section(app: KnetApp, running: RunFolder) -> None:
    show(running)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await open_screen(app, pilot)
        assert list(screen.seen()) == ["map"]
        place = "m map  f figures  s sizes  h holders".index("h holders") + 3
        await pilot.click(SectionBar, offset=(place, 0))
        await pilot.pause(0.3)
        assert list(screen.seen()) == ["holders"]
        assert app.focused is screen.section("holders")
        await pilot.press("tab")
        await pilot.pause(0.3)
        assert list(screen.seen()) == ["what-if"]
        await pilot.press("shift+tab")
        await pilot.pause(0.3)
        assert list(screen.seen()) == ["holders"]


async def test_a_terminal_that_grows_shows_all_sections(app: KnetApp, running: RunFolder) -> None:
    show(running)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await open_screen(app, pilot)
        await pilot.resize_terminal(120, 40)
        await pilot.pause(0.5)
        assert len(list(screen.seen())) == 5
        assert "lenet.py:31" in section(app, "holders")
