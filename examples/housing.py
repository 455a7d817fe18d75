"""Linear regression on the Boston housing data: the price of a house from 13 figures of its town.

Column B of this data is a racial variable, for which other libraries removed the set. It stays
here because the figures of the slides are on it; do not learn about housing from it.
"""

import numpy as np

from knetengine import data, grad, gradcheck
from knetengine.training import run, script


def predict(w, x):  # x (N, 13), w[0] (13, 1), w[1] (1,)
    return x @ w[0] + w[1]  # (N, 1)


def loss(w, x, y):
    return np.mean((predict(w, x) - y) ** 2)


lossgradient = grad(loss)


def weights(generator, winit, dtype):
    return [winit * generator.standard_normal((13, 1)).astype(dtype), np.zeros(1, dtype)]


def train(w, x, y, lr):
    for p, g in zip(w, lossgradient(w, x, y), strict=True):
        p -= lr * g


def main(
    *,
    seed: int = -1,  # of the weights and the split; -1 is another one every time
    epochs: int = 20,
    lr: float = 0.1,
    test: float = 0.0,  # share of the rows for testing; 0: test on the training rows
    winit: float = 0.1,  # standard deviation of the first weights
    atype: str = "Array{Float64}",  # or Array{Float32}
    gcheck: int = 0,  # so many entries of each gradient are checked numerically
    fast: bool = False,  # print nothing but the time
):
    generator = run.generator(seed)
    arrays = data.array_type(atype)
    x, y = data.housing(arrays.dtype)
    trn, tst = arrays(data.split(x, y, test, generator))
    w = arrays(weights(generator, winit, arrays.dtype))
    run.keep(w=w)

    def report(epoch):
        if not fast:
            run.report(epoch, trn=loss(w, *trn), tst=loss(w, *tst))

    if gcheck:
        print("gradcheck", gradcheck(loss, w, *trn, samples=gcheck, verbose=True))
    report(0)
    for epoch in run.epochs(epochs):
        train(w, *trn, lr)
        report(epoch)
    return w


if __name__ == "__main__":
    script(main)
