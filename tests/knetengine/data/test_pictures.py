"""Pictures as characters."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knetengine.data import mnist, show

# The first bundled digit, a one, as a person sees it.
ONE = """\
              ▄▄
             ░██
             ░██
            ░██▓
          ░▄▓▀▒█
          ░   ▓█
              ▓█
              ▓█
              ░█▄
               ▓█
                ▀"""


def test_a_digit_has_14_lines_of_28() -> None:
    (x, y), _ = mnist()
    for picture in x[:50]:
        lines = show(picture).split("\n")
        assert [len(line) for line in lines] == [28] * 14
    assert y[0] == 1
    assert "\n".join(line.rstrip() for line in show(x[0]).split("\n")).strip("\n") == ONE
    assert show(x[0]) == show(x[0, 0]) == show(np.rint(x[0] * 255).astype(np.uint8))


@given(st.lists(st.sampled_from([0.0, 1.0]), min_size=12, max_size=12))
def test_black_and_white_can_be_read_back(ink: list[float]) -> None:
    halves = {" ": (0, 0), "█": (1, 1), "▀": (1, 0), "▄": (0, 1)}
    picture = np.array(ink).reshape(4, 3)
    found = [[halves[character] for character in line] for line in show(picture).split("\n")]
    assert np.array_equal(np.array(found).transpose(0, 2, 1).reshape(4, 3), picture)


@pytest.mark.parametrize(
    ("ink", "drawn"), [(0, " "), (0.2, "░"), (0.5, "▒"), (0.7, "▓"), (1.0, "█")]
)
def test_shades(ink: float, drawn: str) -> None:
    assert show(np.full((2, 2), ink)) == drawn * 2
    assert show(np.full((3, 2, 2), ink)) == drawn * 2  # red, green and blue


def test_an_odd_row_has_a_blank_one_below() -> None:
    assert show(np.ones((1, 2))) == "▀▀"


@pytest.mark.parametrize("shape", [(28,), (2, 28, 28), (1, 1, 28, 28), ()])
def test_another_shape_is_said(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"show: the picture has shape \(.*expected \(H, W\)"):
        show(np.zeros(shape))


def test_there_is_nothing_but_characters_that_are_seen() -> None:
    drawn = show(np.linspace(0, 1, 784).reshape(28, 28))
    assert set(drawn) <= set(" ░▒▓█▀▄\n")
