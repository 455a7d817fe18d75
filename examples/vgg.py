"""Small coloured pictures of ten kinds, by a VGG network: pairs of 3 x 3 convolutions, and pooling.

Source: Simonyan and Zisserman 2014; a small one, for the 32 x 32 pixels of CIFAR-10.
"""

from itertools import pairwise

import numpy as np

from knetengine import data, grad, init, nn, optim, training
from knetengine.training import run, script


def predict(w, moments, x, dropout=0.0):  # x (N, 3, 32, 32)
    for number, (layer, found) in enumerate(zip(w[:-1], moments, strict=True), 1):
        x = convolved(*layer, found, x)  # (N, width, 32, 32), (N, 2 * width, 16, 16) ...
        if number % 2 == 0:
            x = nn.pool(x)
    matrix, bias = w[-1]
    return nn.dropout(nn.mat(x), dropout) @ matrix + bias  # (N, 10)


def convolved(filters, bias, found, x):  # found: None without batchnorm
    if found is None:
        return nn.conv4(filters, x, bias, padding=1, activation="relu")
    moments = nn.bnmoments(mean=found[0], var=found[1])
    x = nn.batchnorm(nn.conv4(filters, x, padding=1), moments, bias)
    found[:] = moments.mean, moments.var
    return nn.relu(x)


def loss(w, moments, x, y, dropout=0.0):
    return nn.nll(predict(w, moments, x, dropout), y)


lossgradient = grad(loss)


def weights(generator, depth, width, batchnorm, dtype):
    sizes = [3, *(width << pair for pair in range(depth) for _ in range(2))]
    w, moments = [], []
    for inputs, outputs in pairwise(sizes):
        shape = (outputs, inputs, 3, 3)
        filters = init.xavier_normal(shape, gain=2**0.5, dtype=dtype, generator=generator)
        w.append([filters, nn.bnparams(outputs, dtype) if batchnorm else np.zeros(outputs, dtype)])
        moments.append([np.zeros(outputs, dtype), np.ones(outputs, dtype)] if batchnorm else None)
    shape = (sizes[-1] * (32 >> depth) ** 2, 10)
    w.append([init.xavier_normal(shape, dtype=dtype, generator=generator), np.zeros(10, dtype)])
    return w, moments


def varied(x, generator):  # every picture moved by up to 4 pixels, half of them mirrored
    x = np.pad(x, ((0, 0), (0, 0), (4, 4), (4, 4)))  # (N, 3, 40, 40)
    places = np.lib.stride_tricks.sliding_window_view(x, (32, 32), (2, 3))  # (N, 3, 9, 9, 32, 32)
    x = places[np.arange(len(x)), :, *generator.integers(9, size=(2, len(x)))]  # (N, 3, 32, 32)
    mirrored = generator.random(len(x)) < 0.5
    x[mirrored] = x[mirrored, :, :, ::-1]
    return x


def train(w, moments, batches, optimiser, rate, dropout, generator):
    for x, y in run.steps(batches):
        optimiser.lr = rate(optimiser.steps)
        optimiser.update(w, lossgradient(w, moments, varied(x, generator), y, dropout))


def figures(w, moments, x, y):
    scores = np.concatenate([predict(w, moments, x[i : i + 100]) for i in range(0, len(x), 100)])
    return nn.accuracy(scores, y), nn.nll(scores, y)


def main(
    *,
    seed: int = -1,
    batchsize: int = 100,
    epochs: int = 20,
    depth: int = 3,  # pairs of convolutions
    width: int = 32,  # channels of the first pair; each pair has twice those of the one before
    batchnorm: bool = False,
    dropout: float = 0.5,
    lr: float = 0.001,  # in the beginning; it falls to 0 as a cosine does
    loadfile: str = "",  # go on from these weights
    savefile: str = "",
    atype: str = "Array{Float32}",
    fast: bool = False,  # print nothing but the time
):
    generator = run.generator(seed)
    nn.seed(generator)
    arrays = data.array_type(atype)
    (xtrn, ytrn), (xtst, ytst) = data.cifar10(arrays.dtype)
    xtrn, xtst = arrays((4 * xtrn - 2, 4 * xtst - 2))  # mean near 0, deviation near 1
    batches = data.minibatch(xtrn, ytrn, batchsize, shuffle=True, generator=generator)
    w, moments = arrays(weights(generator, depth, width, batchnorm, arrays.dtype))
    if loadfile:
        training.restore(loadfile, w=w, moments=moments)
    optimiser = optim.Adam(lr=lr)
    run.keep(w=w, moments=moments, optimiser=optimiser)

    def report(epoch):
        if not fast:
            trnacc, trnloss = figures(w, moments, xtrn[: len(xtst)], ytrn[: len(xtst)])
            tstacc, tstloss = figures(w, moments, xtst, ytst)
            run.report(epoch, trn=trnacc, tst=tstacc, trnloss=trnloss, tstloss=tstloss)

    report(0)
    rate = optim.cosine(lr, max(epochs, 1) * len(batches))
    for epoch in run.epochs(epochs):
        train(w, moments, batches, optimiser, rate, dropout, generator)
        report(epoch)
    if savefile:
        training.save(savefile, {"w": w, "moments": moments})


if __name__ == "__main__":
    script(main)
