"""Every test has a home of its own, and no run outlives the test that started it.

With `-n`, tests run in several processes; what each has verified is added up here.
"""

import gc
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from knetengine.training.folder import all_runs
from knetengine.training.launch import is_process_of
from tests.verification import counts

# Programs are begun hundreds of times here, and without bytecode each reads 130 files of ours anew
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-snapshots", action="store_true", help="write snapshots/ anew")


OPTIONAL = ("slow", "gpu", "onnx", "array_api", "peers")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests that take long or need more than the project run only when asked for, by ``-m``."""
    if config.option.markexpr:
        return
    chosen: dict[bool, list[pytest.Item]] = {True: [], False: []}
    for item in items:
        chosen[not any(item.get_closest_marker(name) for name in OPTIONAL)].append(item)
    items[:] = chosen[True]
    config.hook.pytest_deselected(items=chosen[False])


@pytest.fixture(scope="module", autouse=True)
def unburdened() -> None:
    """Have the collector of garbage leave alone what is there before the tests of a file.

    That is 22,000 tests, and what other files keep. A pool collects before it gives up, and tests
    of that do so thousands of times: one took 24 seconds with all tests collected, 0.6 alone.
    """
    gc.collect()
    gc.freeze()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand on what this process has verified, if it is one of several."""
    handed_on = getattr(session.config, "workeroutput", None)
    if handed_on is not None:
        handed_on[counts.HANDED_ON] = counts.seen_here()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Add what one of several processes has verified."""
    counts.add(getattr(node, "workeroutput", {}).get(counts.HANDED_ON, {}))


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Say what was verified, and keep it for the README's table."""
    for name, suite in counts.suites().items():
        if not suite.is_empty():
            terminalreporter.section(f"verification without a GPU: {suite.title}")
            for line in suite.lines():
                terminalreporter.line(line)
            counts.keep(config, name, suite.as_dict())


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """PyTorch is not even imported unless it is asked for."""
    asked = "peers" in config.option.markexpr
    return None if asked or collection_path.name != "test_random_programs.py" else True


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """KNET_HOME for this test."""
    folder = tmp_path / "home"
    monkeypatch.setenv("KNET_HOME", str(folder))
    for name in ("COLUMNS", "LINES"):  # of whoever started this process: a terminal has its own
        monkeypatch.delenv(name, raising=False)
    yield folder
    for run in all_runs():
        state = run.state()
        if not state.has_ended and is_process_of(state, run):
            os.killpg(state.process, signal.SIGKILL)
