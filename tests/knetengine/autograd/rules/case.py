"""A case: a function that a derivative rule is checked with."""

from typing import Any, NamedTuple


class Case(NamedTuple):
    """A function of arrays, given the namespace it takes its functions from.

    function: ``function(m, *arrays)``; m is NumPy or `knetengine.numpy`.
    domain: the interval the entries come from.
    distinct: no two entries closer than 0.05, so that no difference steps over a kink.
    complex: the case is defined for complex arrays as well.
    prepare: ``prepare(m, *arrays)``, the arrays the function gets instead; it is differentiated
        too, and keeps what a function asks for under any change (``x @ x.T`` is symmetric).
    """

    function: Any
    shapes: tuple[tuple[int, ...], ...] = ((2, 3),)
    domain: tuple[float, float] = (-2.0, 2.0)
    distinct: bool = False
    complex: bool = False
    prepare: Any = None

    def __call__(self, m: Any, *arrays: Any) -> Any:
        """The function's result, of prepared arrays."""
        return self.function(m, *(self.prepare(m, *arrays) if self.prepare else arrays))
