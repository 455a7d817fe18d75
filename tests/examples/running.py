"""The examples as users run them."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
LINE = re.compile(r"\(:epoch,(\d+),(.*)\)")

Figures = dict[str, float]


def as_script(name: str, *options: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """What `python examples/NAME.py OPTIONS` prints."""
    return subprocess.run(
        [sys.executable, EXAMPLES / f"{name}.py", *options],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **variables},
    )


def figures(output: str) -> dict[int, Figures]:
    """The printed figures, by epoch."""
    found: dict[int, Figures] = {}
    for epoch, rest in LINE.findall(output):
        words = rest.split(",")
        names = [name.removeprefix(":") for name in words[::2]]
        found[int(epoch)] = dict(zip(names, map(float, words[1::2]), strict=True))
    return found


def ran(name: str, *options: str, **variables: str) -> dict[int, Figures]:
    """The figures of an example that came to its end."""
    done = as_script(name, *options, **variables)
    assert done.returncode == 0, done.stderr
    return figures(done.stdout)


def folder_of_full_data(file: str) -> str:
    """KNET_DATA_DIR, if it is set and has the file; else the test is skipped."""
    folder = os.environ.get("KNET_DATA_DIR", "")
    if not folder or not Path(folder, file).exists():
        pytest.skip(f"KNET_DATA_DIR does not name a folder with {file}")
    return folder
