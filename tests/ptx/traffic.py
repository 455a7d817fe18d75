"""Loads, stores and atomic operations of many lanes: checked, counted, and carried out."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from tests.ptx.lanes import Lanes
from tests.ptx.launch import Launch
from tests.ptx.memory import ALLOCATED, FREED, READABLE, WINDOWS, Space, repeated
from tests.ptx.module import Instruction

VERBS = {"load": "reads", "store": "writes", "atomic": "changes"}


class Access(NamedTuple):
    """What an instruction does to memory.

    kind: "load", "store" or "atomic". space: "" for a generic address. count: of a vector.
    strong: whether it is meant to meet others at the same place, as volatile and relaxed are.
    constant: whether memory must not change while the launch runs (``.nc``).
    """

    instruction: Instruction
    kind: str
    space: str
    dtype: np.dtype[Any]
    count: int = 1
    strong: bool = False
    constant: bool = False

    @property
    def width(self) -> int:
        """Bytes of all of it."""
        return self.dtype.itemsize * self.count


def load(access: Access, launch: Launch, lanes: Lanes, address: np.ndarray) -> list[np.ndarray]:
    """The components, each (lanes,), of what lies at addresses, (lanes,)."""
    if not access.space:
        return _by_window(access, launch, lanes, address, None)
    space, flat = _locate(access, launch, lanes, address)
    _check(access, launch, lanes, address, space, flat, READABLE)
    _note(access, launch, lanes, address, space, flat)
    values, index = space.values(access.dtype), flat // access.dtype.itemsize
    return [values[index + n] for n in range(access.count)]


def store(
    access: Access, launch: Launch, lanes: Lanes, address: np.ndarray, values: Sequence[Any]
) -> None:
    """Set what lies at addresses. values: the components, each (lanes,) or a number."""
    if not access.space:
        _by_window(access, launch, lanes, address, values)
        return
    space, flat = _locate(access, launch, lanes, address)
    _check(access, launch, lanes, address, space, flat, ALLOCATED)
    _note(access, launch, lanes, address, space, flat)
    size = access.dtype.itemsize
    target, states, index = space.values(access.dtype), space.states(size), flat // size
    for n, value in enumerate(values):
        target[index + n] = value
        states[index + n] = repeated(READABLE, size)


def exchange(
    access: Access,
    launch: Launch,
    lanes: Lanes,
    address: np.ndarray,
    update: Callable[..., Any],
    values: Sequence[Any],
    at: Any = None,
) -> np.ndarray:
    """Change what lies at addresses, lane after lane; gives what each lane found.

    update: of what is there, and of the values, what will be there.
    at: a function such as ``np.add.at`` that does the same to all, if what was found is not asked
        for.
    """
    if not access.space:
        parts = _windows(access, launch, lanes, address)
        found = np.zeros(lanes.size, access.dtype)
        for mask, part, inner in parts:
            picked = [lanes.spread(v)[mask] for v in values]
            old = exchange(part, launch, lanes.where(mask), inner, update, picked, at)
            if at is None:
                found[mask] = old
        return found
    space, flat = _locate(access, launch, lanes, address)
    _check(access, launch, lanes, address, space, flat, READABLE)
    _note(access, launch, lanes, address, space, flat)
    target, index = space.values(access.dtype), flat // access.dtype.itemsize
    values = [lanes.spread(v) for v in values]
    if at is not None:
        at(target, index, *values)
        return np.zeros(0, access.dtype)
    order = np.argsort(index, kind="stable")
    ranked = index[order]
    start = np.ones(ranked.size, bool)
    start[1:] = ranked[1:] != ranked[:-1]
    place = np.arange(ranked.size)
    rank = place - np.maximum.accumulate(np.where(start, place, 0))
    found = np.empty(lanes.size, access.dtype)
    # the n-th lanes of all places at a time: no place is met twice
    rounds = np.split(order[np.argsort(rank, kind="stable")], np.cumsum(np.bincount(rank))[:-1])
    for those in rounds:
        there = index[those]
        found[those] = target[there]
        target[there] = update(target[there], *(v[those] for v in values))
    return found


def _locate(
    access: Access, launch: Launch, lanes: Lanes, address: np.ndarray
) -> tuple[Space, np.ndarray]:
    """The space, and where in its bytes the addresses lie."""
    spaces = {
        "global": launch.grid.device,
        "const": launch.grid.device,
        "shared": launch.shared,
        "local": launch.local,
        "param": launch.parameters,
    }
    space = spaces[access.space]
    is_global = space is launch.grid.device
    offset = (address - np.uint64(WINDOWS["global"])) if is_global else address
    wrong = offset > np.uint64(max(space.size - access.width, 0))
    if wrong.any() or space.size < access.width:
        _refuse("out of bounds", access, launch, lanes, address, space, offset, wrong)
    wrong = (offset & np.uint64(access.width - 1)) != 0
    if wrong.any():
        _refuse("misaligned", access, launch, lanes, address, space, offset, wrong)
    flat = offset.astype(np.int64)
    if access.space == "shared":
        flat += lanes.pick(launch.block_of) * space.pitch
    elif access.space == "local":
        flat += lanes.numbers * space.pitch
    return space, flat


def _check(
    access: Access,
    launch: Launch,
    lanes: Lanes,
    address: np.ndarray,
    space: Space,
    flat: np.ndarray,
    wanted: int,
) -> None:
    size = access.dtype.itemsize
    index = flat // size
    for n in range(access.count):
        wrong = space.wrong(index + n, size, wanted)
        if wrong is None:
            continue
        first = int(np.argmax(wrong))
        states = space.state[flat[first] + n * size :][:size]
        if (states & FREED).any():
            kind = "use after free"
        else:
            kind = "uninitialised" if (states & ALLOCATED).all() else "out of bounds"
        offset = flat % space.pitch + n * size
        _refuse(kind, access, launch, lanes, address, space, offset, wrong)


def _refuse(
    kind: str,
    access: Access,
    launch: Launch,
    lanes: Lanes,
    address: np.ndarray,
    space: Space,
    offset: np.ndarray,
    wrong: np.ndarray,
) -> None:
    first = int(np.argmax(wrong))
    place = offset[first]
    if kind == "uninitialised":
        why = "what nothing has written"
    elif kind == "misaligned":
        why = f"an address that is not a multiple of {access.width}"
    else:
        why = space.describe(int(place))
    what = f"{access.instruction.opcode} {VERBS[access.kind]} {access.width} bytes: {why}"
    raise launch.fault(kind, what, access.instruction, lanes.numbers[first], int(address[first]))


def _note(
    access: Access,
    launch: Launch,
    lanes: Lanes,
    address: np.ndarray,
    space: Space,
    flat: np.ndarray,
) -> None:
    """Count a request, and look for races."""
    counters = launch.counters
    if access.space == "global":
        counters.count_global(lanes, flat, access.kind)
        shadow = launch.grid.shadow
    elif access.space == "shared":
        counters.count_shared(lanes, flat, access.width, access.kind)
        shadow = launch.shared_shadow
    else:
        counters.local_requests += lanes.warps if access.space == "local" else 0
        return
    granules, own, many = shadow.expand(flat, access.width, lanes.pick(launch.own))
    if access.kind == "atomic" or access.strong:
        clash = shadow.atomic(granules, own, access.kind != "load")
    elif access.kind == "store":
        clash = shadow.write(granules, own)
    else:
        clash = (shadow.written(granules) if access.constant else None) or shadow.read(
            granules, own
        )
    if clash is not None:
        at, other, verb = clash
        who = "another thread"
        if other >= 0:
            place = launch.place(other - launch.first * launch.padded)
            who = f"block {place[0]}, thread {place[1]}"
        why = "but promised that it is constant" if access.constant else "with no barrier between"
        what = (
            f"{access.instruction.opcode} {VERBS[access.kind]} {access.space} memory that {who} "
            f"{verb}, {why}"
        )
        lane = at // many
        raise launch.fault(
            "race", what, access.instruction, lanes.numbers[lane], int(address[lane])
        )


def _windows(
    access: Access, launch: Launch, lanes: Lanes, address: np.ndarray
) -> list[tuple[Any, Access, np.ndarray]]:
    """Generic addresses by space: which lanes, the access there, and the addresses in it."""
    top = address >> np.uint64(40)
    parts = []
    left = np.ones(lanes.size, bool)
    for name, base in WINDOWS.items():
        mask = top == np.uint64(base >> 40)
        if mask.any():
            inner = address[mask] - np.uint64(0 if name == "global" else base)
            parts.append((mask, access._replace(space=name), inner))
            left &= ~mask
    if left.any():
        first = int(np.argmax(left))
        what = (
            f"{access.instruction.opcode} {VERBS[access.kind]} {access.width} bytes: "
            "no memory has such an address"
        )
        raise launch.fault(
            "out of bounds", what, access.instruction, lanes.numbers[first], int(address[first])
        )
    return parts


def _by_window(
    access: Access,
    launch: Launch,
    lanes: Lanes,
    address: np.ndarray,
    values: Sequence[Any] | None,
) -> list[np.ndarray]:
    found = [np.zeros(lanes.size, access.dtype) for _ in range(access.count)]
    for mask, part, inner in _windows(access, launch, lanes, address):
        chosen = lanes.where(mask)
        if values is None:
            for target, value in zip(found, load(part, launch, chosen, inner), strict=True):
                target[mask] = value
        else:
            store(part, launch, chosen, inner, [lanes.spread(v)[mask] for v in values])
    return found
