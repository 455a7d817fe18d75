"""What compilers made is kept between runs; at the end stands what was verified."""

import pytest

from tests.ptx import kept, verification
from tests.verification import counts


def pytest_configure(config: pytest.Config) -> None:
    cache = getattr(config, "cache", None)
    kept.keep_in(cache.mkdir("ptx") if cache else None)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """A planted bug counts once its test has passed."""
    bug = dict(report.user_properties).get("planted")
    if report.when == "call" and report.passed and bug:
        verification.seen.note_caught(str(bug))


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    seen = verification.seen
    if seen.is_empty():
        return
    terminalreporter.section("verification without a GPU: PTX")
    for line in seen.lines():
        terminalreporter.line(line)
    counts.keep(config, "ptx", seen.as_dict())
