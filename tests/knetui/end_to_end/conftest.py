"""What several of these tests begin with."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from knetengine.training.folder import all_runs
from knetengine.training.launch import stop_now


@pytest.fixture
def model(request: pytest.FixtureRequest, tmp_path: Path, home: Path) -> Iterator[Path]:
    """The file of the module's MODEL; its runs end with the test."""
    path = tmp_path / "counts.py"
    path.write_text(request.module.MODEL)
    yield path
    for folder in all_runs():
        stop_now(folder)
