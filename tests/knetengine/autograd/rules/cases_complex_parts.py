"""Cases for the parts of complex numbers, and for `np.emath`."""

from tests.knetengine.autograd.rules.case import Case

CASES = {
    "sign of complex": Case(lambda m, x, y: m.sign(x + 1j * y) + m.sign(x), ((3,), (3,)), (0.3, 2)),
    "real": Case(lambda m, z: m.real(z) * z.real, complex=True),
    "imag": Case(lambda m, z: m.imag(z) + m.imag(1j * z), complex=True),
    "angle": Case(lambda m, z: m.angle(z), domain=(0.3, 2), complex=True),
    "angle negative": Case(lambda m, z: m.angle(z, deg=True), domain=(-2, -0.3), complex=True),
    "real_if_close": Case(lambda m, z: m.real_if_close(z) * m.real_if_close(z + 0j), complex=True),
    "emath sqrt": Case(lambda m, x: m.emath.sqrt(x), domain=(-2, 2.2), distinct=True, complex=True),
    "emath sqrt positive": Case(lambda m, x: m.emath.sqrt(x), domain=(0.3, 2)),
    "emath log": Case(lambda m, x: m.emath.log(x), domain=(-2, 2.2), distinct=True),
    "emath log2 log10": Case(
        lambda m, x: m.emath.log2(x) + m.emath.log10(x), domain=(-2, 2.2), distinct=True
    ),
    "emath logn": Case(
        lambda m, n, x: m.emath.logn(n + 4, x), ((), (2, 3)), domain=(-2, 2.2), distinct=True
    ),
    "emath power": Case(
        lambda m, x: m.emath.power(x, 1.5) + m.emath.power(2.0, x), domain=(-2, 2.2), distinct=True
    ),
    "emath arccos arcsin": Case(
        lambda m, x: m.emath.arccos(x) + 2.0 * m.emath.arcsin(0.7 * x),
        domain=(-2, 2.2),
        distinct=True,
    ),
    "emath arctanh": Case(lambda m, x: m.emath.arctanh(x), domain=(-2, 2.2), distinct=True),
}
