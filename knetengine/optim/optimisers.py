"""The optimisers, with Knet's names, equations and today's defaults.

The equations stand twice: here in NumPy, as the definition, and in `knetengine.cpu.updates`, where
one call updates all arrays.
"""

import dataclasses
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from knetengine.autograd.containers import flatten, paths
from knetengine.autograd.parameters import Param
from knetengine.cpu import compilation
from knetengine.device_arrays import DeviceArray, beside
from knetengine.optim.clipping import gclip as clip

Arrays = Sequence[Any]


@dataclasses.dataclass
class Optimiser:
    """A rule that changes parameters by their gradients.

    lr: the learning rate. It may be set at any time, and holds from the next update on.
    gclip: the largest norm of the gradient of each array; 0 for none. See `gclip` for a norm of
        all arrays together.
    decay: weight decay, added to the gradient as ``decay * w``.

    An optimiser keeps what it has to remember of each parameter by its place in the container:
    one optimiser serves one model. ``state`` and ``steps`` are what a checkpoint needs.
    """

    lr: float = 0.1
    gclip: float = 0.0
    decay: float = 0.0
    steps: int = dataclasses.field(default=0, init=False)
    state: list[tuple[Any, ...]] = dataclasses.field(
        default_factory=list[tuple[Any, ...]], init=False, repr=False
    )

    rule: ClassVar[str] = "sgd"
    slots: ClassVar[int] = 0
    # Kernels take arrays from so many entries on. Calling them costs 20 us, so the simplest rule,
    # two passes in NumPy, gains only where a second thread does: 75 against 108 us for 600,000.
    least: ClassVar[int] = 1 << 17

    def _constants(self) -> tuple[float, ...]:
        """What the rule needs in a kernel, after the learning rate and the weight decay."""
        return ()

    def _coupled_decay(self) -> float:
        """The weight decay that is part of the gradient."""
        return self.decay

    def _step(self, w: Any, g: Any, *state: Any) -> None:
        """Change one array, and its state, in place; g has the weight decay in it."""
        w -= self.lr * g

    def update(self, w: Any, g: Any) -> Any:
        """Change parameters by their gradients; gives the parameters.

        w: an array, a Python number, a `Param`, or any nesting of containers of them. Arrays are
            changed in place; numbers cannot be, so use what comes back.
        g: the same containers with gradients, as `grad` gives them. None leaves a parameter as it
            is.

        Raises ValueError if the containers, or a parameter and its gradient, differ in shape.
        """
        leaves, rebuild = flatten(w)
        gradients = flatten(g)[0]
        if len(gradients) != len(leaves):
            raise ValueError(
                f"{type(self).__name__}.update: w has {len(leaves)} parameters, g has "
                f"{len(gradients)} gradients; give them in the same containers"
            )
        self.steps += 1
        numbers = [n for n, d in enumerate(gradients) if d is not None]
        arrays = {n: _as_array(leaves[n]) for n in numbers}
        for n in numbers:
            self._check(w, n, arrays[n], gradients[n])
        clipped = clip([gradients[n] for n in numbers], self.gclip, each=True)
        states = [self._state(n, arrays[n]) for n in numbers]
        self._change(list(arrays.values()), [_as_array(d) for d in clipped], states)
        for n in numbers:
            if isinstance(leaves[n], float | int):
                leaves[n] = float(arrays[n])
        return rebuild(iter(leaves))

    def _check(self, w: Any, number: int, array: Any, gradient: Any) -> None:
        if array.shape != np.shape(gradient):
            raise ValueError(
                f"{type(self).__name__}.update: w{list(paths(w))[number]} has shape "
                f"{array.shape}, its gradient {np.shape(gradient)}"
            )

    def _state(self, number: int, array: Any) -> tuple[Any, ...]:
        """What is remembered of a parameter; zeros at first, or if it has another shape now."""
        while len(self.state) <= number:
            self.state.append(())
        kept = self.state[number]
        if len(kept) != self.slots or any(s.shape != array.shape for s in kept):
            kept = tuple(np.zeros_like(array, order="C") for _ in range(self.slots))
            self.state[number] = kept
        elif any(type(s) is not type(array) for s in kept):  # read from a file
            self.state[number] = kept = tuple(beside(array, s) for s in kept)
        return kept

    def _change(self, w: Arrays, g: Arrays, states: Sequence[tuple[Any, ...]]) -> None:
        """Change the arrays: those that kernels take in one call, the others one by one."""
        decay = self._coupled_decay()
        hosts = [(_host(array), _host(g[n])) for n, array in enumerate(w)]
        together = [n for n, pair in enumerate(hosts) if _kernels_take(*pair, self.least)]
        if together and compilation.available():
            from knetengine.cpu.updates import update

            for dtype in {w[n].dtype for n in together}:
                ours = [n for n in together if w[n].dtype == dtype]
                update(
                    self.rule,
                    [hosts[n][0] for n in ours],
                    [hosts[n][1] for n in ours],
                    [tuple(map(_host, states[n])) for n in ours],
                    (self.lr, decay, *self._constants()),
                )
        else:
            together = []
        of_devices: list[int] = []
        for n in set(range(len(w))).difference(together):
            if hosts[n][0] is None and _device_takes(w[n], g[n], states[n]):
                of_devices.append(n)
            else:
                self._step(w[n], g[n] + decay * w[n] if decay else g[n], *states[n])
        if of_devices:
            self._change_on_devices(of_devices, (w, g, states), decay)

    def _change_on_devices(self, numbers: list[int], arrays: tuple[Any, ...], decay: float) -> None:
        """Change the arrays of those numbers by their devices' own kernels, each dtype in a call.

        arrays: parameters, gradients and states, of all numbers.
        """
        groups: dict[tuple[str, Any], list[int]] = {}
        for n in sorted(numbers):
            w = arrays[0][n]
            groups.setdefault((w.device, w.dtype), []).append(n)
        constants = (self.lr, decay, *self._constants())
        for ours in groups.values():
            w, g, states = ([every[n] for n in ours] for every in arrays)
            w[0].call_layer("update", self.rule, w, g, states, constants)


