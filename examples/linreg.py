"""Linear regression on numbers made up: how near does it come to the weights that made them?"""

import numpy as np

from knetengine import grad, gradcheck
from knetengine.data import array_type, minibatch
from knetengine.training import run, script


def predict(w, x):  # x (N, inputs), w (inputs, outputs)
    return x @ w


def loss(w, x, y):  # of a row, the squares of all its outputs together
    return np.sum((predict(w, x) - y) ** 2) / len(x)


lossgradient = grad(loss)


def made_up(w, rows, noise, generator):
    x = generator.random((rows, len(w)), w.dtype)
    return x, x @ w + noise * generator.standard_normal((rows, w.shape[1]), w.dtype)


def main(
    *,
    seed: int = -1,
    batchsize: int = 20,
    epochs: int = 10,
    epochsize: int = 10000,
    inputdims: int = 100,
    outputdims: int = 10,
    lr: float = 0.02,
    noise: float = 0.01,  # standard deviation of what is added to the outputs
    atype: str = "Array{Float64}",
    gcheck: int = 0,  # so many entries of each gradient are checked numerically
    fast: bool = False,  # print nothing but the time
):
    generator = run.generator(seed)
    arrays = array_type(atype)
    truth = generator.standard_normal((inputdims, outputdims)).astype(arrays.dtype)
    trn = minibatch(*arrays(made_up(truth, epochsize, noise, generator)), batchsize)
    tst = arrays(made_up(truth, epochsize, noise, generator))
    w = arrays(0.1 * generator.standard_normal(truth.shape))
    run.keep(w=w)

    def report(epoch):
        if not fast:
            run.report(epoch, loss=loss(w, *tst))

    if gcheck:
        print("gradcheck", gradcheck(loss, w, *trn.rand(), samples=gcheck, verbose=True))
    report(0)
    for epoch in run.epochs(epochs):
        for x, y in run.steps(trn):
            w -= lr * lossgradient(w, x, y)
        report(epoch)


if __name__ == "__main__":
    script(main)
