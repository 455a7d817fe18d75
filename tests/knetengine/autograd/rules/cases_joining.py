"""Cases for joining arrays, taking them apart, and choosing between them; padding."""

from typing import Any

import numpy as np

from tests.knetengine.autograd.rules.case import Case

MASK = np.array([[True, False, True], [False, True, True]])
OTHER = np.array([[True, True, False], [False, False, False]])


def parts(m: Any, arrays: Any) -> Any:
    """One vector of several results, each weighted by its place."""
    return m.concatenate([m.ravel(part) * (i + 1) for i, part in enumerate(arrays)])


JOINING = {
    "concatenate": Case(
        lambda m, a, b: m.concatenate([a, b, a], axis=-1), ((2, 1), (2, 3)), complex=True
    ),
    "concatenate first": Case(lambda m, a, b: m.concatenate((a, b)), ((2, 3), (0, 3))),
    "concatenate flat": Case(lambda m, a, b: m.concatenate([a, b], axis=None), ((2,), (1, 3))),
    "concatenate dtype": Case(
        lambda m, a, b: m.concatenate([a, b], dtype=a.dtype, casting="unsafe"), ((2,), (3,))
    ),
    "concatenate an array": Case(lambda m, x: m.concatenate(x, 1), ((2, 3, 2),)),
    "concat": Case(lambda m, a, b: m.concat([a, b], axis=1), ((2, 1), (2, 3))),
    "stack": Case(lambda m, a, b: m.stack([a, b, a], axis=-1), ((2, 3), (2, 3)), complex=True),
    "stack 0-d": Case(lambda m, a, b: m.stack([a, b, a * b]), ((), ())),
    "stack dtype": Case(lambda m, a, b: m.stack([a, b], 1, dtype=a.dtype), ((2,), (2,))),
    "hstack": Case(lambda m, a, b: m.hstack([a, b]), ((2,), (3,)), complex=True),
    "hstack of matrices": Case(lambda m, a, b: m.hstack((a, b), dtype=a.dtype), ((2, 1), (2, 3))),
    "hstack 0-d": Case(lambda m, a, b: m.hstack([a, b]), ((), (2,))),
    "vstack": Case(lambda m, a, b: m.vstack([a, b]), ((3,), (2, 3)), complex=True),
    "vstack 0-d": Case(lambda m, a, b: m.vstack([a, b], dtype=a.dtype), ((), (1,))),
    "dstack": Case(lambda m, a, b: m.dstack([a, b]), ((3,), (1, 3, 2))),
    "dstack of matrices": Case(lambda m, a, b: m.dstack([a, b]), ((2, 3), (2, 3))),
    "column_stack": Case(lambda m, a, b: m.column_stack([a, b]), ((2,), (2, 3))),
    "column_stack 0-d": Case(lambda m, a, b: m.column_stack([a, b]), ((), (1, 2))),
    "block": Case(
        lambda m, a, b, c: m.block([[a, b], [c, a[:, :1]]]), ((2, 2), (2, 1), (2, 2)), complex=True
    ),
    "block of one level": Case(lambda m, a, b: m.block([a, b, a]), ((2,), ())),
    "block of vectors": Case(lambda m, a, b: m.block([[a], [b]]), ((3,), (2, 3))),
    "block of three levels": Case(lambda m, a, b: m.block([[[a, b]], [[b, a]]]), ((2, 2), (2, 2))),
    "append": Case(lambda m, a, b: m.append(a, b), ((2,), (2, 3))),
    "append axis": Case(lambda m, a, b: m.append(a, b, axis=1), ((2, 1), (2, 3)), complex=True),
    "insert": Case(lambda m, a, b: m.insert(a, 1, b, axis=1), ((2, 3), (2,)), complex=True),
    "insert flat": Case(lambda m, a, b: m.insert(a, 4, b), ((2, 3), ())),
    "insert a number": Case(lambda m, x: m.insert(x, -1, 5.0, axis=0)),
    "insert a block": Case(lambda m, a, b: m.insert(a, [1], b, axis=1), ((2, 3), (2, 2))),
    "insert at one place": Case(lambda m, a, b: m.insert(a, 2, b, axis=0), ((2, 3), (3,))),
    "insert at places": Case(
        lambda m, a, b: m.insert(a, [2, 0, 0, -1], b, axis=-1), ((2, 3), (2, 4)), complex=True
    ),
    "insert a slice": Case(lambda m, a, b: m.insert(a, slice(0, 3, 2), b, 1), ((2, 3), (2,))),
    "insert by a mask": Case(
        lambda m, a, b: m.insert(a, np.array([True, False, True]), b, 1), ((2, 3), ())
    ),
    "insert nothing": Case(lambda m, a, b: m.insert(a, [], b, 1), ((2, 3), (2, 0))),
    "delete": Case(lambda m, x: m.delete(x, 1, axis=1) * m.delete(x, -1, axis=1), complex=True),
    "delete places": Case(lambda m, x: m.delete(x, [0, 2, 2], axis=-1)),
    "delete flat": Case(lambda m, x: m.delete(x, slice(None, None, 2))),
    "delete by a mask": Case(lambda m, x: m.delete(x, np.array([True, False]), 0)),
    "delete nothing": Case(lambda m, x: m.delete(x, [], 0)),
}

