"""What a run of tests has verified, counted in a JSON file that several suites write to."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

PATH = "KNET_VERIFICATION"
"""Names the file: each suite puts its counts there under its own name; the rest stays."""

CACHE = "knet/verification"
"""Where they are in pytest's cache, if no file is named."""


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
