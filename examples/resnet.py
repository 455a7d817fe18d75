"""Small coloured pictures of ten kinds, by a residual network: layers that learn a difference.

Source: He, Zhang, Ren and Sun 2015; a small one, for the 32 x 32 pixels of CIFAR-10.
"""

import numpy as np

from knetengine import data, grad, init, nn, optim, training
from knetengine.training import run, script


def predict(w, moments, x):  # x (N, 3, 32, 32)
    x = nn.relu(convolved(*w[0], *moments[0], x))  # (N, width, 32, 32)
    for block, found in zip(w[1:-1], moments[1:], strict=True):
        x = residual(block, found, x)  # (N, width, 32, 32) ... (N, 4 * width, 8, 8)
    matrix, bias = w[-1]
    return np.mean(x, (2, 3)) @ matrix + bias  # (N, 10)


def residual(w, moments, x):  # w: two layers, and a projection where pictures become smaller
    stride = len(w) - 1
    y = nn.relu(convolved(w[0], moments[0], x, stride))
    y = convolved(w[1], moments[1], y)
    return nn.relu(y + (x if len(w) == 2 else convolved(w[2], moments[2], x, stride)))


def convolved(layer, found, x, stride=1):
    filters, params = layer
    moments = nn.bnmoments(mean=found[0], var=found[1])
    x = nn.conv4(filters, x, padding=filters.shape[2] // 2, stride=stride)
    x = nn.batchnorm(x, moments, params)
    found[:] = moments.mean, moments.var
    return x


def loss(w, moments, x, y):
    return nn.nll(predict(w, moments, x), y)


lossgradient = grad(loss)


def weights(generator, depth, width, dtype):
    shapes, inputs = [[(width, 3, 3, 3)]], width
    for outputs in (width, 2 * width, 4 * width):
        for _ in range(depth):
            shapes.append([(outputs, inputs, 3, 3), (outputs, outputs, 3, 3)])
            if inputs < outputs:
                shapes[-1].append((outputs, inputs, 1, 1))
            inputs = outputs
    drawn = {"gain": 2**0.5, "dtype": dtype, "generator": generator}
    w = [[[init.xavier_normal(s, **drawn), nn.bnparams(s[0], dtype)] for s in b] for b in shapes]
    moments = [[[np.zeros(s[0], dtype), np.ones(s[0], dtype)] for s in block] for block in shapes]
    return [*w, [init.xavier_normal(inputs, 10, **drawn), np.zeros(10, dtype)]], moments


def varied(x, generator):  # every picture moved by up to 4 pixels, half of them mirrored
    x = np.pad(x, ((0, 0), (0, 0), (4, 4), (4, 4)))  # (N, 3, 40, 40)
    places = np.lib.stride_tricks.sliding_window_view(x, (32, 32), (2, 3))  # (N, 3, 9, 9, 32, 32)
    x = places[np.arange(len(x)), :, *generator.integers(9, size=(2, len(x)))]  # (N, 3, 32, 32)
    mirrored = generator.random(len(x)) < 0.5
    x[mirrored] = x[mirrored, :, :, ::-1]
    return x


def train(w, moments, batches, optimiser, rate, generator):
    for x, y in run.steps(batches):
        optimiser.lr = rate(optimiser.steps)
        optimiser.update(w, lossgradient(w, moments, varied(x, generator), y))


def figures(w, moments, x, y):
    scores = np.concatenate([predict(w, moments, x[i : i + 100]) for i in range(0, len(x), 100)])
    return nn.accuracy(scores, y), nn.nll(scores, y)


def main(
    *,
    seed: int = -1,
    batchsize: int = 100,
    epochs: int = 20,
    depth: int = 2,  # residual blocks of each of the three stages
    width: int = 16,  # channels of the first stage; the next has twice, the last four times as many
    lr: float = 0.05,  # in the beginning; it falls to 0 as a cosine does
    gamma: float = 0.9,  # of the momentum
    decay: float = 5e-4,  # of the weights
    loadfile: str = "",  # go on from these weights
    savefile: str = "",
    atype: str = "Array{Float32}",
    fast: bool = False,  # print nothing but the time
):
    generator = run.generator(seed)
    arrays = data.array_type(atype)
    (xtrn, ytrn), (xtst, ytst) = data.cifar10(arrays.dtype)
    xtrn, xtst = arrays((4 * xtrn - 2, 4 * xtst - 2))  # mean near 0, deviation near 1
    batches = data.minibatch(xtrn, ytrn, batchsize, shuffle=True, generator=generator)
    w, moments = arrays(weights(generator, depth, width, arrays.dtype))
    if loadfile:
        training.restore(loadfile, w=w, moments=moments)
    optimiser = optim.Momentum(lr=lr, gamma=gamma, decay=decay)
    run.keep(w=w, moments=moments, optimiser=optimiser)

    def report(epoch):
        if not fast:
            trnacc, trnloss = figures(w, moments, xtrn[: len(xtst)], ytrn[: len(xtst)])
            tstacc, tstloss = figures(w, moments, xtst, ytst)
            run.report(epoch, trn=trnacc, tst=tstacc, trnloss=trnloss, tstloss=tstloss)

    report(0)
    rate = optim.cosine(lr, max(epochs, 1) * len(batches))
    for epoch in run.epochs(epochs):
        train(w, moments, batches, optimiser, rate, generator)
        report(epoch)
    if savefile:
        training.save(savefile, {"w": w, "moments": moments})


if __name__ == "__main__":
    script(main)
