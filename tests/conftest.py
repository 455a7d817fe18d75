"""Every test has a home of its own, and no run outlives the test that started it."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from knetengine.training.folder import all_runs
from knetengine.training.launch import is_process_of


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-snapshots", action="store_true", help="write snapshots/ anew")


OPTIONAL = ("slow", "gpu", "onnx", "array_api", "peers")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests that take long or need more than the project run only when asked for, by ``-m``."""
    if config.option.markexpr:
        return
    optional = [item for item in items if any(item.get_closest_marker(name) for name in OPTIONAL)]
    items[:] = [item for item in items if item not in optional]
    config.hook.pytest_deselected(items=optional)


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
