"""The tests that ThreadSanitizer watches: kernels whose threads wait for each other, or write where
an index says.

A thread that it watches takes a hundred times as long to switch to, so each kernel comes once, with
sizes of more than one block.
"""

from typing import Any

from knetengine.gpu.kernels import geometry
from tests.knetengine.gpu.host.host_driver import HostDriver
from tests.knetengine.gpu.kernels import test_copying as copying
from tests.knetengine.gpu.kernels import test_indexing as indexing
from tests.knetengine.gpu.kernels import test_reductions as reductions
from tests.knetengine.gpu.kernels.board import Board
from tests.knetengine.gpu.kernels.layers import test_normalization as normalization
from tests.knetengine.gpu.kernels.layers import test_recurrent as recurrent
from tests.knetengine.gpu.kernels.layers import test_softmax as softmax
from tests.knetengine.gpu.kernels.layers import test_windows as windows

RAGGED = (6, 2, 0, 5)

CHOSEN: list[tuple[Any, ...]] = [
    (copying.test_a_copy_of_a_view, "f", (70, 45), lambda a: a.T),
    (indexing.test_items_are_taken, "f", (90, 7), 1, (300,)),
    (indexing.test_the_last_of_several_values_stays, "f", (90, 7), 1, (300,)),
    (indexing.test_sums_of_any_length_at_any_place, 3, 84, 1100),
    (indexing.test_nonzero_is_numpy_s, "f", (2300,), 0.3),
    (indexing.test_scans_are_numpy_s, "cumsum", "f", (2, 2100), 1),
    (indexing.test_keys_are_sorted_and_equal_ones_keep_their_order, 1100, 17),
    (reductions.test_long_and_short_ones, "sum", "f", (700, 65), (0,)),
    (reductions.test_long_and_short_ones, "argmax", "f", (100003,), None),
    (reductions.test_long_and_short_ones, "max", "i", (5, 1000), (0, 1)),
    (normalization.test_channels_are_normalized, (4, 5, 6, 7), True, "f"),
    (normalization.test_rows_are_normalized, (70, 33), "f"),
    (softmax.test_rows_and_their_gradients, (3, 33), "f"),
    (softmax.test_loss_and_gradients_are_the_twin_s, 33, 57, True, "f"),
    *(
        (recurrent.test_a_layer_is_its_twin, recurrent.Case(kind, 6, 4, 65, False, RAGGED), "f")
        for kind in recurrent.GATES
    ),
    (windows.test_columns_and_back, windows.GEOMETRIES[3], "f"),
    (windows.test_maxima_and_their_places, windows.POOLS[3], "f"),
    (windows.test_sums_of_windows, windows.POOLS[3], "f"),
]


def run() -> list[str]:
    """Run them all, then again with one block for all; the names of the kernels."""
    seen: set[str] = set()
    launch = HostDriver.launch

    def noting(self: HostDriver, function: Any, *arguments: Any, **more: Any) -> None:
        seen.add(function.name)
        launch(self, function, *arguments, **more)

    HostDriver.launch = noting  # this process is for nothing else
    for blocks in (geometry.MOST_BLOCKS, 1):
        geometry.MOST_BLOCKS = blocks
        for test, *arguments in CHOSEN:
            board = Board(HostDriver())
            test(board, *arguments)
            board.clear()
    return sorted(seen)
