"""Numbers as people read them."""

import pytest

from knetui.figures import clock, in_short, in_width, since, speed


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "00:00:00"), (92.9, "00:01:32"), (360_000, "100:00:00")]
)
def test_durations(seconds: float, words: str) -> None:
    assert clock(seconds) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(-5, "now"), (59, "now"), (60, "1m"), (7200, "2h"), (100_000, "1d"), (2e6, "3w")],
)
def test_how_long_ago(seconds: float, words: str) -> None:
    assert since(seconds) == words


@pytest.mark.parametrize(
    ("rate", "words"), [(0.08, "12.5 s each"), (0.5, "0.5/s"), (4.123, "4.1/s"), (1250, "1,250/s")]
)
def test_speeds(rate: float, words: str) -> None:
    assert speed(rate) == words


@pytest.mark.parametrize(
    ("value", "words"), [(22.4501, "22.45"), (-1.23456e-12, "-1e-12"), (float("nan"), "nan")]
)
def test_numbers_in_six_characters(value: float, words: str) -> None:
    assert in_width(value, 6) == words


@pytest.mark.parametrize(("count", "words"), [(999_999, "999999"), (1_250_000, "1.25M")])
def test_counts(count: int, words: str) -> None:
    assert in_short(count) == words