def _device_takes(w: DeviceArray, g: Any, state: tuple[Any, ...]) -> bool:
    """Whether the device of a parameter has kernels for it, as `_kernels_take` of the host's."""
    same = all(isinstance(x, DeviceArray) and x.dtype == w.dtype for x in (g, *state))
    return same and w.dtype.char in "fd" and w.has_layer("update")


def _host(array: Any) -> Any:
    """The NumPy array over the memory of an array; None where that is not the host's."""
    return array.host if isinstance(array, DeviceArray) else array


def _kernels_take(w: Any, g: Any, least: int) -> bool:
    return (
        w is not None
        and g is not None
        and w.size >= least
        and w.dtype.char in "fd"
        and w.dtype == g.dtype
        and w.flags.c_contiguous
        and w.flags.writeable
    )


def _as_array(leaf: Any) -> Any:
    """The array to change; for a number a new one."""
    value = leaf.value if isinstance(leaf, Param) else leaf
    return value if isinstance(value, DeviceArray) else np.asarray(value)


@dataclasses.dataclass
class SGD(Optimiser):
    """Stochastic gradient descent: w -= lr * g."""


@dataclasses.dataclass
class Momentum(Optimiser):
    """Gradient descent with momentum (Qian 1999): v = gamma * v + lr * g; w -= v."""

    lr: float = 0.05
    gamma: float = 0.95
    rule: ClassVar[str] = "momentum"
    least: ClassVar[int] = 1 << 12
    slots: ClassVar[int] = 1

    def _constants(self) -> tuple[float, ...]:
        return (self.gamma,)

    def _step(self, w: Any, g: Any, *state: Any) -> None:
        (v,) = state
        v *= self.gamma
        v += self.lr * g
        w -= v


