"""The map of a pool: nothing left out, nothing in a wrong state, as fine as there is room."""

from hypothesis import given
from hypothesis import strategies as st

from knetengine.gpu.memory import HostMemory, KnetClasses, Piece, Pool, Segment
from knetui.byte_sizes import short_bytes
from knetui.memory.map import (
    END,
    FREE,
    GAP,
    GLYPHS,
    IN_USE,
    LABEL,
    SPLIT,
    WAITING,
    WORDS,
    Map,
    draw_map,
    pieces_of,
    size_classes,
)

MIB = 1 << 20


def segment(*pieces: tuple[int, str]) -> Segment:
    return Segment(0, tuple(Piece(nbytes, state) for nbytes, state in pieces))


def drawn(segments: list[Segment], width: int = 40 + LABEL + 1, height: int = 10) -> Map:
    return draw_map(segments, width, height, short_bytes)


def text(found: Map) -> str:
    return "".join(row.cells for row in found.rows)


segments = st.lists(
    st.lists(
        st.tuples(st.integers(1, 4096).map(lambda n: n * 512), st.sampled_from(["used", "free"])),
        min_size=1,
        max_size=6,
    ).map(lambda pieces: segment(*pieces)),
    max_size=40,
)


def test_a_segment_is_drawn_to_scale_with_the_states_of_its_pieces() -> None:
    found = drawn([segment((8 * MIB, "used"), (4 * MIB, "free"), (4 * MIB, "waiting"))], height=1)
    (row,) = found.rows
    assert row.label == "16M x1"
    assert found.cell_bytes == 512 << 10
    assert row.cells == IN_USE * 16 + SPLIT * 8 + WAITING * 8


def test_what_is_free_is_split_off_unless_the_whole_segment_is_free() -> None:
    assert pieces_of(segment((MIB, "free"))) == [(MIB, FREE)]
    assert pieces_of(segment((MIB, "free"), (MIB, "used"))) == [(MIB, SPLIT), (MIB, IN_USE)]
    assert pieces_of(segment((MIB, "free"), (MIB, "free"))) == [(MIB, SPLIT), (MIB, SPLIT)]


def test_where_a_block_ends_and_another_begins_can_be_seen_without_colours() -> None:
    found = drawn([segment((2 * MIB, "used"), (2 * MIB, "used"))], height=1)
    half = len(text(found)) // 2
    assert text(found) == IN_USE * (half - 1) + END + IN_USE * half
    assert len(set(GLYPHS.values())) == len(GLYPHS)
    assert {state for state in GLYPHS if state not in (END, GAP)} == set(WORDS)


def test_segments_are_put_together_by_their_size_class_the_largest_first() -> None:
    found = drawn([segment((n * MIB, "free")) for n in (1, 16, 1, 9, 1)], height=10)
    assert [row.label for row in found.rows if row.label] == ["≤16M x2", "1M x3"]


def test_many_small_segments_are_a_cell_each() -> None:
    found = drawn([segment((512, "used"))] * 300 + [segment((512, "free"))] * 100)
    assert text(found).count(IN_USE) == 300
    assert text(found).count(FREE) == 100
    assert found.left_out == 0


def test_more_segments_than_there_are_cells_are_counted() -> None:
    found = drawn([segment((512, "used"))] * 1000, width=20 + LABEL + 1, height=10)
    assert len(text(found)) == 200
    assert found.left_out == 800


def test_an_empty_pool_has_an_empty_map() -> None:
    assert drawn([]).rows == []


@given(segments, st.integers(20, 120), st.integers(1, 40))
def test_a_map_keeps_within_its_room_and_uses_it(
    found: list[Segment], width: int, height: int
) -> None:
    seen = drawn(found, width, height)
    assert len(seen.rows) <= height
    assert all(len(row.cells) <= width - LABEL - 1 for row in seen.rows)
    assert all(len(row.label) <= LABEL for row in seen.rows)
    if not seen.left_out:
        cells = text(seen).replace(GAP, "")
        assert len(cells) >= len(found)  # each has one at least
    if any(p.state == "used" for s in found for p in s.pieces) and seen.cell_bytes == 512:
        assert IN_USE in text(seen)


@given(segments)
def test_size_classes_have_every_byte_once(found: list[Segment]) -> None:
    classes = size_classes(found, {512: 3, 1 << 30: 7})
    states = [piece for one in found for piece in pieces_of(one)]
    for state, field in ((IN_USE, "used_bytes"), (SPLIT, "split_bytes"), (FREE, "free_bytes")):
        expected = sum(nbytes for nbytes, kind in states if kind == state)
        assert sum(getattr(one, field) for one in classes) == expected
    assert sum(one.used + one.split + one.free for one in classes) == len(states)
    assert sum(one.requests for one in classes) == 10
    assert [one.size for one in classes] == sorted({one.size for one in classes})


def test_the_map_of_a_real_pool_agrees_with_its_figures() -> None:
    for pool in (Pool(HostMemory()), Pool(HostMemory(), KnetClasses())):
        held = [pool.allocate(1000 * (i + 1)) for i in range(50)]
        del held[::3]
        stats = pool.stats()
        classes = size_classes(pool.segments(), stats.histogram)
        assert sum(one.used_bytes for one in classes) == stats.active.now
        assert sum(one.split_bytes for one in classes) == stats.inactive_split.now
        assert sum(one.bytes for one in classes) == stats.reserved.now
        assert sum(one.used for one in classes) == stats.blocks
        assert sum(one.requests for one in classes) == 50
