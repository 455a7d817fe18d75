"""The tests of the kernels, which were written for any driver, gathered for the emulator.

They are those of `tests/knetengine/gpu/kernels`, with their own oracles: whatever is added there
runs here too.
"""

import importlib
import inspect
import zlib
from collections.abc import Iterator, Sequence
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

EVERYDAY = 6
"""So many cases of each test are run every day: those that come first by a hash of the name."""


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
    return bool({"board", "driver", "own"} & set(inspect.signature(function).parameters))


def not_of_every_day(items: Sequence[pytest.Function]) -> Iterator[pytest.Function]:
    """Those of the gathered tests that take too long for every day.

    Functions of single entries are all run in float32: their kernels are compiled in one go.
    """
    by_test: dict[str, list[pytest.Function]] = {}
    for item in items:
        by_test.setdefault(item.originalname, []).append(item)
    for cases in by_test.values():
        cases.sort(key=lambda item: zlib.crc32(item.name.encode()))
        yield from (item for item in cases[EVERYDAY:] if not _is_in_float32(item))


def _is_in_float32(item: pytest.Function) -> bool:
    """Whether the case is a function of the table in float32."""
    params = item.callspec.params if hasattr(item, "callspec") else {}
    return (
        set(params) == {"name", "letter"}
        and params["letter"] == "f"
        and (
            item.originalname
            in ("test_elementwise__a_function_is_numpy_s", "test_strides_make_no_difference")
        )
    )
