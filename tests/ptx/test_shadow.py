"""The shadow of accesses against all pairs of accesses: nothing is lost in its summary."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ptx.races import BLOCK_STEP, STAMP, WARP_STEP, Publications, Shadow, stamps

PADDED = 64  # two warps a block
LANES = (0, 1, 32, 64, 65, 97)  # of three warps in two blocks
PLACES = 3

accesses = st.tuples(
    st.sampled_from(("read", "write")),
    st.dictionaries(st.sampled_from(LANES), st.integers(0, PLACES - 1), min_size=1),
)
barriers = st.tuples(st.just("barrier"), st.sampled_from((0, 1)))
warp_barriers = st.tuples(st.just("warp"), st.sampled_from((0, 1, 2, 3)))


class Pairs:
    """All accesses so far, and who had come past which barriers then."""

    def __init__(self) -> None:
        self.past: list[tuple[str, int, int, tuple[int, ...]]] = []
        self.blocks, self.warps = [0, 0], [0, 0, 0, 0]

    def epochs(self, lane: int) -> tuple[int, int]:
        return self.blocks[lane // PADDED], self.warps[lane // 32]

    def ordered(self, lane: int, then: tuple[int, ...], other: int) -> bool:
        now = self.epochs(other)
        if lane == other:
            return True
        if lane // PADDED != other // PADDED:
            return False
        return then[0] != now[0] or (lane // 32 == other // 32 and then[1] != now[1])

    def access(self, kind: str, places: dict[int, int]) -> set[int]:
        """The lanes whose access races with an earlier one, or, of writes, with one of these."""
        racing = set()
        for lane, place in places.items():
            for other_kind, other, other_place, then in self.past:
                meets = other_place == place and "write" in (kind, other_kind)
                if meets and not self.ordered(other, then, lane):
                    racing.add(lane)
        taken = list(places.values())
        if kind == "write" and any(taken.count(place) > 1 for place in taken):
            racing.add(-1)
        self.past += [(kind, n, place, self.epochs(n)) for n, place in places.items()]
        return racing


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(accesses, accesses, barriers, warp_barriers), max_size=12))
def test_a_race_is_found_as_soon_as_there_is_one(steps: list[tuple[str, object]]) -> None:
    shadow, pairs = Shadow(PLACES * 4, 4, PADDED, Publications(2)), Pairs()
    own = stamps(0, 2 * PADDED)
    for kind, detail in steps:
        if kind in ("barrier", "warp"):
            assert isinstance(detail, int)
            size, step = (PADDED, BLOCK_STEP) if kind == "barrier" else (32, WARP_STEP)
            part = slice(detail * size, detail * size + size)
            own[part] = (own[part] + step) & STAMP
            (pairs.blocks if kind == "barrier" else pairs.warps)[detail] += 1
            continue
        assert isinstance(detail, dict)
        lanes = np.array(sorted(detail))
        flat = np.array([4 * detail[lane] for lane in lanes.tolist()])
        granules, stamped, _ = shadow.expand(flat, 4, own[lanes])
        clash = (
            shadow.read(granules, stamped) if kind == "read" else shadow.write(granules, stamped)
        )
        racing = pairs.access(kind, detail)
        assert (clash is not None) == bool(racing), (kind, detail)
        if clash is not None:
            assert racing & {-1, int(lanes[clash[0]])}
            return  # a launch ends here


def test_stamps_hold_as_many_lanes_and_barriers_as_a_launch_may_have() -> None:
    own = stamps(2**28 - 3, 2)
    assert (own & STAMP == own).all()
    once = (own + BLOCK_STEP) & STAMP
    assert (once != own).all()
    all_round = own.copy()
    all_round[:] = (own + BLOCK_STEP * (2**18)) & STAMP
    assert (all_round == own).all()  # then they begin anew
