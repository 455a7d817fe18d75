"""Learnt by heart or understood? What `--dropout 0.2` and `--l1 4e-5` do to a perceptron's errors.

A network with enough weights knows its training images by heart, and errs on others. Two remedies:
in training some pixels are hidden from it, or large weights have to be paid for.
"""

from itertools import pairwise

import numpy as np

from knetengine import data, grad, init, nn
from knetengine.training import run, script


def predict(w, x, dropout=0.0):  # x (N, 784), w: a matrix and a bias for each layer
    x = nn.dropout(x, dropout)  # in training only
    for i in range(0, len(w) - 2, 2):
        x = nn.relu(x @ w[i] + w[i + 1])
    return x @ w[-2] + w[-1]  # (N, 10)


def loss(w, x, y, dropout=0.0, l1=0.0):
    return nn.nll(predict(w, x, dropout), y) + l1 * sum(np.sum(np.abs(m)) for m in w[::2])


lossgradient = grad(loss)


def weights(generator, hidden, dtype):
    sizes = [784, *hidden, 10]
    w = []
    for inputs, outputs in pairwise(sizes):
        w.append(init.xavier(inputs, outputs, dtype=dtype, generator=generator))
        w.append(np.zeros(outputs, dtype))
    return w


def train(w, batches, lr, dropout, l1):
    for x, y in run.steps(batches):
        for p, g in zip(w, lossgradient(w, x, y, dropout, l1), strict=True):
            p -= lr * g


def figures(w, x, y):
    scores = predict(w, x)
    return nn.nll(scores, y), np.mean(scores.argmax(1) != y)


def main(
    *,
    seed: int = -1,
    batchsize: int = 100,
    epochs: int = 100,
    hidden: tuple[int, ...] = (64,),  # sizes of hidden layers: --hidden 256, --hidden 256 64
    lr: float = 0.1,
    dropout: float = 0.0,  # the chance of each pixel to be 0
    l1: float = 0.0,  # what a weight costs, times its size
    atype: str = "Array{Float32}",
    fast: bool = False,  # print nothing but the time
):
    generator = run.generator(seed)
    nn.seed(generator)
    arrays = data.array_type(atype)
    trn, tst = (arrays((x.reshape(-1, 784), y)) for x, y in data.mnist(arrays.dtype))
    batches = data.minibatch(*trn, batchsize)
    w = arrays(weights(generator, hidden, arrays.dtype))
    run.keep(w=w)

    def report(epoch):
        if not fast:
            (trnloss, trnerr), (tstloss, tsterr) = figures(w, *trn), figures(w, *tst)
            run.report(epoch, trn=trnloss, tst=tstloss, trnerr=trnerr, tsterr=tsterr)

    report(0)
    for epoch in run.epochs(epochs):
        train(w, batches, lr, dropout, l1)
        report(epoch)
    if not fast:
        (trnloss, trnerr), (tstloss, tsterr) = figures(w, *trn), figures(w, *tst)
        print(
            f"It misreads {trnerr:.2%} of the training images and {tsterr:.2%} of the test images; "
            f"the loss of these is {tstloss - trnloss:.4f} more."
        )


if __name__ == "__main__":
    script(main)
