"""Cases for functions that move or repeat entries: axes, shapes, diagonals, windows, samples."""

from typing import Any

import numpy as np

from tests.knetengine.autograd.rules.case import Case


def joined(m: Any, parts: Any) -> Any:
    """One vector of several results."""
    return m.concatenate([m.ravel(part) * (i + 1) for i, part in enumerate(parts)])


AXES = {
    "transpose": Case(lambda m, x: m.transpose(x) * x.T, complex=True),
    "transpose axes": Case(lambda m, x: m.transpose(x, (2, 0, -2)), ((2, 3, 1),)),
    "transpose method": Case(
        lambda m, x: x.transpose(1, 2, 0) + x.transpose([1, 2, 0]), ((2, 3, 1),)
    ),
    "transpose vector": Case(lambda m, x: m.transpose(x), ((3,),)),
    "permute_dims transpose": Case(lambda m, x: m.permute_dims(x, (1, 0))),
    "matrix_transpose": Case(lambda m, x: m.matrix_transpose(x), ((2, 3, 4),), complex=True),
    "swapaxes": Case(lambda m, x: m.swapaxes(x, 0, -1) * x.swapaxes(-1, 0), ((2, 3, 1),)),
    "moveaxis": Case(lambda m, x: m.moveaxis(x, 0, -1), ((2, 3, 1),)),
    "moveaxis several": Case(
        lambda m, x: m.moveaxis(x, [0, -1], (1, 0)), ((2, 3, 4),), complex=True
    ),
    "rollaxis": Case(
        lambda m, x: joined(m, [m.rollaxis(x, 2), m.rollaxis(x, 0, 3), m.rollaxis(x, -1, -2)]),
        ((2, 3, 4),),
    ),
    "rollaxis in place": Case(lambda m, x: m.rollaxis(x, 1, 1) + m.rollaxis(x, 1, 2), ((2, 3, 4),)),
    "flip": Case(lambda m, x: m.flip(x, 1) + m.flip(x), complex=True),
    "flip axes": Case(lambda m, x: m.flip(x, (0, -1)), ((2, 3, 2),)),
    "fliplr flipud": Case(lambda m, x: m.fliplr(x) * m.flipud(x)),
    "rot90": Case(lambda m, x: m.rot90(x) + m.rot90(x, 3)),
    "rot90 twice": Case(lambda m, x: m.rot90(x, -2, axes=(0, 2)) + m.rot90(x, 0), ((2, 3, 2),)),
    "rot90 axes": Case(lambda m, x: m.rot90(x, 3, (-1, 0)), ((2, 3, 2),)),
    "roll": Case(lambda m, x: m.roll(x, 2, axis=-1) + m.roll(x, 1), complex=True),
    "roll axes": Case(lambda m, x: m.roll(x, (1, -2), axis=(0, 1)) + m.roll(x, 1, (0, 1))),
    "roll axis twice": Case(lambda m, x: m.roll(x, (1, 1), axis=(1, 1))),
    "roll beyond": Case(lambda m, x: m.roll(x, -8)),
}

