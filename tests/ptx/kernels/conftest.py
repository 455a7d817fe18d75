"""The product's kernels on the emulator."""

import math
from collections.abc import Iterator

import pytest

from tests.knetengine.gpu.kernels import test_elementwise, test_vast
from tests.knetengine.gpu.kernels.board import Board
from tests.ptx import nvrtc, verification
from tests.ptx.kernels import cases, counts, registers, selection
from tests.ptx.kernels.recording import RecordingDriver, TooManyThreadsError


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The whole is asked for by ``-m "slow or not slow"``."""
    verification.seen.everything = config.option.markexpr == "slow or not slow"


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Iterator[None]:
    """What is too large for the emulator is skipped, and seen to be."""
    try:
        return (yield)
    except TooManyThreadsError:
        pytest.skip("too many threads for the emulator; the host driver runs it")


def emulator(total_bytes: int = 256 << 20) -> RecordingDriver:
    """A device, or a test that is skipped."""
    if nvrtc.available():
        pytest.skip(nvrtc.available())
    return RecordingDriver(total_bytes=total_bytes)


@pytest.fixture(scope="session")
def driver() -> RecordingDriver:
    return emulator()


@pytest.fixture
def board(driver: RecordingDriver) -> Iterator[Board]:
    board = Board(driver)
    driver.launched.clear()
    yield board
    board.clear()
    driver.forget_many()


@pytest.fixture(autouse=True)
def tests_fit_the_emulator(monkeypatch: pytest.MonkeyPatch) -> None:
    """What of the kernels' tests is for the host driver is changed."""
    monkeypatch.setattr(test_vast, "HostDriver", emulator)
    for name in ("multiply_add", "jn"):  # which have tests of their own in test_emulated.py
        monkeypatch.setitem(test_elementwise.ULPS, name, math.inf)


def pytest_runtest_setup(item: pytest.Item) -> None:
    RecordingDriver.ran.clear()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """The kernels of a test that passed have been executed."""
    if report.when == "call":
        if report.passed and RecordingDriver.ran:
            seen = verification.seen
            seen.executed |= RecordingDriver.ran & selection.kernels()
            seen.catalogue = selection.kernels()
        RecordingDriver.ran.clear()


def pytest_sessionfinish(session: pytest.Session) -> None:
    if session.config.option.update_snapshots:
        if registers.renewed:
            made = {(registers.section(s), k) for s in selection.sources() for k in s.kernels}
            registers.renew(nvrtc.version_text(), made)
        if counts.renewed:
            counts.renew(nvrtc.version_text(), set(cases.CASES))
