"""The generator of the CPU: the published one's words, to the last bit."""

import numpy as np
import pytest

from knetengine.cpu.random_numbers import _BLOCKS, integers, philox, uniform

# Of Random123 1.14, kat_vectors: counter and key, the words of "philox4x32 10".
KNOWN = [
    ([0] * 4, [0] * 2, [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]),
    ([0xFFFFFFFF] * 4, [0xFFFFFFFF] * 2, [0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD]),
    (
        [0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344],
        [0xA4093822, 0x299F31D0],
        [0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1],
    ),
]


@pytest.mark.parametrize(("counter", "key", "words"), KNOWN)
def test_the_words_are_the_published_ones(
    counter: list[int], key: list[int], words: list[int]
) -> None:
    low, high = counter[0] | counter[1] << 32, counter[2] | counter[3] << 32
    found = philox(key[0] | key[1] << 32, high, np.array([low], np.uint64))
    assert [int(word[0]) for word in found] == words


def test_pieces_join_where_one_ends() -> None:
    many = np.empty(4 * _BLOCKS + 7, np.float32)
    uniform(many, 3, 5, 0.0, 1.0)
    few = np.empty(4 * _BLOCKS - 1, np.float32)
    uniform(few, 3, 5, 0.0, 1.0)
    np.testing.assert_array_equal(many[: few.size], few)
    words = philox(3, 5, np.array([_BLOCKS], np.uint64))
    expected = [int(word[0]) >> 8 for word in words]
    assert (many[4 * _BLOCKS :][:4] * 2.0**24).tolist() == expected


@pytest.mark.parametrize(
    ("low", "high"), [(-(2**63), 2**63), (-5, 2**62 + 3), (7, 8), (2**63 - 2, 2**63)]
)
def test_whole_numbers_are_the_high_half_of_a_product(low: int, high: int) -> None:
    found = np.empty(9, np.int64)
    integers(found, 2, 3, low, high)
    words = [[int(w) for w in part] for part in philox(2, 3, np.arange(5, dtype=np.uint64))]
    a, b, c, d = words
    longs = [n for k in range(5) for n in (a[k] | b[k] << 32, c[k] | d[k] << 32)]
    assert found.tolist() == [low + (n * (high - low) >> 64) for n in longs[:9]]