@dataclasses.dataclass
class Nesterov(Optimiser):
    """Nesterov's momentum as Bengio et al. (2012) write it; parameters are those looked ahead."""

    lr: float = 0.05
    gamma: float = 0.95
    rule: ClassVar[str] = "nesterov"
    least: ClassVar[int] = 1 << 12
    slots: ClassVar[int] = 1

    def _constants(self) -> tuple[float, ...]:
        return (self.gamma,)

    def _step(self, w: Any, g: Any, *state: Any) -> None:
        (v,) = state
        before = self.gamma * v
        v *= self.gamma
        v -= self.lr * g
        w += (1 + self.gamma) * v - before


@dataclasses.dataclass
class Adagrad(Optimiser):
    """Adagrad (Duchi et al. 2011), eps inside the root."""

    lr: float = 0.05
    eps: float = 1e-6
    rule: ClassVar[str] = "adagrad"
    least: ClassVar[int] = 1 << 12
    slots: ClassVar[int] = 1

    def _constants(self) -> tuple[float, ...]:
        return (self.eps,)

    def _step(self, w: Any, g: Any, *state: Any) -> None:
        (squares,) = state
        squares += g * g
        w -= self.lr * g / np.sqrt(squares + self.eps)


@dataclasses.dataclass
class RMSprop(Optimiser):
    """RMSprop (Tieleman and Hinton 2012), eps inside the root."""

    lr: float = 0.01
    rho: float = 0.9
    eps: float = 1e-6
    rule: ClassVar[str] = "rmsprop"
    least: ClassVar[int] = 1 << 12
    slots: ClassVar[int] = 1

    def _constants(self) -> tuple[float, ...]:
        return (self.rho, self.eps)

    def _step(self, w: Any, g: Any, *state: Any) -> None:
        (squares,) = state
        squares *= self.rho
        squares += (1 - self.rho) * g * g
        w -= self.lr * g / np.sqrt(squares + self.eps)


@dataclasses.dataclass
class Adadelta(Optimiser):
    """Adadelta (Zeiler 2012), eps inside the roots."""

    lr: float = 1.0
    rho: float = 0.9
    eps: float = 1e-6
    rule: ClassVar[str] = "adadelta"
    least: ClassVar[int] = 1 << 12
    slots: ClassVar[int] = 2

    def _constants(self) -> tuple[float, ...]:
        return (self.rho, self.eps)

    def _step(self, w: Any, g: Any, *state: Any) -> None:
        squares, moved = state
        squares *= self.rho
        squares += (1 - self.rho) * g * g
        change = g * np.sqrt(moved + self.eps) / np.sqrt(squares + self.eps)
        moved *= self.rho
        moved += (1 - self.rho) * change * change
        w -= self.lr * change


@dataclasses.dataclass
class Adam(Optimiser):
    """Adam (Kingma and Ba 2014), eps outside the root."""

    lr: float = 0.001
    beta1: float = 0.9
    beta2: float = 0.999
    eps: float = 1e-8
    rule: ClassVar[str] = "adam"
    least: ClassVar[int] = 1 << 12
    slots: ClassVar[int] = 2

    def _corrections(self) -> tuple[float, float]:
        """What the running means, which start at zero, have to be divided by."""
        return 1 - self.beta1**self.steps, 1 - self.beta2**self.steps

    def _apart(self) -> float:
        """The share of the parameters that goes with every step, apart from the gradient."""
        return 0.0

    def _constants(self) -> tuple[float, ...]:
        return (self.beta1, self.beta2, self.eps, *self._corrections(), self._apart())

    def _step(self, w: Any, g: Any, *state: Any) -> None:
        mean, squares = state
        first, second = self._corrections()
        mean *= self.beta1
        mean += (1 - self.beta1) * g
        squares *= self.beta2
        squares += (1 - self.beta2) * g * g
        step = self.lr * (mean / first) / (np.sqrt(squares / second) + self.eps)
        w -= self._apart() * w + step


@dataclasses.dataclass
class AdamW(Adam):
    """Adam whose weight decay is apart from the gradient (Loshchilov and Hutter 2017).

    decay: a step takes the share ``lr * decay`` of the parameters away.
    """

    decay: float = 0.01

    def _coupled_decay(self) -> float:
        return 0.0

    def _apart(self) -> float:
        return self.lr * self.decay
