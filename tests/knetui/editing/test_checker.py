"""The child that finds mistakes, while the workbench goes on."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator

import psutil
import pytest

from knetui.editing.checker import Checker
from knetui.editing.diagnostics import Diagnostic

UNDEFINED = [Diagnostic(0, 0, "error", "undefined name 'nobody'")]


@pytest.fixture
async def checker() -> AsyncIterator[Checker]:
    one = Checker()
    yield one
    await one.close()


def child() -> psutil.Process:
    (found,) = filter(is_checker, psutil.Process().children())
    return found


def is_checker(process: psutil.Process) -> bool:
    try:
        return "knetui.editing.checker" in process.cmdline()
    except psutil.ZombieProcess:  # another test's, which has ended
        return False


async def test_it_answers_each_text_in_its_turn(checker: Checker) -> None:
    texts = ["nobody\n", "x = 1\n", "nobody\n"]
    answers = await asyncio.gather(*(checker.check(text) for text in texts))
    assert answers == [UNDEFINED, [], UNDEFINED]
    assert await checker.check("\ud800") is not None  # which no JSON holds


async def test_a_question_that_is_given_up_does_not_get_the_next_one_its_answer(
    checker: Checker,
) -> None:
    await checker.check("")
    given_up = asyncio.create_task(checker.check("x = 1\n" * 2000))
    await asyncio.sleep(0.01)
    given_up.cancel()
    with pytest.raises(asyncio.CancelledError):
        await given_up
    assert await checker.check("nobody\n") == UNDEFINED


async def test_it_is_started_again_after_its_death(checker: Checker) -> None:
    assert await checker.check("nobody\n") == UNDEFINED
    os.kill(child().pid, signal.SIGKILL)
    answers = [await checker.check("nobody\n") for _ in range(2)]
    assert answers[-1] == UNDEFINED


async def test_it_runs_no_file_that_lies_where_the_workbench_was_started(
    checker: Checker, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pyflakes.py").write_text("raise SystemExit('not this one')")
    monkeypatch.chdir(tmp_path)
    assert await checker.check("nobody\n") == UNDEFINED


async def test_it_ends_with_the_workbench() -> None:
    one = Checker()
    await one.check("")
    process = child()
    await one.close()
    assert not process.is_running()
    assert await one.check("nobody\n") == UNDEFINED  # and can be asked again
    await one.close()
