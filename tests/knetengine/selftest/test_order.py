"""Streams and graphs, by a stand-in for CuPy that holds each call against CuPy's signature."""

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from knetengine.gpu import backends
from knetengine.gpu.device.backend import DeviceBackend
from knetengine.gpu.drivers.cupy_driver import CupyDriver
from knetengine.selftest import CHECKS, Place, running
from tests.knetengine.gpu.drivers import signatures
from tests.knetengine.gpu.drivers.standin import CUDARuntimeError, StandIn
from tests.knetengine.gpu.host.host_driver import HostDriver

# What CuPy 14.2.0 says of the functions and constants that the check of graphs uses.
GRAPHS = """
runtime.streamBeginCapture(intptr_t stream, int mode=streamCaptureModeRelaxed)
runtime.streamEndCapture(intptr_t stream)
runtime.graphInstantiate(intptr_t graph)
runtime.graphLaunch(intptr_t graphExec, intptr_t stream)
runtime.graphExecDestroy(intptr_t graphExec)
runtime.graphDestroy(intptr_t graph)
runtime.streamCaptureModeThreadLocal = 1
runtime.driverGetVersion()
runtime.runtimeGetVersion()
"""


class Capturing(StandIn):
    """A stand-in that keeps what it is given while capturing, and does it when it is replayed."""

    def __init__(self, host: HostDriver) -> None:
        super().__init__(host)
        self.captured: list[Callable[[], None]] | None = None
        self.alive: set[int] = set()
        own: Any = {
            "streamBeginCapture": self._begin,
            "streamEndCapture": self._end,
            "graphInstantiate": self._new,
            "graphLaunch": self._replay,
            "graphExecDestroy": self.alive.remove,
            "graphDestroy": self.alive.remove,
        }
        self.runtime._own.update(own)

    def _begin(self, stream: int, mode: int) -> None:
        self.captured = []

    def _end(self, stream: int) -> int:
        captured, self.captured = self.captured, None
        return self._new(captured)

    def _new(self, graph: Any) -> int:
        handle = self._handle(self._handles[graph] if isinstance(graph, int) else graph)
        self.alive.add(handle)
        return handle

    def _replay(self, executable: int, stream: int) -> None:
        for call in self._handles[executable]:
            call()

    def _launch(self, function: int, *rest: int) -> None:
        if self.captured is None:
            super()._launch(function, *rest)
            return
        kernel = self._handles[function]
        before, self.host.launch = self.host.launch, self._keep(kernel)  # type: ignore[method-assign]
        try:
            super()._launch(function, *rest)
        finally:
            self.host.launch = before  # type: ignore[method-assign]

    def _keep(self, kernel: Any) -> Any:
        launch, captured = self.host.launch, self.captured
        assert captured is not None
        return lambda *arguments: captured.append(lambda: launch(*arguments))

    def _copy(self, to: int, source: int, nbytes: int, kind: int, stream: int) -> None:
        if self.captured is None:
            super()._copy(to, source, nbytes, kind, stream)
            return
        assert kind == 3, "a copy to the host while capturing is an error"
        self.captured.append(lambda: super(Capturing, self)._copy(to, source, nbytes, kind, stream))


@pytest.fixture
def cuda(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Capturing:
    monkeypatch.setenv("KNET_KERNEL_CACHE", str(tmp_path))
    table = dict(signatures.table())
    for line in GRAPHS.strip().splitlines():
        table[line.partition("(")[0].partition(" ")[0]] = line
    monkeypatch.setattr(signatures, "table", lambda: table)
    return Capturing(HostDriver())


@pytest.fixture
def place(cuda: Capturing, monkeypatch: pytest.MonkeyPatch) -> Place:
    backend = DeviceBackend(CupyDriver(1, cuda), "cuda:1")
    monkeypatch.setitem(backends._made, "cuda:1", backend)
    return Place("cuda:1", cuda=cuda)


CHOSEN = [each for each in CHECKS if each.family in ("streams", "graphs")]
PRODUCTS = [each for each in CHECKS if each.family == "products"]


@pytest.mark.parametrize("check", [*CHOSEN, *PRODUCTS], ids=lambda check: check.name)
def test_it_passes_by_calls_that_fit_cupy(check: Any, place: Place, cuda: Capturing) -> None:
    found = running.make(check, place)
    assert (found.status, found.message) == ("passed", "")
    names = [name for name, _ in cuda.calls]
    if check.family == "graphs":
        assert names.count("graphLaunch") == 5
        assert cuda.alive == set()
        assert names.index("streamBeginCapture") < names.index("streamEndCapture")
    elif check.family == "streams":
        assert "streamCreateWithFlags" in names
    else:
        assert "gemmStridedBatchedEx" in names


def test_a_replay_that_does_nothing_fails(place: Place, cuda: Capturing) -> None:
    cuda.runtime._own["graphLaunch"] = lambda executable, stream: None
    (check,) = (each for each in CHOSEN if each.family == "graphs")
    found = running.make(check, place)
    assert found.status == "failed"
    assert "five replays of three launches at [0]: found 1.0, expected 16.0" in found.message
    assert cuda.alive == set()


def test_a_driver_without_graphs_is_skipped(place: Place, cuda: Capturing) -> None:
    def refuse(stream: int, mode: int) -> None:
        raise CUDARuntimeError(801)

    cuda.runtime._own["streamBeginCapture"] = refuse
    (check,) = (each for each in CHOSEN if each.family == "graphs")
    found = running.make(check, place)
    assert (found.status, found.message) == ("skipped", "the driver has no graphs: status 801")


def test_a_block_that_nobody_waits_for_is_noticed(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the second stream wrote is written over: so it looks where a wait is left out."""
    driver = place.driver
    fill = driver.fill
    monkeypatch.setattr(
        driver, "fill", lambda address, byte, nbytes, stream=0: fill(address, 9, nbytes, stream)
    )
    (check,) = (each for each in CHOSEN if "last user of a block" in each.name)
    assert running.make(check, place).status == "failed"


@pytest.mark.skipif(
    importlib.util.find_spec("cupy") is None,
    reason="CuPy is not installed: pip install cupy-cuda12x",
)
@pytest.mark.parametrize("line", GRAPHS.strip().splitlines())
def test_the_calls_of_graphs_are_as_the_wheel_has_them(line: str) -> None:
    name = line.partition("(")[0].partition(" ")[0]
    assert signatures.in_the_wheel(name) == line