TAKING_APART = {
    "split array_split": Case(
        lambda m, x: m.split(x, 3, axis=1)[1] + m.array_split(x, 2, axis=1)[1], complex=True
    ),
    "array_split": Case(lambda m, x: parts(m, m.array_split(x, 3, axis=-1)), ((2, 5),)),
    "array_split places": Case(lambda m, x: parts(m, m.array_split(x, [1, 4, 3], 1)), ((2, 5),)),
    "array_split more": Case(lambda m, x: parts(m, m.array_split(x, 4))),
    "split places": Case(lambda m, x: parts(m, m.split(x, (1, -1), axis=1)), ((2, 4),)),
    "hsplit vsplit": Case(lambda m, x: parts(m, m.hsplit(x, 3) + m.vsplit(x, [1]))),
    "hsplit of a vector": Case(lambda m, x: parts(m, m.hsplit(x, 2)), ((4,),)),
    "dsplit": Case(lambda m, x: parts(m, m.dsplit(x, 2)), ((1, 2, 4),)),
    "unstack": Case(lambda m, x: parts(m, m.unstack(x)), complex=True),
    "unstack axis": Case(lambda m, x: parts(m, m.unstack(x, axis=-2)), ((2, 3, 2),)),
}

CHOOSING = {
    "where": Case(lambda m, a, b: m.where(np.eye(2, 3) > 0, a, b), ((2, 3), (3,)), complex=True),
    "where of numbers": Case(lambda m, x: m.where(MASK, x, 1.5) * m.where(MASK, 2.0, x)),
    "where of 0-d": Case(lambda m, a, b: m.where(MASK, a, b), ((), (2, 1))),
    "where recorded": Case(
        lambda m, a, b: m.where(a > b, a, b), distinct=True, shapes=((3,), (3,))
    ),
    "select": Case(
        lambda m, a, b: m.select([MASK, OTHER], [a, b], 0.5), ((2, 3), (3,)), complex=True
    ),
    "select default": Case(
        lambda m, a, b, c: m.select([OTHER, MASK, MASK], [a, b, 2.0], default=c),
        ((), (2, 3), (2, 1)),
    ),
    "choose": Case(
        lambda m, a, b: m.choose(np.array([[0, 1, 2], [1, 2, 0]]), [a, b, 1.5]), ((2, 3), (3,))
    ),
    "choose wrap": Case(
        lambda m, a, b: m.choose(np.array([-1, 3, 0]), (a, b), mode="wrap"), ((3,), ())
    ),
    "choose clip": Case(
        lambda m, x: m.choose(np.array([-1, 3, 0]), x, mode="clip"), ((2, 3),), complex=True
    ),
    "compress": Case(lambda m, x: m.compress([True, False, True], x, axis=1), complex=True),
    "compress shorter": Case(lambda m, x: m.compress([0, 1], x) * m.compress([2], x, -1)[0, 0]),
    "extract": Case(lambda m, x: m.extract(MASK, x) * m.extract(MASK.tolist(), x)),
    "piecewise": Case(
        lambda m, x: m.piecewise(x, [x < -1.2, x > 1.2], [lambda v: v**2, 3.0, lambda v: m.sin(v)]),
        distinct=True,
    ),
    "piecewise overlapping": Case(
        lambda m, x: m.piecewise(
            x, [x > -5, x > 0, x > 9], [lambda v, by: m.exp(v), lambda v, by: v * by, 1.0], 2.0
        ),
        distinct=True,
    ),
    "piecewise one condition": Case(
        lambda m, x: m.piecewise(x, x > 0, [lambda v, by: v * by, lambda v, by: by], by=x[0] ** 2),
        ((4,),),
        distinct=True,
    ),
    "piecewise 0-d": Case(lambda m, x: m.piecewise(x, [x > 0], [m.sin, m.cos]), ((),), (0.5, 2)),
}


