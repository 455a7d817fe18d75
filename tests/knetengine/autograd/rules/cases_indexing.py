"""Cases for picking entries: items, `take`, sorting and sets; functions applied along axes."""

from typing import Any

import numpy as np

from tests.knetengine.autograd.rules.case import Case

MASK = np.array([[True, False, True], [False, True, False]])

ITEMS = {
    "getitem": Case(lambda m, x: x[1] * x[:, 1:2] + x[-1, ::2].sum(), complex=True),
    "getitem reversed": Case(lambda m, x: x[::-1, ::-2] * x[1:, -1:0:-1]),
    "getitem repeated": Case(lambda m, x: x[[0, 1, 0]] * x[np.array([[1], [1]]), [0, 2, 0]].sum()),
    "getitem repeated by a tuple": Case(lambda m, x: x[((0, 0, 1),)] * x[(1, 1, 1), 0:3]),
    "getitem repeated by a range": Case(lambda m, x: x[range(2)] * x[1, range(0, 3)]),
    "getitem arrays apart": Case(
        lambda m, x: x[[0, 1, 1], :, [2, 0, 0]] * x[[0], 1:, [[1], [1]]].sum(), ((2, 3, 3),)
    ),
    "getitem array and number": Case(lambda m, x: x[1, [0, 2, 2]] * x[np.int64(0), np.array(1)]),
    "getitem negative": Case(lambda m, x: x[[-1, 0, -1], -1]),
    "getitem mask": Case(lambda m, x: x[MASK] * x[..., np.array([True, False, True])].sum()),
    "getitem mask and array": Case(lambda m, x: x[[True, True], [0, 2]]),
    "getitem mask list": Case(lambda m, x: x[[[True, False, True], [False, True, False]]]),
    "getitem 0-d mask": Case(lambda m, x: x[True] * x[np.True_] + x[False].sum()),
    "getitem new axis": Case(lambda m, x: x[None, ..., 0, np.newaxis] + x[..., None, 1, None]),
    "getitem ellipsis": Case(lambda m, x: x[..., 1] + x[1, ..., 1] + x[...][:, 2]),
    "getitem 0-d": Case(lambda m, x: x[()] * x[None] * x[...], ((),)),
    "getitem nothing": Case(lambda m, x: x[2:] + x[[]] + x[:, 1:1].sum()),
    "getitem np.ix_": Case(lambda m, x: x[m.ix_([1, 0, 1], [2, 2])], complex=True),
    "getitem array": Case(lambda m, x: x[np.array([[1, 1], [0, 1]])]),
    "item tolist": Case(lambda m, x: x[0] * x.item(4) * x.tolist()[1][2] * x.item(0, 1)),
    "rows": Case(lambda m, x: sum(row * i for i, row in enumerate(x))),
    "take": Case(lambda m, x: m.take(x, [[0, 1], [2, 2]], axis=1) + m.take(x, 5), complex=True),
    "take 0-d": Case(lambda m, x: m.take(x, 1, axis=-1) * m.take(x, np.array(-1), axis=1)),
    "take flat": Case(lambda m, x: m.take(x, [5, -1, 0]) * x.take([1, 1, 2])),
    "take nothing": Case(lambda m, x: m.take(x, np.array([], int), axis=0)),
    "take wrap": Case(lambda m, x: m.take(x, [3, -4], axis=0, mode="wrap")),
    "take clip": Case(lambda m, x: m.take(x, [-3, 7, 1], 1, mode="clip")),
    "take_along_axis": Case(
        lambda m, x: m.take_along_axis(x, np.array([[0, 0], [2, 1]]), 1), complex=True
    ),
    "take_along_axis broadcast": Case(
        lambda m, x: (
            m.take_along_axis(x, np.array([[1, 0, 1]]), axis=0)
            * m.take_along_axis(x, np.array([[-1], [1]]), axis=-1)
        )
    ),
    "take_along_axis flat": Case(lambda m, x: m.take_along_axis(x, np.array([5, 0, 5]), None)),
    "take_along_axis of three axes": Case(
        lambda m, x: m.take_along_axis(x, m.argsort(x, -2), -2), ((2, 3, 2),), distinct=True
    ),
    "trim_zeros": Case(
        lambda m, x: m.trim_zeros(m.pad(x, (2, 1))) + m.trim_zeros(m.pad(x, 1), "f").sum(), ((4,),)
    ),
    "trim_zeros axis": Case(lambda m, x: m.trim_zeros(m.pad(x, 2), "B", axis=-1)),
    "trim_zeros nothing left": Case(lambda m, x: m.trim_zeros(x * 0.0) + x[:0, :0]),
}

