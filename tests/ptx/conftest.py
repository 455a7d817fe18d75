"""What compilers made is kept between runs; planted bugs that were caught are counted."""

import pytest

from tests.ptx import kept, verification


def pytest_configure(config: pytest.Config) -> None:
    cache = getattr(config, "cache", None)
    kept.keep_in(cache.mkdir("ptx") if cache else None)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """A planted bug counts once its test has passed."""
    bug = dict(report.user_properties).get("planted")
    if hasattr(report, "node"):  # of another process, which has counted it
        return
    if report.when == "call" and report.passed and bug:
        verification.seen.note_caught(str(bug))