def padded(*widths: Any, shape: tuple[int, ...] = (2, 3), **options: Any) -> Case:
    distinct = options.get("mode") in ("maximum", "minimum", "median")
    return Case(
        lambda m, x: m.pad(x, *widths, **options), (shape,), distinct=distinct, complex=not distinct
    )


PADDING = {
    "pad": Case(lambda m, x: m.pad(x, ((1, 0), (2, 1))) + m.pad(x, 1)[1:, :1]),
    "pad constant": padded([(1, 2)], constant_values=((3.0, 4.0), (0.0, -1.0))),
    "pad dict": padded({-1: (1, 2), 0: 1}),
    "pad empty axis": padded(1, shape=(0, 3)),
    "pad of numbers": Case(
        lambda m, x, a: m.pad(x, 1, constant_values=a) * m.pad(x, 1, constant_values=(a, 2.0 * a)),
        ((2, 3), ()),
    ),
    "pad of pairs": Case(
        lambda m, x, a: m.pad(x, ((0, 1), (2, 1)), constant_values=((a, 1.0), (2.0, a**2))),
        ((2, 3), ()),
    ),
    "pad edge": padded(((1, 2), (0, 3)), mode="edge"),
    "pad reflect": padded(((1, 0), (2, 1)), mode="reflect"),
    "pad reflect far": padded((4, 7), mode="reflect"),
    "pad reflect odd": padded(((1, 1), (2, 1)), mode="reflect", reflect_type="odd"),
    "pad reflect odd far": padded((4, 7), mode="reflect", reflect_type="odd"),
    "pad reflect one": padded(2, mode="reflect", shape=(1, 2)),
    "pad symmetric": padded(((1, 2), (3, 1)), mode="symmetric"),
    "pad symmetric far": padded((5, 8), mode="symmetric"),
    "pad symmetric odd": padded((2, 1), mode="symmetric", reflect_type="odd"),
    "pad symmetric odd far": padded((5, 8), mode="symmetric", reflect_type="odd"),
    "pad wrap": padded(((1, 2), (0, 3)), mode="wrap"),
    "pad wrap far": padded((5, 8), mode="wrap"),
    "pad linear_ramp": padded(((1, 2), (0, 3)), mode="linear_ramp"),
    "pad linear_ramp ends": padded(
        (2, 3), mode="linear_ramp", end_values=((1.0, 2.0), (3.0, -1.0))
    ),
    "pad linear_ramp recorded ends": Case(
        lambda m, x, a: m.pad(x, (2, 1), mode="linear_ramp", end_values=(a, 1.0)), ((2, 3), ())
    ),
    "pad maximum": padded((2, 1), mode="maximum"),
    "pad minimum": padded(((1, 1), (0, 2)), mode="minimum", stat_length=2),
    "pad mean": padded((2, 1), mode="mean", stat_length=((1, 2), (2, 9))),
    "pad mean all": padded(1, mode="mean"),
    "pad median": padded((1, 2), mode="median", stat_length=3),
    "pad one axis": padded(2, mode="wrap", shape=(3,)),
}

CASES = JOINING | TAKING_APART | CHOOSING | PADDING
