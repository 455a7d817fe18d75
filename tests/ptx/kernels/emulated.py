"""The tests of the kernels, which were written for any driver, gathered for the emulator.

They are those of `tests/knetengine/gpu/kernels`, with their own oracles: whatever is added there
runs here too.
"""

import importlib
import inspect
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
KERNEL_TESTS = ROOT / "tests" / "knetengine" / "gpu" / "kernels"

NOT_HERE = {
    "a_thread_of_a_vast_array_comes_round": "all threads write one entry, which is a race",
    "a_long_sum": "of the first launch few blocks run, and the second reads what all should write",
    "places_of_extremes": "as the one before",
}
"""Tests that the emulator is right to refuse."""


def modules() -> list[str]:
    """The names of the test modules of the kernels."""
    paths = sorted(KERNEL_TESTS.rglob("test_*.py"))
    return [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in paths]


def gathered() -> dict[str, Any]:
    """Their tests that take a driver, named after their modules, and their fixtures."""
    found: dict[str, Any] = {}
    for name in modules():
        pytest.register_assert_rewrite(name)
        module = importlib.import_module(name)
        short = name.rpartition(".")[2]
        for key, value in vars(module).items():
            if isinstance(value, pytest.FixtureDef) or hasattr(value, "_fixture_function"):
                found[key] = value
            elif key.startswith("test_") and _takes_a_driver(value):
                rest = key.removeprefix("test_")
                if rest not in NOT_HERE:
                    found[f"{short}__{rest}"] = value
    return found


def _takes_a_driver(function: Any) -> bool:
    if not inspect.isfunction(function):  # a module of tests, imported for what it has
        return False
    return bool({"board", "driver", "own"} & set(inspect.signature(function).parameters))
