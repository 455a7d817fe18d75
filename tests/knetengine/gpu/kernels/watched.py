"""The kernels' tests in a child with a sanitizer: fewer dtypes of each, every kernel.

`run` is what the child calls; it runs pytest, and says what passed and which kernels were launched.
"""

import contextlib
import io
from typing import Any

import pytest

from tests.knetengine.gpu.host.host_driver import HostDriver
from tests.knetengine.gpu.host.sanitized import ROOT

PREFERRED = "fdliB?e"
"""Of a test in several dtypes the first of these is taken: where a thread reads and writes, and who
waits for whom, is a matter of the code, and its sizes differ with the dtype only."""


class Watch:
    """A plugin of pytest: thins the tests out, counts them, and notes the kernels."""

    def __init__(self, without: tuple[str, ...]) -> None:
        self.without = without
        self.kernels: set[str] = set()
        self.passed = 0
        self.failed: list[str] = []

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        best: dict[Any, Any] = {}
        for item in items:
            if any(name in item.nodeid for name in self.without):
                continue
            parameters = dict(item.callspec.params) if hasattr(item, "callspec") else {}
            rank = PREFERRED.index(parameters.pop("letter", "f"))
            key = (item.path, item.originalname, repr(sorted(parameters.items(), key=str)))
            if key not in best or rank < best[key][0]:
                best[key] = (rank, item)
        items[:] = [item for _, item in best.values()]

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed:
            self.failed.append(f"{report.nodeid}: {report.longreprtext[-2000:]}")
        elif report.when == "call" and report.passed:
            self.passed += 1


def run(tests: list[str], without: list[str]) -> dict[str, Any]:
    """Run tests, given by paths from the root, but those whose names have one of these parts."""
    watch = Watch(tuple(without))
    launch = HostDriver.launch

    def noting(self: HostDriver, function: Any, *arguments: Any, **more: Any) -> None:
        watch.kernels.add(function.name)
        launch(self, function, *arguments, **more)

    HostDriver.launch = noting  # this process is for nothing else
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        options = [
            "-q",
            "--durations=8",
            "-p",
            "no:cacheprovider",
            f"--rootdir={ROOT}",
            "-c",
            f"{ROOT}/pyproject.toml",
        ]
        status = pytest.main([*options, *(str(ROOT / test) for test in tests)], plugins=[watch])
    return {
        "status": int(status),
        "passed": watch.passed,
        "failed": watch.failed,
        "kernels": sorted(watch.kernels),
        "output": output.getvalue()[-2000:],
    }
