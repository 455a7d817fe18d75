"""Interrupts, crashes and ends of the evaluator, with a real child process."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from knetui.evaluator.client import Evaluator, EvaluatorDied
from knetui.evaluator.protocol import Done, Stream
from tests.knetui.loading import loaded

PATIENCE = 20.0
LOOPS = {
    "pass": "while True: pass",
    "print": "while True: print(1)",
    "big prints": "while True: print('x' * 5000)",
    "sleep": "import time; time.sleep(60)",
    "nested": "def f():\n    while True:\n        sum(range(1000))\nf()",
    "subprocess": "import subprocess; _ = subprocess.run(['sleep', '60'])",
    "thread": "import threading; t = threading.Event(); t.wait()",
    "repr": "class R:\n    def __repr__(self):\n        while True: pass\nR()",
    "message": "class E(Exception):\n    def __str__(self):\n        while True: pass\nraise E",
}


@pytest.mark.parametrize("code", LOOPS.values(), ids=LOOPS)
async def test_an_interrupt_stops_the_code_and_keeps_the_names(
    evaluator: Evaluator, said: Any, code: str
) -> None:
    await evaluator.execute("kept = 42")
    running = asyncio.create_task(evaluator.execute(code))
    await asyncio.sleep(0.2)
    assert evaluator.interrupt()
    async with asyncio.timeout(2):
        done = await running
    assert done.status in {"interrupted", "error"}  # an exception whose message hangs is an error
    await evaluator.execute("kept", said)
    assert said.results == ["42"]


async def test_interrupts_at_any_moment_harm_nothing(evaluator: Evaluator, said: Any) -> None:
    statuses: list[str] = []
    for i in range(200):
        running = asyncio.create_task(evaluator.execute("for i in range(3000): print(i)"))
        await asyncio.sleep(i * 2e-5)
        evaluator.interrupt()
        async with asyncio.timeout(5):
            statuses.append((await running).status)
    assert set(statuses) <= {"ok", "interrupted", "aborted"}
    assert "interrupted" in statuses
    await evaluator.execute("'alive'", said)
    assert said.results == ["'alive'"]


async def test_a_signal_while_idle_is_ignored(evaluator: Evaluator, said: Any) -> None:
    assert evaluator.pid is not None
    await evaluator.execute("1")
    for _ in range(50):
        os.kill(evaluator.pid, signal.SIGINT)
    await asyncio.sleep(0.1)  # a signal still on its way would find the next input
    assert not evaluator.interrupt()
    await evaluator.execute("2", said)
    assert (said.results, said.statuses) == (["2"], ["ok"])


async def test_an_interrupt_aborts_what_waits(evaluator: Evaluator) -> None:
    running = [
        asyncio.create_task(evaluator.execute(code)) for code in ("while True: pass", "1", "2")
    ]
    await asyncio.sleep(0.3)
    evaluator.interrupt()
    async with asyncio.timeout(2):
        statuses = [(await done).status for done in running]
    assert statuses == ["interrupted", "aborted", "aborted"]


async def test_an_interrupt_works_when_nobody_reads_the_output(evaluator: Evaluator) -> None:
    reading_on = asyncio.Event()

    async def reluctant(event: object) -> None:
        if isinstance(event, Stream):
            await reading_on.wait()

    running = asyncio.create_task(evaluator.execute("while True: print('x' * 900)", reluctant))
    await asyncio.sleep(1.0)
    assert evaluator.pid is not None
    assert psutil.Process(evaluator.pid).memory_info().rss < 300e6
    evaluator.interrupt()
    reading_on.set()
    async with asyncio.timeout(5):
        assert (await running).status == "interrupted"


async def test_code_may_take_the_interrupt_and_go_on(evaluator: Evaluator, said: Any) -> None:
    code = (
        "import time\ntry:\n    time.sleep(60)\nexcept KeyboardInterrupt:\n    print('stopped')\n"
        "time.sleep(60)"
    )
    running = asyncio.create_task(evaluator.execute(code, said))
    await asyncio.sleep(0.2)
    evaluator.interrupt()
    while said.output() != "stopped\n":
        await asyncio.sleep(0.01)
    evaluator.interrupt()
    async with asyncio.timeout(2):
        assert (await running).status == "interrupted"


async def test_code_that_takes_sigint_for_itself_loses_it_again(
    evaluator: Evaluator, said: Any
) -> None:
    await evaluator.execute("import signal; _ = signal.signal(signal.SIGINT, signal.SIG_IGN)")
    running = asyncio.create_task(evaluator.execute("while True: pass", said))
    await asyncio.sleep(0.2)
    evaluator.interrupt()
    async with asyncio.timeout(2):
        assert (await running).status == "interrupted"


SWALLOWS_INTERRUPTS = """\
while True:
    try:
        while True:
            sum(range(1000))
    except BaseException:
        pass
