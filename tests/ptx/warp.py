"""Instructions by which the lanes of a warp meet. Source: the PTX ISA manual, 9.7.9 and 9.7.13.

A step is called with lanes that are complete: all lanes that a mask names, of those that run.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from tests.ptx.binding import Binder, Frame, Step
from tests.ptx.lanes import WARP, Lanes, ballots
from tests.ptx.module import TYPES, Instruction, Pair
from tests.ptx.plan import unsupported

U32 = np.uint32
REDUCTIONS: dict[str, Callable[..., Any]] = {
    "add": np.add,
    "min": np.minimum,
    "max": np.maximum,
    "and": np.bitwise_and,
    "or": np.bitwise_or,
    "xor": np.bitwise_xor,
}


def needs_meeting(instruction: Instruction) -> bool:
    """Whether lanes have to wait for each other here; the mask is the last operand."""
    return instruction.has("sync") and (
        instruction.name in ("shfl", "vote", "match", "redux") or instruction.has("warp")
    )


def bind_warp(binder: Binder, instruction: Instruction) -> Step:
    """The step of an instruction of this kind."""
    if instruction.name == "activemask":
        write = binder.write(instruction.operands[0], "u32")
        return lambda frame, lanes: write(frame, lanes, lanes.ballots[lanes.numbers // WARP])
    if not needs_meeting(instruction):
        raise unsupported(instruction)  # without .sync: gone since sm_70
    if instruction.name == "bar":
        return lambda frame, lanes: frame.launch.warp_barrier(lanes)
    return {"shfl": _shuffle, "vote": _vote, "match": _match, "redux": _reduce}[instruction.name](
        binder, instruction
    )


def spread(lanes: Lanes, values: Any) -> np.ndarray:
    """Values of lanes at their places among all lanes, (total,); 0 elsewhere."""
    values = lanes.spread(values)
    result = np.zeros(lanes.total, values.dtype)
    result[lanes.index] = values
    return result


def _shuffle(binder: Binder, instruction: Instruction) -> Step:
    target, *operands = instruction.operands
    pair = target if isinstance(target, Pair) else Pair(target, None)
    value, amount, control, members = (binder.read(o, "b32") for o in operands)
    write, write_valid = binder.write(pair.first, "b32"), binder.write(pair.second, "pred")
    mode = instruction.parts[2]

    def step(frame: Frame, lanes: Lanes) -> None:
        lane = lanes.numbers % WARP
        limits = lanes.spread(control(frame, lanes)).astype(np.int64)
        shift = lanes.spread(amount(frame, lanes)).astype(np.int64) % WARP
        segment = limits >> 8 & 31
        least, most = lane & segment, (lane & segment) | (limits & 31 & ~segment)
        source = {
            "up": lane - shift,
            "down": lane + shift,
            "bfly": lane ^ shift,
            "idx": least | (shift & ~segment),
        }[mode]
        valid = source >= most if mode == "up" else source <= most
        source = np.where(valid, source, lane)
        mask = lanes.spread(members(frame, lanes))
        present = lanes.ballots[lanes.numbers // WARP] & mask
        absent = present >> source.astype(U32) & U32(1) == 0
        if absent.any():
            first = int(np.argmax(absent))
            raise frame.launch.fault(
                "shuffle",
                f"{instruction.opcode} reads lane {source[first]} of the warp, which does not "
                f"take part (of the mask {mask[first]:#010x} there are {present[first]:#010x})",
                instruction,
                lanes.numbers[first],
            )
        values = spread(lanes, value(frame, lanes))
        write(frame, lanes, values[lanes.numbers - lane + source])
        write_valid(frame, lanes, valid)

    return step


def _vote(binder: Binder, instruction: Instruction) -> Step:
    target, predicate, members = instruction.operands
    holds, mask_of = binder.read(predicate, "pred"), binder.read(members, "b32")
    mode = instruction.parts[2]
    write = binder.write(target, "b32" if mode == "ballot" else "pred")

    def step(frame: Frame, lanes: Lanes) -> None:
        warp = lanes.numbers // WARP
        mask = lanes.spread(mask_of(frame, lanes))
        chosen = lanes.numbers[lanes.spread(holds(frame, lanes))]
        found = ballots(chosen, lanes.total)[warp] & mask
        present = lanes.ballots[warp] & mask
        result = {
            "ballot": found,
            "any": found != 0,
            "all": found == present,
            "uni": (found == 0) | (found == present),
        }[mode]
        write(frame, lanes, result)

    return step


def _match(binder: Binder, instruction: Instruction) -> Step:
    target, operand, members = instruction.operands
    pair = target if isinstance(target, Pair) else Pair(target, None)
    value, mask_of = binder.read(operand, instruction.type), binder.read(members, "b32")
    write, write_all = binder.write(pair.first, "b32"), binder.write(pair.second, "pred")
    everyone = instruction.has("all")

    def step(frame: Frame, lanes: Lanes) -> None:
        own = lanes.spread(value(frame, lanes))
        values, first = spread(lanes, own), lanes.numbers // WARP * WARP
        same = np.zeros(lanes.size, U32)
        for lane in range(WARP):
            same |= (values[first + lane] == own).astype(U32) << U32(lane)
        present = lanes.ballots[lanes.numbers // WARP] & lanes.spread(mask_of(frame, lanes))
        same &= present
        if everyone:
            agrees = same == present
            write(frame, lanes, np.where(agrees, present, U32(0)))
            write_all(frame, lanes, agrees)
        else:
            write(frame, lanes, same)

    return step


def _reduce(binder: Binder, instruction: Instruction) -> Step:
    target, operand, members = instruction.operands
    kind = instruction.type
    if kind[0] == "f":
        raise unsupported(instruction)
    value, mask_of = binder.read(operand, kind), binder.read(members, "b32")
    write, fold = binder.write(target, kind), REDUCTIONS[instruction.parts[2]]
    dtype = TYPES[kind]

    def step(frame: Frame, lanes: Lanes) -> None:
        values = spread(lanes, value(frame, lanes))
        first = lanes.numbers // WARP * WARP
        present = lanes.ballots[lanes.numbers // WARP] & lanes.spread(mask_of(frame, lanes))
        result, begun = np.zeros(lanes.size, dtype), np.zeros(lanes.size, bool)
        for lane in range(WARP):
            here = present >> U32(lane) & U32(1) == 1
            other = values[first + lane]
            result = np.where(here, np.where(begun, fold(result, other), other), result)
            begun |= here
        write(frame, lanes, result)

    return step
