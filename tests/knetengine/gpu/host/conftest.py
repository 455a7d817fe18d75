"""A driver and its memory for each test, and a way to run a few lines of CUDA on them."""

from collections.abc import Iterator

import pytest

from tests.knetengine.gpu.host.host_driver import HostDriver
from tests.knetengine.gpu.host.snippets import Bench


@pytest.fixture
def bench() -> Iterator[Bench]:
    bench = Bench(HostDriver(1 << 24))
    yield bench
    bench.board.clear()
