"""Cases for products: `matmul` and its kin, `tensordot`, `kron`, `cross`, `trace`."""

import numpy as np

from tests.knetengine.autograd.rules.case import Case


def product(shape: tuple[int, ...], other: tuple[int, ...]) -> Case:
    return Case(lambda m, a, b: m.matmul(a, b), (shape, other), complex=True)


MATRICES = {
    "matmul": product((2, 3), (3, 2)),
    "matmul vectors": Case(lambda m, a, b: a @ b, ((3,), (3,)), complex=True),
    "matmul vector left": product((3,), (2, 3, 2)),
    "matmul vector right": product((2, 2, 3), (3,)),
    "matmul vector matrix": Case(lambda m, a, b: a @ b, ((3,), (3, 2))),
    "matmul matrix vector": Case(lambda m, a, b: a @ b, ((2, 3), (3,))),
    "matmul rows": product((2, 2, 3), (3, 2)),
    "matmul batch": product((2, 1, 2, 3), (3, 3, 1)),
    "matmul batch one": product((1, 2, 3), (4, 3, 2)),
    "matmul left matrix": product((2, 3), (2, 3, 2)),
    "matmul left matrix of more axes": product((2, 3), (2, 1, 3, 2)),
    "matmul none summed": product((2, 0), (0, 3)),
    "matmul no rows": product((0, 2, 3), (3, 2)),
    "matvec": Case(lambda m, a, x: m.matvec(a, x), ((2, 3), (3,)), complex=True),
    "matvec batch": Case(lambda m, a, x: m.matvec(a, x), ((4, 1, 2, 3), (2, 3)), complex=True),
    "vecmat": Case(lambda m, x, a: m.vecmat(x, a), ((3,), (3, 2)), complex=True),
    "vecmat batch": Case(lambda m, x, a: m.vecmat(x, a), ((2, 3), (4, 1, 3, 2)), complex=True),
    "vecdot": Case(lambda m, a, b: m.vecdot(a, b), ((2, 3), (2, 3)), complex=True),
    "vecdot batch": Case(lambda m, a, b: m.vecdot(a, b), ((4, 1, 3), (2, 3)), complex=True),
    "vecdot axis": Case(lambda m, a, b: m.vecdot(a, b, axis=0), ((3, 2), (3, 1)), complex=True),
    "vecdot axis of each": Case(lambda m, a, b: m.vecdot(a, b, axis=0), ((3, 2, 2), (3,))),
    "vecdot keepdims": Case(
        lambda m, a, b: m.vecdot(a, b, axis=-2, keepdims=True), ((3, 2), (3, 2)), complex=True
    ),
    "dot": Case(lambda m, a, b: m.dot(a, b) + a.dot(b), ((2, 3), (3, 2)), complex=True),
    "dot vectors": Case(lambda m, a, b: m.dot(a, b), ((3,), (3,)), complex=True),
    "dot scalar": Case(lambda m, a, b: m.dot(a, b), ((), (2, 3))),
    "dot by a scalar": Case(lambda m, a, b: m.dot(a, b), ((2, 3), ())),
    "dot many": Case(lambda m, a, b: m.dot(a, b), ((2, 3), (2, 3, 2)), complex=True),
    "dot vector many": Case(lambda m, a, b: m.dot(a, b), ((3,), (2, 3, 2))),
    "dot many vector": Case(lambda m, a, b: m.dot(a, b), ((2, 2, 3), (3,))),
    "inner": Case(lambda m, a, b: m.inner(a, b), ((2, 3), (2, 2, 3)), complex=True),
    "inner vectors": Case(lambda m, a, b: m.inner(a, b), ((3,), (3,))),
    "inner scalar": Case(lambda m, a, b: m.inner(a, b), ((2, 3), ())),
    "vdot": Case(lambda m, a, b: m.vdot(a, b), ((2, 3), (2, 3)), complex=True),
    "vdot 0-d": Case(lambda m, a, b: m.vdot(a, b), ((), ()), complex=True),
    "outer": Case(lambda m, a, b: m.outer(a, b), ((2,), (3,)), complex=True),
    "outer of matrices": Case(lambda m, a, b: m.outer(a, b), ((2, 2), (1, 3))),
}

TENSORS = {
    "tensordot": Case(lambda m, a, b: m.tensordot(a, b), ((2, 3, 2), (3, 2)), complex=True),
    "tensordot axes": Case(
        lambda m, a, b: m.tensordot(a, b, axes=((0, -1), (1, 0))), ((2, 3, 2), (2, 2))
    ),
    "tensordot axes crossed": Case(
        lambda m, a, b: m.tensordot(a, b, axes=([1, 0], [0, 2])),
        ((2, 3, 4), (3, 2, 2)),
        complex=True,
    ),
    "tensordot axes in turn": Case(
        lambda m, a, b: m.tensordot(a, b, ([2, 0, 1], [1, 2, 0])), ((2, 3, 4), (3, 4, 2, 2))
    ),
    "tensordot axis": Case(lambda m, a, b: m.tensordot(a, b, (0, -1)), ((2, 3), (3, 2))),
    "tensordot 0": Case(lambda m, a, b: m.tensordot(a, b, 0), ((2,), (3, 2))),
    "tensordot all": Case(lambda m, a, b: m.tensordot(a, b), ((2, 3), (2, 3))),
    "tensordot 0-d": Case(lambda m, a, b: m.tensordot(a, b, 0), ((), (3,))),
    "tensordot none": Case(lambda m, a, b: m.tensordot(a, b, 1), ((2, 0), (0, 3))),
    "kron": Case(lambda m, a, b: m.kron(a, b), ((2, 3), (3, 2)), complex=True),
    "kron vectors": Case(lambda m, a, b: m.kron(a, b), ((2,), (3,))),
    "kron of more axes": Case(lambda m, a, b: m.kron(a, b), ((2, 1, 2), (3,))),
    "kron of fewer axes": Case(lambda m, a, b: m.kron(a, b), ((2,), (2, 1, 3))),
    "kron scalar": Case(lambda m, a, b: m.kron(a, b), ((), (2, 3))),
    "cross": Case(lambda m, a, b: m.cross(a, b), ((2, 3), (2, 3)), complex=True),
    "cross broadcast": Case(lambda m, a, b: m.cross(a, b), ((3,), (4, 2, 3))),
    "cross axis": Case(lambda m, a, b: m.cross(a, b, axis=0), ((3, 2), (3, 2))),
    "cross axes": Case(lambda m, a, b: m.cross(a, b, axisa=0, axisb=1, axisc=0), ((3, 2), (2, 3))),
    "trace": Case(lambda m, x: m.trace(x, 1), ((3, 3),), complex=True),
    "trace axes": Case(lambda m, x: m.trace(x, -1, 2, 0), ((3, 2, 4),)),
    "trace dtype": Case(lambda m, x: m.trace(x, dtype=x.dtype), ((2, 3),)),
}

