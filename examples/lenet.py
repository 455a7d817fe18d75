"""Handwritten digits by a convolutional network, LeNet."""

from itertools import islice

import numpy as np

from knetengine import data, grad, gradcheck, init, nn
from knetengine.training import run, script


def predict(
    w, x
):  # x (N, 1, 28, 28), w: filters and a bias, or a matrix and a bias, for each layer
    x = nn.conv4(w[0], x, w[1], activation="relu", pool=2)  # (N, 20, 12, 12)
    x = nn.conv4(w[2], x, w[3], activation="relu", pool=2)  # (N, 50, 4, 4)
    x = nn.relu(nn.mat(x) @ w[4] + w[5])  # (N, 500)
    return x @ w[6] + w[7]  # (N, 10)


def loss(w, x, y):
    return nn.nll(predict(w, x), y)


lossgradient = grad(loss)


def weights(generator, dtype):
    w = []
    for shape in ((20, 1, 5, 5), (50, 20, 5, 5), (800, 500), (500, 10)):
        w.append(init.xavier(shape, dtype=dtype, generator=generator))
        w.append(np.zeros(shape[0] if len(shape) == 4 else shape[1], dtype))
    return w


def train(w, batches, lr):
    for x, y in run.steps(batches):
        for p, g in zip(w, lossgradient(w, x, y), strict=True):
            p -= lr * g


def figures(w, batches):
    correct = total = count = 0
    for x, y in batches:
        scores = predict(w, x)
        correct += nn.accuracy(scores, y, average=False)
        total += nn.nll(scores, y, average=False)
        count += len(y)
    return correct / count, total / count


def main(
    *,
    seed: int = -1,
    batchsize: int = 128,
    epochs: int = 3,
    iters: int = 10**9,  # the most minibatches of an epoch
    lr: float = 0.1,
    atype: str = "Array{Float32}",
    gcheck: int = 0,  # so many entries of each gradient are checked numerically
    fast: bool = False,  # print nothing but the time
):
    generator = run.generator(seed)
    arrays = data.array_type(atype)
    trn, tst = (data.minibatch(arrays(x), y, batchsize) for x, y in data.mnist(arrays.dtype))
    w = arrays(weights(generator, arrays.dtype))
    run.keep(w=w)

    def report(epoch):
        if not fast:
            (trnacc, trnloss), (tstacc, tstloss) = figures(w, trn), figures(w, tst)
            run.report(epoch, trn=trnacc, tst=tstacc, trnloss=trnloss, tstloss=tstloss)

    if gcheck:
        print("gradcheck", gradcheck(loss, w, *trn.rand(), samples=gcheck, verbose=True))
    report(0)
    for epoch in run.epochs(epochs):
        train(w, islice(trn, iters), lr)
        report(epoch)


if __name__ == "__main__":
    script(main)
