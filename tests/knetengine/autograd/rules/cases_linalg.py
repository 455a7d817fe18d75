"""Cases for `np.linalg`: systems, decompositions, norms.

Vectors of a decomposition are compared in combinations that their signs and phases leave alone.
"""

import numpy as np

from tests.knetengine.autograd.rules.case import Case
from tests.knetengine.autograd.rules.matrices import (
    apart,
    complement,
    hermitian,
    positive,
    rebuilt,
    regular,
    spread,
    steady,
    swap,
)

EVERY_SVD = {
    "reduced": lambda m, x: m.linalg.svd(x, full_matrices=False),
    "full": lambda m, x: m.linalg.svd(x),
}
SYSTEMS = {
    "linalg.solve matrix": Case(
        lambda m, a, b: m.linalg.solve(a, b), ((3, 3), (3, 2)), prepare=regular, complex=True
    ),
    "linalg.solve vector": Case(
        lambda m, a, b: m.linalg.solve(a, b), ((3, 3), (3,)), prepare=regular, complex=True
    ),
    "linalg.solve stack vector": Case(
        lambda m, a, b: m.linalg.solve(a, b), ((2, 3, 3), (3,)), prepare=regular
    ),
    "linalg.solve broadcast": Case(
        lambda m, a, b: m.linalg.solve(a, b), ((2, 1, 2, 2), (3, 2, 1)), prepare=regular
    ),
    "linalg.solve one matrix": Case(
        lambda m, a, b: m.linalg.solve(a, b), ((2, 2), (3, 2, 2)), prepare=regular
    ),
    "linalg.solve empty": Case(lambda m, a, b: m.linalg.solve(a, b), ((0, 2, 2), (2, 1))),
    "linalg.inv": Case(lambda m, a: m.linalg.inv(a), ((3, 3),), prepare=regular, complex=True),
    "linalg.inv stack": Case(lambda m, a: m.linalg.inv(a), ((2, 2, 2),), prepare=regular),
    "linalg.tensorsolve": Case(
        lambda m, a, b: m.linalg.tensorsolve(m.reshape(a, (2, 3, 6)), b),
        ((6, 6), (2, 3)),
        prepare=regular,
        complex=True,
    ),
    "linalg.tensorsolve axes": Case(
        lambda m, a, b: m.linalg.tensorsolve(
            m.moveaxis(m.reshape(a, (4, 2, 2)), 0, 1), b, axes=(0, 2)
        ),
        ((4, 4), (4,)),
        prepare=regular,
    ),
    "linalg.tensorinv": Case(
        lambda m, a: m.linalg.tensorinv(m.reshape(a, (2, 2, 4))),
        ((4, 4),),
        prepare=regular,
        complex=True,
    ),
    "linalg.tensorinv ind": Case(
        lambda m, a: m.linalg.tensorinv(m.reshape(a, (4, 2, 2)), ind=1), ((4, 4),), prepare=regular
    ),
    "linalg.det": Case(lambda m, a: m.linalg.det(a), ((3, 3),), complex=True),
    "linalg.det of singular matrices": Case(
        lambda m, a, b: m.linalg.det(m.matmul(a, b)) + m.sum(a * a) + m.sum(b * b),
        ((2, 3, 2), (2, 3)),
    ),
    "linalg.det stack": Case(lambda m, a: m.linalg.det(a), ((2, 2, 2),), complex=True),
    "linalg.det empty": Case(lambda m, a: m.linalg.det(a), ((0, 2, 2),)),
    "linalg.slogdet": Case(
        lambda m, a: m.linalg.slogdet(a).logabsdet * m.linalg.slogdet(a)[0],
        ((3, 3),),
        prepare=regular,
        complex=True,
    ),
    "linalg.slogdet stack": Case(
        lambda m, a: m.linalg.slogdet(a)[1], ((2, 2, 2),), prepare=regular, complex=True
    ),
    "linalg.pinv tall": Case(
        lambda m, a: m.linalg.pinv(a), ((4, 2),), prepare=spread, complex=True
    ),
    "linalg.pinv wide stack": Case(
        lambda m, a: m.linalg.pinv(a, rcond=1e-6), ((2, 2, 3),), prepare=spread, complex=True
    ),
    "linalg.pinv rtol": Case(lambda m, a: m.linalg.pinv(a, rtol=None), ((3, 3),), prepare=regular),
    "linalg.pinv hermitian": Case(
        lambda m, a: m.linalg.pinv(a, hermitian=True), ((3, 3),), prepare=hermitian, complex=True
    ),
    "linalg.pinv hermitian triangle": Case(
        lambda m, a: m.linalg.pinv(a, hermitian=True), ((2, 2),), prepare=regular
    ),
    "linalg.lstsq": Case(
        lambda m, a, b: m.linalg.lstsq(a, b)[0],
        ((4, 2), (4, 3)),
        prepare=lambda m, a, b: (*spread(m, a), b),
        complex=True,
    ),
    "linalg.lstsq vector": Case(
        lambda m, a, b: m.linalg.lstsq(a, b, rcond=None)[0],
        ((4, 3), (4,)),
        prepare=lambda m, a, b: (*spread(m, a), b),
    ),
    "linalg.lstsq wide": Case(
        lambda m, a, b: m.linalg.lstsq(a, b)[0],
        ((2, 4), (2, 3)),
        prepare=lambda m, a, b: (*spread(m, a), b),
        complex=True,
    ),
    "linalg.lstsq residuals": Case(
        lambda m, a, b: m.linalg.lstsq(a, b)[1],
        ((4, 2), (4, 3)),
        prepare=lambda m, a, b: (*spread(m, a), b),
        complex=True,
    ),
    "linalg.lstsq singular values": Case(
        lambda m, a, b: m.linalg.lstsq(a, b)[3] + m.linalg.lstsq(a, b)[1],
        ((4, 2), (4,)),
        prepare=lambda m, a, b: (*spread(m, a), b),
        complex=True,
    ),
}
PRODUCTS = {
    "linalg.matrix_power 5": Case(
        lambda m, a: m.linalg.matrix_power(a, 5), ((2, 2),), (-1.0, 1.0), complex=True
    ),
    "linalg.matrix_power 2": Case(lambda m, a: m.linalg.matrix_power(a, 2), ((2, 3, 3),)),
    "linalg.matrix_power 1": Case(lambda m, a: m.linalg.matrix_power(a, 1), ((2, 2),)),
    "linalg.matrix_power 0": Case(
        lambda m, a: m.linalg.matrix_power(a, 0) @ a, ((2, 2, 2),), complex=True
    ),
    "linalg.matrix_power negative": Case(
        lambda m, a: m.linalg.matrix_power(a, -3), ((2, 2),), prepare=regular, complex=True
    ),
    "linalg.multi_dot": Case(
        lambda m, *a: m.linalg.multi_dot(a), ((2, 3), (3, 4), (4, 1), (1, 2)), complex=True
    ),
    "linalg.multi_dot vectors": Case(
        lambda m, *a: m.linalg.multi_dot([*a, a[0][:2]]), ((3,), (3, 2), (2, 2))
    ),
    "linalg.multi_dot first": Case(lambda m, *a: m.linalg.multi_dot(a), ((3,), (3, 2), (2, 2))),
    "linalg.multi_dot last": Case(
        lambda m, *a: m.linalg.multi_dot(a), ((3, 2), (2, 2), (2,)), complex=True
    ),
    "linalg.multi_dot two": Case(lambda m, *a: m.linalg.multi_dot(a), ((3,), (3, 2))),
    "linalg.matmul": Case(lambda m, a, b: m.linalg.matmul(a, b), ((2, 3), (3, 2)), complex=True),
    "linalg.tensordot": Case(
        lambda m, a, b: m.linalg.tensordot(a, b, axes=((0,), (-1,))),
        ((2, 3), (3, 2)),
        complex=True,
    ),
    "linalg.vecdot": Case(lambda m, a, b: m.linalg.vecdot(a, b), ((2, 3), (3,)), complex=True),
    "linalg.vecdot axis": Case(
        lambda m, a, b: m.linalg.vecdot(a, b, axis=0), ((2, 3), (2, 1)), complex=True
    ),
    "linalg.outer": Case(lambda m, a, b: m.linalg.outer(a, b), ((2,), (3,)), complex=True),
    "linalg.cross": Case(
        lambda m, a, b: m.linalg.cross(a, b, axis=0), ((3, 2), (3, 2)), complex=True
    ),
    "linalg.matrix_transpose": Case(lambda m, a: m.linalg.matrix_transpose(a), ((2, 3, 1),)),
    "linalg.diagonal": Case(lambda m, a: m.linalg.diagonal(a, offset=1), ((2, 2, 3),)),
    "linalg.trace": Case(
        lambda m, a: m.linalg.trace(a, offset=-1) * m.linalg.trace(a), ((2, 3, 3),), complex=True
    ),
    "linalg.trace dtype": Case(lambda m, a: m.linalg.trace(a, dtype=a.dtype), ((2, 2),)),
}
DECOMPOSITIONS = {
    "linalg.cholesky": Case(
        lambda m, a: m.linalg.cholesky(a), ((3, 3),), prepare=positive, complex=True
    ),
    "linalg.cholesky upper": Case(
        lambda m, a: m.linalg.cholesky(a, upper=True), ((2, 2, 2),), prepare=positive, complex=True
    ),
    "linalg.cholesky triangle": Case(
        lambda m, a: m.linalg.cholesky(a) @ m.linalg.cholesky(a, upper=True),
        ((3, 3),),
        (-1.0, 1.0),
        prepare=regular,
    ),
    "linalg.qr": Case(
        lambda m, a: m.linalg.qr(a)[0] @ m.sin(m.linalg.qr(a).R),
        ((3, 2),),
        prepare=spread,
        complex=True,
    ),
    "linalg.qr stack": Case(
        lambda m, a: m.linalg.qr(a).Q, ((2, 3, 2),), prepare=spread, complex=True
    ),
    "linalg.qr wide": Case(
        lambda m, a: m.linalg.qr(a)[0] @ m.sin(m.linalg.qr(a)[1]),
        ((2, 4),),
        prepare=spread,
        complex=True,
    ),
    "linalg.qr complete": Case(
        lambda m, a: complement(m, m.linalg.qr(a, "complete")[0], 2),
        ((4, 2),),
        prepare=spread,
        complex=True,
    ),
    "linalg.qr complete sign": Case(
        lambda m, a: m.linalg.qr(a, mode="complete").Q, ((3, 2),), prepare=spread
    ),
    "linalg.qr complete r": Case(
        lambda m, a: m.linalg.qr(a, mode="complete").R, ((4, 2),), prepare=spread, complex=True
    ),
    "linalg.qr r": Case(
        lambda m, a: m.linalg.qr(a, mode="r"), ((3, 2),), prepare=spread, complex=True
    ),
    "linalg.qr r wide": Case(
        lambda m, a: m.linalg.qr(a, mode="r"), ((2, 2, 3),), prepare=spread, complex=True
    ),
    **{
        f"linalg.svd {kind} {shape}": Case(
            lambda m, x, svd=svd: rebuilt(m, svd(m, x)), (shape,), prepare=spread, complex=True
        )
        for kind, svd in EVERY_SVD.items()
        for shape in [(3, 3), (4, 2), (2, 3)]
    },
    "linalg.svd vectors": Case(
        lambda m, x: steady(m, m.linalg.svd(x).U[..., :2]),
        ((2, 3, 2),),
        prepare=spread,
        complex=True,
    ),
    "linalg.svd right vectors": Case(
        lambda m, x: steady(m, swap(m, m.linalg.svd(x, False).Vh)),
        ((2, 3),),
        prepare=spread,
        complex=True,
    ),
    "linalg.svd complement": Case(
        lambda m, x: complement(m, m.linalg.svd(x).U, 2), ((4, 2),), prepare=spread, complex=True
    ),
    "linalg.svd right complement": Case(
        lambda m, x: complement(m, swap(m, m.conj(m.linalg.svd(x).Vh)), 2),
        ((2, 4),),
        prepare=spread,
        complex=True,
    ),
    "linalg.svd compute_uv": Case(
        lambda m, x: m.linalg.svd(x, compute_uv=False), ((2, 3, 2),), prepare=spread, complex=True
    ),
    "linalg.svd hermitian": Case(
        lambda m, x: rebuilt(m, m.linalg.svd(x, hermitian=True)),
        ((3, 3),),
        prepare=hermitian,
        complex=True,
    ),
    "linalg.svd hermitian compute_uv": Case(
        lambda m, x: m.linalg.svd(x, hermitian=True, compute_uv=False),
        ((2, 3, 3),),
        prepare=hermitian,
        complex=True,
    ),
    "linalg.svdvals": Case(
        lambda m, x: m.linalg.svdvals(x), ((2, 2, 3),), prepare=spread, complex=True
    ),
    "linalg.eigh values": Case(
        lambda m, x: m.linalg.eigh(x).eigenvalues, ((3, 3),), prepare=hermitian, complex=True
    ),
    "linalg.eigh vectors": Case(
        lambda m, x: steady(m, m.linalg.eigh(x)[1]), ((2, 3, 3),), prepare=hermitian, complex=True
    ),
    "linalg.eigh UPLO": Case(
        lambda m, x: steady(m, m.linalg.eigh(x, "U")[1]) * m.linalg.eigh(x, UPLO="l")[0],
        ((3, 3),),
        (-1.0, 1.0),
        prepare=lambda m, x: spread(m, x),
    ),
    "linalg.eigvalsh": Case(
        lambda m, x: m.linalg.eigvalsh(x), ((2, 3, 3),), prepare=hermitian, complex=True
    ),
    "linalg.eigvalsh UPLO": Case(
        lambda m, x: m.linalg.eigvalsh(x, UPLO="U") * m.linalg.eigvalsh(x),
        ((2, 2),),
        (-1.0, 1.0),
        prepare=spread,
    ),
    "linalg.eig": Case(
        lambda m, x: steady(m, m.linalg.eig(x).eigenvectors) @ (m.linalg.eig(x)[0] ** 2),
        ((3, 3),),
        (-1.0, 1.0),
        prepare=spread,
        complex=True,
    ),
    "linalg.eig stack": Case(
        lambda m, x: steady(m, m.linalg.eig(x)[1]) + m.linalg.eig(x)[0][..., None, :],
        ((2, 2, 2),),
        (-1.0, 1.0),
        prepare=spread,
        complex=True,
    ),
    "linalg.eigvals": Case(
        lambda m, x: m.linalg.eigvals(x), ((2, 2, 2),), (-1.0, 1.0), prepare=spread, complex=True
    ),
    "linalg.eigvals turning": Case(
        lambda m, x: m.abs(m.linalg.eigvals(x + m.asarray([[0, 9], [-9, 0]], dtype=x.dtype))),
        ((2, 2),),
    ),
}
NORMS = {
    "linalg.norm": Case(lambda m, x: m.linalg.norm(x), ((2, 3, 2),), (0.3, 2.0), complex=True),
    "linalg.norm 0-d": Case(lambda m, x: m.linalg.norm(x), ((),), (0.3, 2.0), complex=True),
    "linalg.norm axis": Case(
        lambda m, x: m.linalg.norm(x, axis=-1), ((2, 3),), (0.3, 2.0), complex=True
    ),
    "linalg.norm keepdims": Case(
        lambda m, x: m.linalg.norm(x, axis=0, keepdims=True) * m.linalg.norm(x, keepdims=True),
        ((2, 3),),
        (0.3, 2.0),
    ),
    "linalg.norm empty": Case(lambda m, x: m.linalg.norm(x, axis=-1), ((0, 3),)),
    **{
        f"linalg.norm vector {order}": Case(
            lambda m, x, order=order: m.linalg.norm(x, order, axis=0),
            ((3, 2),),
            (-1.0, 1.0),
            prepare=apart,
            complex=True,
        )
        for order in [np.inf, -np.inf, 0, 1, 2, -1, -2, 3, 0.5, -1.5]
    },
    "linalg.norm vector 4 keepdims": Case(
        lambda m, x: m.linalg.norm(x, 4, axis=1, keepdims=True), ((2, 3),), (0.3, 2.0)
    ),
    **{
        f"linalg.norm matrix {order}": Case(
            lambda m, x, order=order: m.linalg.norm(x, order),
            ((3, 2),),
            (-1.0, 1.0),
            prepare=apart,
            complex=True,
        )
        for order in ["fro", "nuc", np.inf, -np.inf, 1, -1, 2, -2]
    },
    **{
        f"linalg.norm matrices {order}": Case(
            lambda m, x, order=order: (
                m.linalg.norm(x, order, axis=(-1, 0), keepdims=True)
                * m.linalg.norm(x, order, axis=(0, 2))
            ),
            ((2, 2, 3),),
            (-1.0, 1.0),
            prepare=apart,
        )
        for order in [None, "nuc", np.inf, -1, 2, -2]
    },
    "linalg.vector_norm": Case(
        lambda m, x: m.linalg.vector_norm(x), ((2, 3),), (0.3, 2.0), complex=True
    ),
    "linalg.vector_norm axes": Case(
        lambda m, x: (
            m.linalg.vector_norm(x, axis=(2, -3), ord=3, keepdims=True)
            + m.linalg.vector_norm(x, axis=(0, 1), ord=3)
        ),
        ((2, 3, 2),),
        (0.3, 2.0),
        complex=True,
    ),
    "linalg.vector_norm axis inf": Case(
        lambda m, x: m.linalg.vector_norm(x, axis=1, ord=np.inf), ((2, 3),), prepare=apart
    ),
    "linalg.matrix_norm": Case(
        lambda m, x: m.linalg.matrix_norm(x), ((2, 3, 2),), (0.3, 2.0), complex=True
    ),
    "linalg.matrix_norm ord keepdims": Case(
        lambda m, x: m.linalg.matrix_norm(x, ord="nuc", keepdims=True),
        ((2, 3, 2),),
        prepare=spread,
        complex=True,
    ),
    **{
        f"linalg.cond {order}": Case(
            lambda m, x, order=order: m.linalg.cond(x, order),
            ((2, 3, 3),),
            (-0.5, 0.5),
            prepare=spread,
            complex=True,
        )
        for order in [None, 2, -2, "fro", "nuc", np.inf, -np.inf, 1, -1]
    },
    "linalg.cond tall": Case(lambda m, x: m.linalg.cond(x), ((4, 2),), prepare=spread),
}
CASES = {**SYSTEMS, **PRODUCTS, **DECOMPOSITIONS, **NORMS}
