"""Small coloured pictures of ten kinds, by a residual network: layers that learn a difference.

Source: He, Zhang, Ren and Sun 2015; a small one, for the 32 x 32 pixels of CIFAR-10.
"""

import numpy as np

from knetengine import data, grad, init, nn, optim, pretrained, training
from knetengine.training import run, script


def predict(w, moments, x, caffe=False):  # x (N, 3, 32, 32), or of ImageNet (N, 3, 224, 224)
    large = w[0][0][0].shape[2] == 7  # first filters of 7 x 7: those of ImageNet
    x = nn.relu(convolved(*w[0], *moments[0], x, stride=1 + large))  # (N, width, 32, 32)
    if large:  # caffe: its convention for edges, see pretrained.resnet
        x = np.pad(x, ((0, 0), (0, 0), (0, 1), (0, 1))) if caffe else x
        x = nn.pool(x, 3, stride=2, padding=0 if caffe else 1)  # (N, 64, 56, 56)
    for block, found in zip(w[1:-1], moments[1:], strict=True):
        x = residual(block, found, x, caffe)  # (N, width, 32, 32) ... (N, 4 * width, 8, 8)
    matrix, bias = w[-1]
    return np.mean(x, (2, 3)) @ matrix + bias  # (N, 10), or (N, 1000)


def residual(w, moments, x, caffe=False):  # w: 2 or 3 layers, and a projection if shapes change
    depth = 2 if w[0][0].shape[2] == 3 else 3  # three: 1 x 1, 3 x 3, 1 x 1
    stride = 2 if len(w) > depth and len(w[depth][0]) == 2 * x.shape[1] else 1
    halves = 0 if caffe else depth - 2  # which layer
    y = x
    for number in range(depth):
        y = nn.relu(y) if number else y
        y = convolved(w[number], moments[number], y, stride if number == halves else 1)
    return nn.relu(y + (x if len(w) == depth else convolved(w[-1], moments[-1], x, stride)))


def convolved(layer, found, x, stride=1):
    filters, params = layer
    moments = nn.bnmoments(mean=found[0], var=found[1])
    x = nn.conv4(filters, x, padding=filters.shape[2] // 2, stride=stride, mode=1)
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


def train(w, moments, batches, optimiser, rate, generator):
    for x, y in run.steps(batches):
        optimiser.lr = rate(optimiser.steps)
        optimiser.update(w, lossgradient(w, moments, data.varied(x, generator), y))


def figures(w, moments, x, y):
    scores = np.concatenate([predict(w, moments, x[i : i + 100]) for i in range(0, len(x), 100)])
    return nn.accuracy(scores, y), nn.nll(scores, y)


def classify(image, file, labels, top, arrays):  # print the likeliest of ImageNet's classes
    model = pretrained.read(file, labels)
    w, moments = arrays(pretrained.resnet(model))
    scores = predict(w, moments, arrays(model.picture(image)), model.caffe)  # (1, 1000)
    print(*(f"{chance:.6f} {label}" for chance, label in model.best(scores, top)), sep="\n")


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
    model: str = "",  # a file of ImageNet's weights: begin with them, and a new last layer
    image: str = "",  # do not train, classify this picture by the model
    labels: str = "",  # a file with the names of its classes
    top: int = 5,  # so many of the likeliest
    atype: str = "Array{Float32}",
    fast: bool = False,  # print nothing but the time
):
    generator = run.generator(seed)
    arrays = data.array_type(atype)
    if image:
        return classify(image, model, labels, top, arrays)
    (xtrn, ytrn), (xtst, ytst) = data.cifar10(arrays.dtype)
    xtrn, xtst = arrays((4 * xtrn - 2, 4 * xtst - 2))  # mean near 0, deviation near 1
    batches = data.minibatch(xtrn, ytrn, batchsize, shuffle=True, generator=generator)
    if model:
        w, moments = pretrained.resnet(pretrained.read(model), classes=10, generator=generator)
    else:
        w, moments = weights(generator, depth, width, arrays.dtype)
    w, moments = arrays([w, moments])
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
