"""Balance a pole on a cart by trial and error: policy gradients, REINFORCE."""

import numpy as np

from knetengine import data, grad, init, nn, optim
from knetengine.training import run, script

# The cart and the pole of Barto, Sutton and Anderson 1983, without friction, as in Gym's
# CartPole-v0, which counts as solved at 195 of 200 steps.
GRAVITY, CART, POLE, HALF = 9.8, 1.0, 0.1, 0.5  # m/s2, kg, kg, half of the pole's length in m
FORCE, SECONDS = 10.0, 0.02  # N to the left or to the right, for a step
TRACK, TILT = 2.4, np.radians(12)  # an episode ends further out, or with the pole further down
LONGEST = 200


def move(s, force, seconds=SECONDS):  # s (B, 4): place, speed, angle, speed of the angle
    _, v, angle, spin = s.T
    sin, cos, total = np.sin(angle), np.cos(angle), CART + POLE
    pull = (force + POLE * HALF * spin**2 * sin) / total
    turn = (GRAVITY * sin - cos * pull) / (HALF * (4 / 3 - POLE * cos**2 / total))
    speed_up = pull - POLE * HALF * turn * cos / total
    return s + seconds * np.stack([v, speed_up, spin, turn], axis=1)


def stands(s):  # (B,)
    return (abs(s[:, 0]) <= TRACK) & (abs(s[:, 2]) <= TILT)


def predict(w, s):  # s (N, 4), scores of a push to the left and to the right (N, 2)
    return nn.relu(s @ w[0] + w[1]) @ w[2] + w[3]


def beside(w, x):
    return np.asarray(x, w[0].dtype, like=w[0])  # on the device of the weights


def episodes(w, count, generator, temperature=1.0):
    """So many episodes at once: states (T, B, 4), pushes (T, B), which stood before (T, B)."""
    s = generator.uniform(-0.05, 0.05, (count, 4)).astype(w[0].dtype)
    alive, steps = np.ones(count, bool), []
    while alive.any() and len(steps) < LONGEST:
        push = nn.sample(predict(w, beside(w, s)), generator, temperature=temperature)
        steps.append((s, push, alive))
        s = move(s, np.where(push, FORCE, -FORCE).astype(s.dtype))
        alive = alive & stands(s)
    return [np.stack(part) for part in zip(*steps, strict=True)]


def advantages(alive, gamma):
    """How much longer an episode stands after a step than all that came so far do on average.

    In standard deviations of all returns. It is 0 if nobody falls, so that a good policy stays:
    with one average for all steps, some fell back from 200 to 185.
    """
    returns, after = np.zeros(alive.shape), 0.0  # (T, B)
    for t in reversed(range(len(alive))):  # a step is worth 1, one that comes k later gamma^k
        after = returns[t] = alive[t] * (1 + gamma * after)
    average = returns.sum(1, keepdims=True) / alive.sum(1, keepdims=True)  # (T, 1)
    return (returns - average)[alive] / (returns[alive].std() + 1e-8)  # (N,)


def loss(w, s, push, advantage):  # its gradient is that of the expected return, downwards
    taken = nn.logp(predict(w, s))[np.arange(len(push)), push]  # (N,)
    return -np.mean(taken * advantage)


lossgradient = grad(loss)


def weights(generator, hidden, dtype):
    first = init.xavier_uniform(4, hidden, dtype=dtype, generator=generator)
    return [first, np.zeros(hidden, dtype), np.zeros((hidden, 2), dtype), np.zeros(2, dtype)]


def length(alive):
    return np.count_nonzero(alive) / alive.shape[1]


def main(
    *,
    seed: int = -1,
    epochs: int = 10,
    updates: int = 10,  # of the weights, in an epoch
    batchsize: int = 50,  # episodes of an update
    hidden: int = 64,
    lr: float = 0.01,
    gamma: float = 0.99,  # what a step counts less for each step before it
    atype: str = "Array{Float32}",
    fast: bool = False,  # print nothing but the time
):
    generator = run.generator(seed)
    arrays = data.array_type(atype)
    w = arrays(weights(generator, hidden, arrays.dtype))
    optimiser = optim.Adam(lr=lr)
    lengths = np.full(updates, length(episodes(w, batchsize, generator)[2]))
    run.keep(w=w, optimiser=optimiser, lengths=lengths)

    def report(epoch):  # mean length of an episode: as it trained; of new ones, by the best pushes
        if not fast:
            tst = length(episodes(w, 100, generator, temperature=0)[2])
            run.report(epoch, trn=lengths.mean(), tst=tst)

    report(0)
    for epoch in run.epochs(epochs):
        for i in run.steps(range(updates)):
            s, push, alive = episodes(w, batchsize, generator)
            lengths[i] = length(alive)
            known = beside(w, s[alive]), push[alive], beside(w, advantages(alive, gamma))
            g = lossgradient(w, *known)
            optimiser.update(w, g)
        report(epoch)


if __name__ == "__main__":
    script(main)