EINSUM = {
    "einsum": Case(
        lambda m, a, b: m.einsum("bik,bkj->bij", a, b), ((2, 1, 3), (2, 3, 2)), complex=True
    ),
    "einsum implicit": Case(lambda m, a, b: m.einsum("ij, jk", a, b), ((2, 3), (3, 2))),
    "einsum implicit order": Case(lambda m, a, b: m.einsum("aB,cB", a, b), ((2, 3), (4, 3))),
    "einsum implicit transpose": Case(lambda m, x: m.einsum("ba", x) + m.einsum("aB", x)),
    "einsum summed": Case(lambda m, a, b: m.einsum("ij,k->k", a, b), ((2, 3), (2,))),
    "einsum permuted": Case(lambda m, x: m.einsum("ijk->kij", x), ((2, 3, 2),)),
    "einsum all": Case(lambda m, x: m.einsum("ij->", x)),
    "einsum outer": Case(lambda m, a, b: m.einsum("i,j", a, b), ((2,), (3,))),
    "einsum three": Case(
        lambda m, a, b, c: m.einsum("ij,jk,kl->il", a, b, c), ((2, 3), (3, 2), (2, 3)), complex=True
    ),
    "einsum three optimize": Case(
        lambda m, a, b, c: m.einsum("ij,jk,kl->il", a, b, c, optimize=True),
        ((2, 3), (3, 2), (2, 3)),
    ),
    "einsum path": Case(
        lambda m, a, b, c: m.einsum(
            "ij,jk,kl->il", a, b, c, optimize=["einsum_path", (1, 2), (0, 1)]
        ),
        ((2, 3), (3, 2), (2, 3)),
    ),
    "einsum diagonal": Case(lambda m, x: m.einsum("ii->i", x), ((3, 3),), complex=True),
    "einsum trace": Case(lambda m, x: m.einsum("ii", x), ((3, 3),)),
    "einsum trace of a product": Case(lambda m, a, b: m.einsum("ij,ji", a, b), ((2, 3), (3, 2))),
    "einsum diagonals": Case(lambda m, x: m.einsum("ijij->ji", x), ((2, 3, 2, 3),)),
    "einsum diagonal of three": Case(
        lambda m, x: m.einsum("iji,i->j", x, x[:, 0, 0]), ((2, 3, 2),)
    ),
    "einsum cube": Case(lambda m, x: m.einsum("iii->i", x), ((2, 2, 2),)),
    "einsum ellipsis": Case(
        lambda m, a, b: m.einsum("...ij,...jk->...ik", a, b), ((4, 1, 2, 3), (2, 3, 2))
    ),
    "einsum ellipsis implicit": Case(lambda m, a, b: m.einsum("i...,i", a, b), ((3, 2, 4), (3,))),
    "einsum ellipsis middle": Case(
        lambda m, a, b: m.einsum("i...j,j...->...i", a, b), ((2, 4, 3), (3, 1)), complex=True
    ),
    "einsum ellipsis empty": Case(lambda m, a, b: m.einsum("...i,...i", a, b), ((3,), (3,))),
    "einsum ellipsis trace": Case(lambda m, x: m.einsum("...ii", x), ((2, 3, 3),)),
    "einsum lists": Case(
        lambda m, a, b: m.einsum(a, [0, 1], b, [1, 2]), ((2, 3), (3, 2)), complex=True
    ),
    "einsum lists output": Case(
        lambda m, a, b: m.einsum(a, [0, 30], b, [30, 2], [2, 0]), ((2, 3), (3, 2))
    ),
    "einsum lists ellipsis": Case(
        lambda m, a, b: m.einsum(a, [..., 0], b, [0, ...], [...]), ((4, 2, 3), (3, 2))
    ),
    "einsum stretched": Case(lambda m, a, b: m.einsum("ij,ij->i", a, b), ((2, 3), (2, 1))),
    "einsum scalar": Case(lambda m, a, b: m.einsum(",ij->j", a, b), ((), (2, 3))),
    "einsum none": Case(lambda m, a, b: m.einsum("ij,jk", a, b), ((2, 0), (0, 3))),
    "einsum dtype": Case(
        lambda m, a, b: m.einsum("ij,j", a, b, dtype=np.result_type(a.dtype), order="C"),
        ((2, 3), (3,)),
    ),
}

CASES = MATRICES | TENSORS | EINSUM