SHAPES = {
    "reshape": Case(lambda m, x: m.reshape(x, (3, -1)) + x.reshape(3, 2), complex=True),
    "reshape F": Case(lambda m, x: m.reshape(x, (3, 2), order="F") * x.reshape((3, 2), order="F")),
    "reshape A": Case(
        lambda m, x: m.reshape(x, (3, 2), order="A") * m.reshape(x.T, (2, 3), order="A").T
    ),
    "reshape A of three axes": Case(
        lambda m, x: m.reshape(m.transpose(x), 12, order="A") * m.reshape(x, 12, order="A"),
        ((2, 3, 2),),
    ),
    "reshape copy": Case(lambda m, x: m.reshape(x, shape=(6,), copy=True)),
    "reshape 0-d": Case(lambda m, x: m.reshape(x, (1, 1)), ((),)),
    "reshape none": Case(lambda m, x: m.reshape(x, (3, 0, 2)), ((0, 2),)),
    "ravel": Case(lambda m, x: m.ravel(x) * x.ravel() * x.flatten()),
    "ravel F": Case(lambda m, x: m.ravel(x, order="F")),
    "ravel A": Case(lambda m, x: m.ravel(x.T, order="A") * m.ravel(x, "A")),
    "ravel K": Case(
        lambda m, x: m.ravel(m.transpose(x, (1, 2, 0)), order="K") * m.ravel(x, order="K"),
        ((2, 3, 4),),
    ),
    "ravel K reversed": Case(lambda m, x: m.ravel(m.flip(x, 0).T, order="K")),
    "ravel 0-d": Case(lambda m, x: m.ravel(x), ((),)),
    "expand_dims": Case(lambda m, x: m.expand_dims(x, (0, -1)), complex=True),
    "expand_dims 0-d": Case(lambda m, x: m.expand_dims(x, 0), ((),)),
    "squeeze": Case(lambda m, x: m.squeeze(x, 1) + x.squeeze(), ((2, 1, 3),)),
    "squeeze axes": Case(lambda m, x: m.squeeze(x, (0, -1)), ((1, 3, 1),)),
    "atleast_1d atleast_2d atleast_3d of 0-d": Case(
        lambda m, x: m.atleast_1d(x) + m.atleast_2d(x) + m.atleast_3d(x), ((),)
    ),
    "atleast_1d atleast_2d atleast_3d of vectors": Case(
        lambda m, x: m.atleast_1d(x) + m.atleast_2d(x) + m.atleast_3d(x), ((3,),)
    ),
    "atleast_3d of matrices": Case(lambda m, x: m.atleast_3d(x) * m.atleast_2d(x)[..., None]),
    "atleast_3d of tensors": Case(lambda m, x: m.atleast_3d(x), ((2, 1, 2, 2),)),
    "atleast_1d atleast_2d several": Case(
        lambda m, a, b: joined(m, [*m.atleast_1d(a, b), *m.atleast_2d(a, b)]), ((), (3,))
    ),
    "copy": Case(lambda m, x: m.copy(x) * x.copy(), complex=True),
    "astype": Case(lambda m, x: m.astype(x, x.dtype) + x.astype(x.dtype)),
    "astype complex": Case(
        lambda m, x: m.real(m.astype(x, m.result_type(x.dtype, m.complex64)) * 2j * x)
    ),
    "array asarray asanyarray like": Case(
        lambda m, x: (
            m.array([x[0], x[1] * 2], like=x)
            + m.asarray(x, like=x)
            + m.asanyarray([[x[0, 0]] * 3] * 2, dtype=x.dtype, like=x)
        )
    ),
    "ascontiguousarray asfortranarray require like": Case(
        lambda m, x: (
            m.ascontiguousarray(x, like=x) * m.asfortranarray(x[0], like=x)
            + m.require(x, requirements="C", like=x)
            if m is np
            else m.ascontiguousarray(x) * m.asfortranarray(x[0]) + m.require(x, x.dtype, ["F"])
        )
    ),
}

REPETITION = {
    "broadcast_to": Case(lambda m, x: m.broadcast_to(x, (4, 2, 3)), ((2, 1),), complex=True),
    "broadcast_to 0-d": Case(lambda m, x: m.broadcast_to(x, 3), ((),)),
    "broadcast_arrays": Case(
        lambda m, a, b: m.multiply(*m.broadcast_arrays(a, b)), ((2, 1), (3,)), complex=True
    ),
    "broadcast_arrays three": Case(
        lambda m, a, b: joined(m, m.broadcast_arrays(a, b[0], b)), ((2, 3), (3,))
    ),
    "full_like": Case(lambda m, x: m.full_like(x, x[0, 1]) * x),
    "full": Case(lambda m, x: m.full((2, 3), x[0], like=x) if m is np else m.full((2, 3), x[0])),
    "full dtype": Case(
        lambda m, x: m.full(4, x, x.dtype, like=x) if m is np else m.full(4, x, x.dtype), ((1,),)
    ),
    "meshgrid": Case(lambda m, a, b: joined(m, m.meshgrid(a, b)), ((2,), (3,))),
    "meshgrid ij": Case(lambda m, a, b: joined(m, m.meshgrid(a, b, indexing="ij")), ((2,), (3,))),
    "meshgrid sparse": Case(
        lambda m, a, b, c: m.multiply(*m.meshgrid(a, b, c, sparse=True)[:2]), ((2,), (3,), ())
    ),
    "meshgrid one": Case(lambda m, x: m.meshgrid(x)[0], ((3,),)),
    "repeat": Case(lambda m, x: m.repeat(x, 2, axis=0) * x.repeat(2, 0), complex=True),
    "repeat counts": Case(lambda m, x: m.repeat(x, [1, 0, 2], axis=-1), complex=True),
    "repeat one count": Case(lambda m, x: m.repeat(x, [3], axis=1)),
    "repeat flat": Case(lambda m, x: m.repeat(x, 2)),
    "repeat flat counts": Case(lambda m, x: m.repeat(x, [1, 0, 2, 3, 0, 1])),
    "repeat never": Case(lambda m, x: m.repeat(x, 0, axis=1)),
    "repeat 0-d": Case(lambda m, x: m.repeat(x, 3), ((),)),
    "tile": Case(lambda m, x: m.tile(x, (2, 1, 2)) + m.sum(m.tile(x, 3)), complex=True),
    "tile fewer": Case(lambda m, x: m.tile(x, 2), ((2, 3, 2),)),
    "tile once": Case(lambda m, x: m.tile(x, (1, 1))),
    "tile never": Case(lambda m, x: m.tile(x, (2, 0))),
    "tile 0-d": Case(lambda m, x: m.tile(x, (2, 3)), ((),)),
    "resize": Case(lambda m, x: m.resize(x, (3, 5)), complex=True),
    "resize smaller": Case(lambda m, x: m.resize(x, (2, 2)) * m.resize(x, 4).reshape(2, 2)),
    "resize none": Case(lambda m, x: m.resize(x, (2, 2)), ((0, 3),)),
    "sliding_window_view": Case(
        lambda m, x: m.lib.stride_tricks.sliding_window_view(x, 2) ** 2, ((4,),), complex=True
    ),
    "sliding_window_view axes": Case(
        lambda m, x: m.lib.stride_tricks.sliding_window_view(x, (2, 3)), ((3, 4),)
    ),
    "sliding_window_view axis": Case(
        lambda m, x: m.lib.stride_tricks.sliding_window_view(x, 2, axis=-2), ((2, 3, 2),)
    ),
    "sliding_window_view axis twice": Case(
        lambda m, x: m.lib.stride_tricks.sliding_window_view(x, (2, 3), axis=(0, 0)), ((5, 2),)
    ),
}