DIFFERENCES = {
    "diff": Case(lambda m, x: m.diff(x, 2, axis=1) + m.diff(x, axis=0).sum(), complex=True),
    "diff none": Case(lambda m, x: m.diff(x, n=0) + m.diff(x, 4).sum()),
    "diff prepend append": Case(
        lambda m, a, b: m.diff(a, prepend=b, append=b[:, :1]), ((2, 3), (2, 2)), complex=True
    ),
    "diff prepend a number": Case(lambda m, a, b: m.diff(a, 2, 0, b, b * b), ((2, 3), ())),
}


def ordered(function: Any, shapes: Any = ((2, 4),), **options: Any) -> Case:
    return Case(function, shapes, distinct=True, **options)


SORTING = {
    "sort": ordered(lambda m, x: m.sort(x) * m.sort(x, axis=0) * m.sort(x, None)[2], complex=True),
    "sort axis": ordered(lambda m, x: m.sort(x, axis=-2, kind="stable"), ((3, 2, 2),)),
    "sort stable": ordered(lambda m, x: m.sort(x, stable=True)),
    "sort none": ordered(lambda m, x: m.sort(x, axis=1), ((2, 0),)),
    "partition": ordered(lambda m, x: m.sort(m.partition(x, 2)[..., :2], -1), ((2, 5),)),
    "partition axis": ordered(lambda m, x: m.partition(x, [1], axis=0)[1], ((3, 2),)),
    "partition flat": ordered(lambda m, x: m.partition(x, (0, -1), None)[:: x.size - 1]),
    "sort_complex": ordered(lambda m, x: m.real(m.sort_complex(x) * 1j * m.sort_complex(x) * 1j)),
    "unique": ordered(lambda m, x: m.unique(x) * m.unique(m.concatenate([x, x]))),
    "unique indices": ordered(lambda m, x: m.unique(x, True, True, True)[0]),
    "unique inverse": ordered(lambda m, x: m.unique(x, return_inverse=True)[0], ((4,),)),
    "unique axis": ordered(lambda m, x: m.unique(x[[1, 0, 1]], axis=0) + m.unique(x, axis=-1)),
    "unique_values": ordered(lambda m, x: m.sort(m.unique_values(x)) * m.unique_all(x).values),
    "unique_all unique_counts unique_inverse": ordered(
        lambda m, x: m.unique_all(x).values * m.unique_counts(x).values * m.unique_inverse(x).values
    ),
    "union1d": ordered(lambda m, a, b: m.union1d(a, m.append(b, a)), ((3,), (2, 2))),
    "setdiff1d": ordered(lambda m, x: m.setdiff1d(x, x[1]) + m.setdiff1d(x, x[1], True)),
    "setxor1d": ordered(lambda m, a, b: m.setxor1d(m.append(a, b), b[1:]), ((3,), (2,))),
    "intersect1d": ordered(lambda m, x: m.intersect1d(x, x[:, 1:])),
    "intersect1d indices": ordered(lambda m, x: m.intersect1d(x, x[1], return_indices=True)[0]),
}

APPLYING = {
    "apply_along_axis": Case(
        lambda m, x: m.apply_along_axis(lambda row: m.sum(row) * row[0], 1, x), complex=True
    ),
    "apply_along_axis to vectors": Case(
        lambda m, x: m.apply_along_axis(lambda row, by: row[::-1] * by, -2, x, by=2.0), ((2, 3, 2),)
    ),
    "apply_along_axis to matrices": Case(lambda m, x: m.apply_along_axis(m.diag, 0, x), ((2, 3),)),
    "apply_along_axis to one": Case(lambda m, x: m.apply_along_axis(m.sum, 0, x), ((3,),)),
    "apply_over_axes": Case(lambda m, x: m.apply_over_axes(m.sum, x**2, [0, -1]), ((2, 3, 2),)),
    "apply_over_axes kept": Case(lambda m, x: m.apply_over_axes(m.cumsum, x, 1)),
}

CASES = ITEMS | DIFFERENCES | SORTING | APPLYING
