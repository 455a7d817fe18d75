"""Learning rates that change: small objects that give the rate of a step, or after a loss.

rate = warmup(500, cosine(0.1, 10_000))
for step, (x, y) in enumerate(batches):
    optimiser.lr = rate(step)
    w = optimiser.update(w, lossgradient(w, x, y))

Steps count from 0 and are whatever the loop counts: batches or epochs. An optimiser reads its rate
at each update, so what is assigned holds from the next one on. (In Knet a rate that was changed
after training began was silently ignored, issue 449.)
"""

import dataclasses
import math
from collections.abc import Callable

Schedule = Callable[[int], float]


@dataclasses.dataclass(frozen=True)
class step_decay:  # noqa: N801 - called as a function is; `rate = step_decay(...)`
    """The rate of a step, multiplied by `factor` after every so many steps.

    lr: the rate at first, 0 or more.
    every: how many steps each rate lasts, 1 or more.
    factor: above 0; usually below 1.

    Raises ValueError for numbers that are not such, and for a step below 0.
    Source: PyTorch's `StepLR`, of the same values.
    """

    lr: float
    every: int
    factor: float

    def __post_init__(self) -> None:
        _check_rate("step_decay", "lr", self.lr)
        _check("step_decay", "every", self.every, self.every >= 1, "1 step or more")
        above = 0 < self.factor < math.inf
        _check("step_decay", "factor", self.factor, above, "a number above 0")

    def __call__(self, step: int) -> float:
        """The rate of this step."""
        _check_step("step_decay", step)
        return self.lr * self.factor ** (step // self.every)


@dataclasses.dataclass(frozen=True)
class cosine:  # noqa: N801
    """The rate of a step on half a cosine from `lr` down to `floor`, where it stays.

    lr: the rate of step 0, 0 or more.
    steps: the first step whose rate is `floor`, 1 or more.
    floor: between 0 and `lr`.

    Raises ValueError for numbers that are not such, and for a step below 0.
    Source: Loshchilov and Hutter 2016, without restarts; PyTorch's `CosineAnnealingLR` has the
    same values up to `steps`, but rises again afterwards.
    """

    lr: float
    steps: int
    floor: float = 0.0

    def __post_init__(self) -> None:
        _check_rate("cosine", "lr", self.lr)
        _check("cosine", "steps", self.steps, self.steps >= 1, "1 step or more")
        between = 0 <= self.floor <= self.lr
        _check("cosine", "floor", self.floor, between, f"a number between 0 and lr, {self.lr!r}")

    def __call__(self, step: int) -> float:
        """The rate of this step."""
        _check_step("cosine", step)
        if step >= self.steps:
            return self.floor
        share = (1 + math.cos(math.pi * step / self.steps)) / 2
        return self.floor + (self.lr - self.floor) * share


@dataclasses.dataclass(frozen=True)
class warmup:  # noqa: N801
    """The rate of a step, rising in a line to the first of another schedule; then that schedule.

    steps: how many steps rise, 0 or more. Step 0 has the share 1 / (steps + 1) of the first rate
        of `then`, each further step as much more, and step number `steps` is the first of `then`.
    then: any function from a step to a rate, or a number for a rate that stays.

    Raises ValueError for a number that is not such, and for a step below 0.
    Source: Goyal et al. 2017, section 2.2; PyTorch's `LinearLR` with start_factor
    1 / (steps + 1), in a `SequentialLR`.
    """

    steps: int
    then: Schedule | float

    def __post_init__(self) -> None:
        _check("warmup", "steps", self.steps, self.steps >= 0, "0 steps or more")
        if not callable(self.then):
            _check_rate("warmup", "then", self.then)

    def __call__(self, step: int) -> float:
        """The rate of this step."""
        _check_step("warmup", step)
        rising = step < self.steps
        rate = self.then
        if callable(rate):
            rate = rate(0 if rising else step - self.steps)
        return rate * (step + 1) / (self.steps + 1) if rising else rate


@dataclasses.dataclass
class Plateau:
    """A rate that falls when a loss no longer does: ``optimiser.lr = plateau(loss)``, each epoch.

    lr: the rate; it changes.
    factor: what the rate is multiplied by, between 0 and 1.
    patience: how many losses in a row may be no better before the next such one lowers the rate.
    least: the rate never falls below; between 0 and `lr`.
    better: how far a loss has to be below the best one to count as better; 0 or more. NaN never
        does.
    best: the best loss so far; None before the first.
    waited: how many losses in a row have been no better.

    All fields are plain numbers or None: ``dataclasses.asdict(plateau)`` goes into a checkpoint,
    ``Plateau(**fields)`` goes on from there. Raises ValueError for numbers that are not such.
    Source: PyTorch's `ReduceLROnPlateau` with threshold_mode="abs" and eps=0, of the same values.
    """

    lr: float
    factor: float = 0.5
    patience: int = 2
    least: float = 0.0
    better: float = 0.0
    best: float | None = None
    waited: int = 0

    def __post_init__(self) -> None:
        _check_rate("Plateau", "lr", self.lr)
        between = 0 < self.factor < 1
        _check("Plateau", "factor", self.factor, between, "a number between 0 and 1")
        _check("Plateau", "patience", self.patience, self.patience >= 0, "0 losses or more")
        between = 0 <= self.least <= self.lr
        _check("Plateau", "least", self.least, between, f"a number between 0 and lr, {self.lr!r}")
        _check_rate("Plateau", "better", self.better)

    def __call__(self, loss: float) -> float:
        """The rate to go on with after this loss."""
        if loss < (math.inf if self.best is None else self.best - self.better):
            self.best, self.waited = float(loss), 0
        else:
            self.waited += 1
        if self.waited > self.patience:
            self.waited = 0
            self.lr = max(self.least, self.lr * self.factor)
        return self.lr


def _check_rate(schedule: str, name: str, value: float) -> None:
    _check(schedule, name, value, 0 <= value < math.inf, "a number of 0 or more")


def _check_step(schedule: str, step: int) -> None:
    _check(schedule, "step", step, step >= 0, "0 or more; steps count from 0")


def _check(schedule: str, name: str, value: float, right: bool, expected: str) -> None:
    if not right:
        raise ValueError(f"{schedule}: {name} is {value!r}; expected {expected}")
