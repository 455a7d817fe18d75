"""Cases for convolution, interpolation, integrals and differences."""

from typing import Any

import numpy as np

from tests.knetengine.autograd.rules.case import Case

KNOTS = np.array([-1.5, -0.7, 0.1, 0.9, 1.6])


def spread(m: Any, x: Any, *others: Any) -> tuple[Any, ...]:
    """Positions in rising order."""
    return (0.2 * x + np.arange(x.shape[-1]), *others)


CASES = {
    "interp": Case(lambda m, x, f: m.interp(x, KNOTS, f), ((2, 3), (5,)), distinct=True),
    "interp 0-d": Case(lambda m, x, f: m.interp(x, KNOTS, f), ((), (5,)), (0.2, 0.8)),
    "interp knots": Case(
        lambda m, k, f, x: m.interp(2 * x, k, f), ((4,), (4,), (5,)), (0.3, 1.4), prepare=spread
    ),
    "interp outside": Case(
        lambda m, x, f, low, high: m.interp(x, [-0.51, 0.02, 0.6], f, low, high),
        ((2, 4), (3,), (), ()),
        distinct=True,
    ),
    "interp period": Case(
        lambda m, x, k, f: m.interp(3 * x + 0.1, k, f, period=4.0),
        ((3,), (4,), (4,)),
        distinct=True,
    ),
    "interp one knot": Case(lambda m, x, f: m.interp(x, [0.02], f), ((3,), (1,)), distinct=True),
    "interp complex": Case(
        lambda m, f: m.interp([0.3, -2.0], KNOTS, f, left=0.5), ((5,),), complex=True
    ),
    "trapezoid": Case(lambda m, y: m.trapezoid(y) * m.trapezoid(y, axis=0, dx=0.5)[0]),
    "trapezoid x": Case(
        lambda m, y, x, w: m.trapezoid(y, x, axis=0) + m.trapezoid(y, w, axis=1)[0],
        ((2, 3), (2,), (2, 3)),
        complex=True,
    ),
    "trapezoid dx": Case(lambda m, y, h: m.trapezoid(y, dx=h), ((3,), ())),
    "gradient": Case(lambda m, f: m.gradient(f), ((4,),), complex=True),
    "gradient axes": Case(lambda m, f: sum(m.gradient(f)), ((2, 3),)),
    "gradient axis": Case(lambda m, f: m.gradient(f, 0.5, axis=-1, edge_order=2)),
    "gradient spacing": Case(
        lambda m, f, x, h: sum(m.gradient(f, h, x, axis=(1, 0))),
        ((4, 3), (4,), ()),
        (0.5, 2),
        prepare=lambda m, f, x, h: (f, *spread(m, x), h),
    ),
    "gradient edges": Case(
        lambda m, f, x: m.gradient(f, x, axis=0, edge_order=2),
        ((3, 2), (3,)),
        prepare=lambda m, f, x: (f, *spread(m, x)),
    ),
    "gradient two": Case(lambda m, f: m.gradient(f, 2.0), ((2,),)),
    "ediff1d": Case(lambda m, x: m.ediff1d(x)),
    "ediff1d ends": Case(
        lambda m, x, a, b: m.ediff1d(x, a, to_begin=b), ((2, 3), (2,), ()), complex=True
    ),
    "unwrap": Case(lambda m, x: m.unwrap(4 * x, axis=0) + m.unwrap(3 * x, period=2.0)),
}
for mode in ("full", "same", "valid"):
    for sizes in ((5, 3), (5, 2), (4, 2), (4, 3), (2, 4), (2, 5), (3, 5), (3, 4), (3, 3), (1, 4)):
        shapes = tuple((n,) for n in sizes)
        CASES[f"convolve {mode} {sizes}"] = Case(
            lambda m, a, v, mode=mode: m.convolve(a, v, mode), shapes, complex=True
        )
        CASES[f"correlate {mode} {sizes}"] = Case(
            lambda m, a, v, mode=mode: m.correlate(a, v, mode), shapes, complex=True
        )