DIAGONALS = {
    "diagonal": Case(lambda m, x: m.diagonal(x, -1), ((3, 2, 2),), complex=True),
    "diagonal axes": Case(lambda m, x: m.diagonal(x, 1, axis1=-1, axis2=0), ((2, 3, 4),)),
    "diagonal outside": Case(lambda m, x: m.diagonal(x, 5)),
    "diag": Case(lambda m, x: m.diag(x), ((3, 2),), complex=True),
    "diag of a vector": Case(lambda m, x: m.diag(x, 1) + m.diag(x, -1), ((3,),), complex=True),
    "diagflat": Case(lambda m, x: m.diagflat(x, -2)),
    "tril triu": Case(lambda m, x: m.tril(x, -1) * m.triu(x.T).T + m.triu(x), ((3, 3),)),
    "tril triu of many": Case(
        lambda m, x: m.tril(x, 1) + m.triu(x, -1), ((2, 2, 3),), complex=True
    ),
    "tril triu of a vector": Case(lambda m, x: m.tril(x) + 2 * m.triu(x, 1), ((3,),)),
}

SAMPLES = {
    "linspace": Case(lambda m, a, b: m.linspace(a, b, 5), ((), ()), complex=True),
    "linspace of arrays": Case(
        lambda m, a, b: m.linspace(a, b, 4, endpoint=False, axis=-1), ((2, 1), (3,)), complex=True
    ),
    "linspace axis": Case(lambda m, a, b: m.linspace(a, b, num=3, axis=1), ((2, 3), (2, 3))),
    "linspace one": Case(lambda m, a, b: m.linspace(a, b, 1), ((2,), ())),
    "linspace none": Case(lambda m, a, b: m.linspace(a, b, 0), ((2,), ())),
    "linspace step": Case(
        lambda m, a, b: joined(m, m.linspace(a, b, 4, retstep=True)), ((2,), (2,))
    ),
    "linspace dtype": Case(lambda m, a: m.linspace(a, [1.0, 2.0], 3, dtype=a.dtype), ((2,),)),
    "logspace": Case(lambda m, a, b: m.logspace(a, b, 4, base=2.0), ((), ()), (-1, 1)),
    "logspace axis": Case(
        lambda m, a, b: m.logspace(a, b, 3, endpoint=False, axis=1), ((2,), (2,)), (-1, 1)
    ),
    "logspace base": Case(
        lambda m, a, b, c: m.logspace(a, b, 3, base=c, dtype=a.dtype, axis=-1),
        ((), (2,), (3, 1)),
        (0.5, 2),
    ),
    "geomspace": Case(
        lambda m, a, b: m.geomspace(a, b, 4, dtype=np.result_type(a, b)),
        ((), ()),
        (0.5, 3),
        complex=True,
    ),
    "geomspace one": Case(
        lambda m, a, b: m.geomspace(a, b, 1, dtype=a.dtype), ((2,), (2,)), (0.5, 3)
    ),
    "geomspace axis": Case(
        lambda m, a, b: m.geomspace(a, b, 3, endpoint=False, dtype=a.dtype, axis=-1),
        ((2, 1), (3,)),
        (-3, -0.5),
    ),
}

CASES = AXES | SHAPES | REPETITION | DIAGONALS | SAMPLES
