"""Clothes in small pictures: softmax regression, or with `--hidden 64` a multilayer perceptron.

In training half of the inputs of each layer, pixels too, are dropped out. For so small a network it
is too much: with `--dropout 0` it knows 4 % more of the clothes. (The options are those of Knet's
fashion-mnist.jl, which forgets to drop out wherever it prints how far it is.)
"""

from itertools import pairwise

import numpy as np

from knetengine import data, grad, gradcheck, nn
from knetengine.training import run, script


def predict(w, x, dropout=0.0):  # x (N, 784), w: a matrix and a bias for each layer
    for i in range(0, len(w), 2):
        x = nn.dropout(x, dropout) @ w[i] + w[i + 1]  # in training only
        if i < len(w) - 2:
            x = nn.relu(x)
    return x  # (N, 10)


def loss(w, x, y, dropout=0.0):
    return nn.nll(predict(w, x, dropout), y)


lossgradient = grad(loss)


def weights(generator, hidden, winit, dtype):
    sizes = [784, *hidden, 10]
    w = []
    for inputs, outputs in pairwise(sizes):
        w.append(winit * generator.standard_normal((inputs, outputs)).astype(dtype))
        w.append(np.zeros(outputs, dtype))
    return w


def train(w, batches, lr, dropout):
    for x, y in run.steps(batches):
        for p, g in zip(w, lossgradient(w, x, y, dropout), strict=True):
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
    lr: float = 0.15,
    winit: float = 0.1,  # standard deviation of the first weights
    dropout: float = 0.5,  # the chance of each input of a layer to be 0
    atype: str = "Array{Float32}",
    gcheck: int = 0,  # so many entries of each gradient are checked numerically
    fast: bool = False,  # print nothing but the time
):
    generator = run.generator(seed)
    nn.seed(generator)
    arrays = data.array_type(atype)
    trn, tst = ((arrays(x.reshape(-1, 784)), y) for x, y in data.fashion(arrays.dtype))
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
        train(w, batches, lr, dropout)
        report(epoch)


if __name__ == "__main__":
    script(main)
