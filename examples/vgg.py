"""Small coloured pictures of ten kinds, by a VGG network: pairs of 3 x 3 convolutions, and pooling.

Source: Simonyan and Zisserman 2014; a small one, for the 32 x 32 pixels of CIFAR-10.
"""

import numpy as np

from knetengine import data, grad, init, nn, optim, pretrained, training
from knetengine.training import run, script


def predict(w, moments, x, dropout=0.0):  # x (N, 3, 32, 32), or of ImageNet (N, 3, 224, 224)
    stages, dense = w
    for layers, founds in zip(stages, moments, strict=True):
        for layer, found in zip(layers, founds, strict=True):
            x = convolved(*layer, found, x)  # (N, width, 32, 32), (N, 2 * width, 16, 16) ...
        x = nn.pool(x)
    x = nn.mat(x)
    for matrix, bias in dense[:-1]:  # none in the small one
        x = nn.relu(nn.dropout(x, dropout) @ matrix + bias)  # (N, 4096)
    matrix, bias = dense[-1]
    return nn.dropout(x, dropout) @ matrix + bias  # (N, 10), or (N, 1000)


def convolved(filters, bias, found, x):  # found: None without batchnorm
    if found is None:
        return nn.conv4(filters, x, bias, padding=1, mode=1, activation="relu")
    moments = nn.bnmoments(mean=found[0], var=found[1])
    x = nn.batchnorm(nn.conv4(filters, x, padding=1, mode=1), moments, bias)
    found[:] = moments.mean, moments.var
    return nn.relu(x)


def loss(w, moments, x, y, dropout=0.0):
    return nn.nll(predict(w, moments, x, dropout), y)


lossgradient = grad(loss)


def weights(generator, depth, width, batchnorm, dtype):
    drawn = {"dtype": dtype, "generator": generator}
    stages, moments, inputs = [], [], 3
    for outputs in (width << pair for pair in range(depth)):
        shapes = [(outputs, inputs, 3, 3), (outputs, outputs, 3, 3)]
        filters = [init.xavier_normal(shape, gain=2**0.5, **drawn) for shape in shapes]
        start = nn.bnparams(outputs, dtype) if batchnorm else np.zeros(outputs, dtype)
        stages.append([[f, start.copy()] for f in filters])
        found = [[np.zeros(outputs, dtype), np.ones(outputs, dtype)] for _ in filters]
        moments.append(found if batchnorm else [None, None])
        inputs = outputs
    matrix = init.xavier_normal((inputs * (32 >> depth) ** 2, 10), **drawn)
    return [stages, [[matrix, np.zeros(10, dtype)]]], moments


def train(w, moments, batches, optimiser, rate, dropout, generator):
    for x, y in run.steps(batches):
        optimiser.lr = rate(optimiser.steps)
        optimiser.update(w, lossgradient(w, moments, data.varied(x, generator), y, dropout))


def figures(w, moments, x, y):
    scores = np.concatenate([predict(w, moments, x[i : i + 100]) for i in range(0, len(x), 100)])
    return nn.accuracy(scores, y), nn.nll(scores, y)


def classify(image, file, labels, top, arrays):  # print the likeliest of ImageNet's classes
    model = pretrained.read(file, labels)
    w, moments = arrays(pretrained.vgg(model))
    scores = predict(w, moments, arrays(model.picture(image)))  # (1, 1000)
    print(*(f"{chance:.6f} {label}" for chance, label in model.best(scores, top)), sep="\n")


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
    model: str = "",  # a file of ImageNet's weights: begin with them, and a new last layer
    image: str = "",  # do not train, classify this picture by the model
    labels: str = "",  # a file with the names of its classes
    top: int = 5,  # so many of the likeliest
    atype: str = "Array{Float32}",
    fast: bool = False,  # print nothing but the time
):
    generator = run.generator(seed)
    nn.seed(generator)
    arrays = data.array_type(atype)
    if image:
        return classify(image, model, labels, top, arrays)
    (xtrn, ytrn), (xtst, ytst) = data.cifar10(arrays.dtype)
    xtrn, xtst = arrays((4 * xtrn - 2, 4 * xtst - 2))  # mean near 0, deviation near 1
    batches = data.minibatch(xtrn, ytrn, batchsize, shuffle=True, generator=generator)
    if model:
        w, moments = pretrained.vgg(pretrained.read(model), classes=10, generator=generator)
    else:
        w, moments = weights(generator, depth, width, batchnorm, arrays.dtype)
    w, moments = arrays([w, moments])
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
