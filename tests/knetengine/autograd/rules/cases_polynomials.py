"""Cases for polynomials given by their coefficients."""

import numpy as np

from tests.knetengine.autograd.rules.case import Case

PLACES = np.array([-1.2, -0.4, 0.1, 0.9, 1.5])

CASES = {
    "polyval": Case(lambda m, p, x: m.polyval(p, x), ((4,), (2, 3)), (-1, 1), complex=True),
    "polyval 0-d": Case(lambda m, p, x: m.polyval(p, x), ((3,), ())),
    "polyval constant": Case(lambda m, p, x: m.polyval(p, x), ((1,), (3,))),
    "polyadd polysub": Case(
        lambda m, p, q: m.polyadd(p, q) * m.polysub(q, p), ((2,), (4,)), complex=True
    ),
    "polymul": Case(lambda m, p, q: m.polymul(p, q), ((2,), (4,)), complex=True),
    "polymul leading zeros": Case(
        lambda m, p: m.polymul(p * [0, 0, 1, 1], [0.0, 2.0, 1.0]), ((4,),)
    ),
    "polydiv": Case(
        # rounding decides whether the remainder's leading entry counts as zero: its last two do
        lambda m, p, q: m.concatenate([m.polydiv(p, q)[0], m.polydiv(p, q)[1][-2:]]),
        ((5,), (3,)),
        (0.5, 2),
        complex=True,
    ),
    "polydiv short": Case(lambda m, p, q: m.concatenate(m.polydiv(p, q)), ((2,), (3,)), (0.5, 2)),
    "polyder polyint": Case(
        lambda m, p: m.polyder(p, 2) + m.polyint(m.polyder(m.polyder(p)), 1)[:3], ((5,),)
    ),
    "polyint constants": Case(
        lambda m, p, k: m.polyint(p, 2, k) + m.polyint(p, 2, k[0]), ((3,), (2,)), complex=True
    ),
    "vander": Case(lambda m, x: m.vander(x), ((3,),), complex=True),
    "vander increasing": Case(lambda m, x: m.vander(x, 4, increasing=True), ((3,),)),
    "poly": Case(lambda m, z: m.poly(z), ((3,),), complex=True),
    "poly conjugate": Case(lambda m, z: m.poly(m.concatenate((z + 1j, z - 1j))), ((2,),)),
    "poly matrix": Case(lambda m, a: m.poly(a + np.diag([0.0, 4.0])), ((2, 2),), (-1, 1)),
    "polyfit": Case(lambda m, y: m.polyfit(PLACES, y, 2), ((5,),)),
    "polyfit places weights": Case(
        lambda m, x, y, w: m.polyfit(PLACES + 0.1 * x, y, 2, w=1.5 + 0.3 * w),
        ((5,), (5, 2), (5,)),
        (-1, 1),
    ),
    "polyfit cov": Case(lambda m, y: m.sum(m.polyfit(PLACES, y, 1, cov=True)[1]), ((5,),)),
}
