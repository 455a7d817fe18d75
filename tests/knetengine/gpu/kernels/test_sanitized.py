"""Every kernel under AddressSanitizer, and a chosen set under ThreadSanitizer."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from knetengine.gpu.kernels.catalogue import file_sources
from knetengine.gpu.kernels.expressions import EXPRESSIONS
from tests.knetengine.gpu.host.compiling import sanitizer_runtime
from tests.knetengine.gpu.host.sanitized import Outcome
from tests.knetengine.gpu.kernels.chosen import CHOSEN

Watched = Callable[[str], Outcome]
Record = Callable[[str, object], None]


def kernels_of_files() -> set[str]:
    """The names of all kernels that are in files."""
    return {name for source in file_sources() for name in source.kernels}


@pytest.mark.skipif(sanitizer_runtime("address") is None, reason="no libasan")
def test_every_kernel_under_address_sanitizer(
    watched: Watched, capsys: pytest.CaptureFixture[str], record_property: Record
) -> None:
    outcome = watched("address")
    assert not outcome.reports, str(outcome)
    found: dict[str, Any] = outcome.value
    assert found["status"] == 0, found["failed"] or found["output"]
    seen = set(found["kernels"])
    assert kernels_of_files() <= seen, kernels_of_files() - seen
    generated = {re.sub("_of_.*", "", name) for name in seen if "_in_" in name}
    assert {f"kn_{name}" for name in EXPRESSIONS} <= generated
    record_property("sanitized", ("address", found["passed"], len(seen)))
    with capsys.disabled():
        print(
            f"\nAddressSanitizer: {found['passed']} tests, {len(seen)} kernels, nothing to report"
        )


@pytest.mark.skipif(sanitizer_runtime("thread") is None, reason="no libtsan")
def test_a_chosen_set_under_thread_sanitizer(
    watched: Watched, capsys: pytest.CaptureFixture[str], record_property: Record
) -> None:
    outcome = watched("thread")
    assert not outcome.reports, str(outcome)
    record_property("sanitized", ("thread", len(CHOSEN), len(outcome.value)))
    with capsys.disabled():
        print(f"\nThreadSanitizer: 2 x {len(CHOSEN)} tests, {len(outcome.value)} kernels, no race")
