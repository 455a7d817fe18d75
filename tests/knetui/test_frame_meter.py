"""How long frames and keys take."""

import pytest

from knetui.frame_meter import KEPT, FrameMeter


def test_a_key_lasts_until_the_end_of_the_next_frame() -> None:
    meter = FrameMeter()
    assert meter.told() == ""
    meter.frame(0.0, 0.004)
    assert meter.told() == "frame 4 ms, 95%: 4"
    meter.key(1.0)
    meter.key(1.010)  # came while the first waited
    meter.frame(1.018, 1.020)
    meter.frame(2.0, 2.006)
    assert meter.told() == "frame 4 ms, 95%: 6  key 20 ms, 95%: 20"


@pytest.mark.parametrize("slow", [4, 6])
def test_the_95th_percentile_is_of_the_last_ones(slow: int) -> None:
    meter = FrameMeter()
    for _ in range(KEPT):
        meter.frame(0.0, 1.0)  # forgotten
    for number in range(KEPT):
        meter.frame(0.0, 0.050 if number < slow else 0.002)
    assert meter.told() == f"frame 2 ms, 95%: {50 if slow > 5 else 2}"
