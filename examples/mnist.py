"""Handwritten digits: softmax regression, or with `--hidden 64` a multilayer perceptron."""

from itertools import pairwise

import numpy as np

from knetengine import data, grad, gradcheck, nn
from knetengine.training import run, script


def predict(w, x):  # x (N, 784), w: a matrix and a bias for each layer
    for i in range(0, len(w), 2):
        x = x @ w[i] + w[i + 1]
        if i < len(w) - 2:
            x = nn.relu(x)
    return x  # (N, 10)


def loss(w, x, y):
    return nn.nll(predict(w, x), y)


lossgradient = grad(loss)


def weights(generator, hidden, winit, dtype):
    sizes = [784, *hidden, 10]
    w = []
    for inputs, outputs in pairwise(sizes):
        w.append(winit * generator.standard_normal((inputs, outputs)).astype(dtype))
        w.append(np.zeros(outputs, dtype))
    return w


def train(w, batches, lr):
    for x, y in run.steps(batches):
        for p, g in zip(w, lossgradient(w, x, y), strict=True):
            p -= lr * g


def figures(w, x, y):
    scores = predict(w, x)
    return nn.accuracy(scores, y), nn.nll(scores, y)


def main(
    *,
    seed: int = -1,
    batchsize: int = 100,
    epochs: int = 10,
    hidden: tuple[int, ...] = (),  # sizes of hidden layers: --hidden 64, --hidden 256 64
    lr: float = 0.5,
    winit: float = 0.1,  # standard deviation of the first weights
    atype: str = "Array{Float32}",
    gcheck: int = 0,  # so many entries of each gradient are checked numerically
    fast: bool = False,  # print nothing but the time
):
    generator = run.generator(seed)
    arrays = data.array_type(atype)
    trn, tst = ((arrays(x.reshape(-1, 784)), y) for x, y in data.mnist(arrays.dtype))
    batches = data.minibatch(*trn, batchsize)
    w = arrays(weights(generator, hidden, winit, arrays.dtype))
    run.keep(w=w)

    def report(epoch):
        if not fast:
            (trnacc, trnloss), (tstacc, tstloss) = figures(w, *trn), figures(w, *tst)
            run.report(epoch, trn=trnacc, tst=tstacc, trnloss=trnloss, tstloss=tstloss)

    if gcheck:
        print("gradcheck", gradcheck(loss, w, *batches.rand(), samples=gcheck, verbose=True))
    report(0)
    for epoch in run.epochs(epochs):
        train(w, batches, lr)
        report(epoch)


if __name__ == "__main__":
    script(main)
