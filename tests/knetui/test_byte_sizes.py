"""Numbers of bytes, as people read and write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knetui.byte_sizes import SizeError, bytes_of, in_bytes, short_bytes


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("64 MiB", 64 << 20),
        ("64MiB", 64 << 20),
        ("64m", 64 << 20),
        (" 1.5 GiB ", 3 << 29),
        (".5k", 512),
        ("300 kB", 300_000),
        ("2 GB", 2_000_000_000),
        ("2 TiB", 2 << 40),
        ("4096", 4096),
        ("4,096 B", 4096),
        ("1_000", 1000),
    ],
)
def test_sizes_are_read_as_people_write_them(text: str, count: int) -> None:
    assert bytes_of(text) == count


@pytest.mark.parametrize("text", ["", "much", "-3 MiB", "3 miles", "3 4 MiB", "0", "1e9", "MiB"])
def test_what_is_no_size_is_said_to_be_none(text: str) -> None:
    with pytest.raises(SizeError, match="write one like 64 MiB"):
        bytes_of(text)


@given(st.integers(1, 1 << 50))
def test_what_is_written_can_be_read(count: int) -> None:
    assert bytes_of(in_bytes(count)) == pytest.approx(count, rel=0.006)


@pytest.mark.parametrize(
    ("count", "text"),
    [(512, "512"), (1 << 16, "64K"), (18 << 20, "18M"), (3 << 30, "3G"), (1 << 40, "1T")],
)
def test_round_sizes_take_few_characters(count: int, text: str) -> None:
    assert short_bytes(count) == text