"""


async def test_code_that_swallows_every_interrupt_ends_with_a_restart(
    evaluator: Evaluator, said: Any
) -> None:
    code = SWALLOWS_INTERRUPTS
    running = asyncio.create_task(evaluator.execute(code))
    await asyncio.sleep(0.2)
    evaluator.interrupt()
    await asyncio.sleep(0.3)
    assert not running.done()
    old = evaluator.pid
    await asyncio.wait_for(evaluator.restart(), PATIENCE)
    with pytest.raises(EvaluatorDied, match="SIGTERM"):
        await running
    await evaluator.execute("1 + 1", said)
    assert said.results == ["2"]
    assert evaluator.pid != old


async def test_code_that_ignores_sigterm_is_killed(evaluator: Evaluator) -> None:
    code = (
        "import signal\n_ = signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + SWALLOWS_INTERRUPTS
    )
    running = asyncio.create_task(evaluator.execute(code))
    await asyncio.sleep(0.2)
    await evaluator.kill(grace=0.3)
    with pytest.raises(EvaluatorDied, match="SIGKILL"):
        await running
    assert not evaluator.alive


CRASHES = {
    "os._exit": ("import os; os._exit(7)", "exited with status 7"),
    "segfault": ("import ctypes; ctypes.string_at(0)", "SIGSEGV"),
    "abort": ("import os; os.abort()", "SIGABRT"),
    "kill": ("import os; os.kill(os.getpid(), 9)", "SIGKILL"),
}


@pytest.mark.parametrize(("code", "reason"), CRASHES.values(), ids=CRASHES)
async def test_a_death_is_noticed_and_mended(
    evaluator: Evaluator, said: Any, code: str, reason: str
) -> None:
    with pytest.raises(EvaluatorDied, match=reason):
        await asyncio.wait_for(evaluator.execute(code), PATIENCE)
    assert not evaluator.alive
    with pytest.raises(EvaluatorDied, match=reason):
        await evaluator.execute("1")
    await evaluator.start()
    await evaluator.execute("2", said)
    assert said.results == ["2"]


async def test_a_segfault_tells_where(evaluator: Evaluator) -> None:
    await evaluator.execute("import ctypes\ndef crash():\n    ctypes.string_at(0)")
    with pytest.raises(EvaluatorDied) as death:
        await evaluator.execute("crash()")
    assert "Segmentation fault" in death.value.trace
    assert 'File "<input 1>", line 3 in crash' in death.value.trace
    assert "knetui" not in death.value.trace


async def test_a_death_between_inputs_is_told_by_the_next(evaluator: Evaluator) -> None:
    assert evaluator.pid is not None
    os.kill(evaluator.pid, signal.SIGKILL)
    with pytest.raises(EvaluatorDied, match="SIGKILL"):
        await evaluator.execute("1")


async def test_closing_ends_the_child_whatever_it_does() -> None:
    for code in ("1", "while True: pass", "import atexit; _ = atexit.register(lambda: 1)"):
        evaluator = Evaluator()
        await evaluator.start()
        running = asyncio.create_task(evaluator.execute(code))
        await asyncio.sleep(0.2)
        pid = evaluator.pid
        await evaluator.close()
        assert pid is not None
        assert not psutil.pid_exists(pid)
        with contextlib.suppress(EvaluatorDied):
            await running


async def test_a_fault_in_the_front_ends_handler_reaches_the_caller(evaluator: Evaluator) -> None:
    def faulty(event: object) -> None:
        raise RuntimeError("in the handler")

    with pytest.raises(RuntimeError, match="in the handler"):
        await evaluator.execute("print(1)", faulty)
    assert isinstance(await evaluator.execute("1"), Done)


async def test_output_of_a_thread_after_its_input_is_stray() -> None:
    strays: list[str] = []
    evaluator = Evaluator(on_stray=lambda event: strays.append(event.text))
    await evaluator.start()
    await evaluator.execute("import threading; threading.Timer(0.2, print, ['later']).start()")
    async with asyncio.timeout(2):
        while "".join(strays) != "later\n":
            await asyncio.sleep(0.01)
    await evaluator.close()


PARENT = """
import asyncio, sys
from knetui.evaluator.client import Evaluator
async def main():
    evaluator = Evaluator()
    await evaluator.start()
    print(evaluator.pid, flush=True)
    await evaluator.execute(sys.argv[1])
    await asyncio.sleep(60)
asyncio.run(main())
"""


@pytest.mark.parametrize("code", ["1", "while True: pass", "import os; os.system('sleep 61')"])
def test_the_child_goes_when_its_front_end_is_killed(code: str) -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT, code], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        time.sleep(0.3)
        below = child.children(recursive=True)
        parent.kill()
    deadline = time.monotonic() + PATIENCE  # three were 9 ms too few beside a busy neighbour
    while any(_lives(process) for process in (child, *below)):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def _lives(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_the_child_needs_no_terminal_library() -> None:
    code = "import knetui.evaluator.child, knetui.evaluator.client"
    assert not loaded(code, "textual", "prompt_toolkit", "rich", "numpy")


def test_started_by_hand_it_says_what_it_is() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "knetui.evaluator"], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1
    assert "started by knet-tui" in ended.stderr


def test_the_users_terminal_gets_nothing(tmp_path: Path) -> None:
    code = "import os; os.write(1, b'c level'); os.write(2, b'c level'); print('python level')"
    program = PARENT.replace("await asyncio.sleep(60)", "await evaluator.close()")
    ended = subprocess.run(
        [sys.executable, "-c", program, code], capture_output=True, text=True, check=True
    )
    assert ended.stdout.strip().isdecimal()
    assert ended.stderr == ""
