"""What a run of tests has verified, counted in a JSON file that several suites write to.

Each suite has an object that counts, `seen` of its module. Where tests run in several processes,
those of all are added up in the one that prints.
"""

import dataclasses
import importlib
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

SUITES = {"host": "tests.knetengine.gpu.host.verification", "ptx": "tests.ptx.verification"}

HANDED_ON = "verified"
"""The key of what a process hands on to the one that prints."""

PATH = "KNET_VERIFICATION"
"""Names the file: each suite puts its counts there under its own name; the rest stays."""

CACHE = "knet/verification"
"""Where they are in pytest's cache, if no file is named."""


def suites() -> dict[str, Any]:
    """What has counted in this process, by the name of its suite."""
    return {name: sys.modules[m].seen for name, m in SUITES.items() if m in sys.modules}


def seen_here() -> dict[str, dict[str, Any]]:
    """The counts of this process, of built-in types alone."""
    return {
        name: {field.name: getattr(seen, field.name) for field in dataclasses.fields(seen)}
        for name, seen in suites().items()
    }


def add(handed_on: dict[str, dict[str, Any]]) -> None:
    """Add the counts of another process to those of this one."""
    for name, fields in handed_on.items():
        seen = importlib.import_module(SUITES[name]).seen
        for field, value in fields.items():
            setattr(seen, field, sum_of(getattr(seen, field), value))


def sum_of(one: Any, other: Any) -> Any:
    """Sets and flags united, numbers added; of dictionaries, what stands under the same key."""
    if isinstance(one, dict):
        both = one.keys() & other.keys()
        return one | other | {key: sum_of(one[key], other[key]) for key in both}
    if isinstance(one, set | frozenset | bool):
        return one | other
    return one + other


def keep(config: pytest.Config, suite: str, entry: dict[str, Any]) -> None:
    """Put a suite's counts into the file that PATH names, or else into pytest's cache."""
    path, cache = os.environ.get(PATH), getattr(config, "cache", None)
    if path:
        write(Path(path), suite, entry)
    elif cache:
        cache.set(CACHE, {**cache.get(CACHE, {}), suite: entry})


def write(path: Path, suite: str, entry: dict[str, Any]) -> None:
    """Put a suite's counts into a file, at once or not at all."""
    found = json.loads(path.read_text()) if path.exists() else {}
    found[suite] = entry
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(f".{os.getpid()}")
    unfinished.write_text(json.dumps(found, indent=2) + "\n")
    unfinished.replace(path)
