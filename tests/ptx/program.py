"""A kernel ready to run: where its variables lie, and the step of each instruction."""

from typing import Any, NamedTuple

import numpy as np

from tests.ptx import accesses, conversions, moves, warp
from tests.ptx.binding import Binder, Frame, Read, Step
from tests.ptx.faults import Fault
from tests.ptx.floats import FLOATS
from tests.ptx.integers import INTEGERS
from tests.ptx.lanes import Lanes
from tests.ptx.memory import ALLOCATED, GUARD
from tests.ptx.module import TYPES, Function, Instruction, Module, Variable
from tests.ptx.moves import MOVES
from tests.ptx.plan import bind, unsupported

CONTROL = ("bra", "brx", "ret", "exit", "trap", "call", "bar", "barrier")
NOTHING = ("prefetch", "prefetchu", "applypriority", "discard", "nanosleep", "brkpt")
MEMORY = {
    "ld": accesses.load,
    "ldu": accesses.load,
    "st": accesses.store,
    "atom": accesses.atomic,
    "red": accesses.atomic,
    "membar": accesses.fence,
    "fence": accesses.fence,
}
WARP = ("shfl", "vote", "match", "redux", "activemask")


class Code(NamedTuple):
    """A function bound. steps: of each instruction that only computes, None for the others.

    guards: of the others the predicate, and whether it is negated. meetings: what lanes do once
    they have met. stops: for each instruction the first that is no step, from it on.
    """

    function: Function
    binder: Binder
    steps: list[Step | None]
    guards: list[tuple[Read, bool] | None]
    meetings: dict[int, Step]
    stops: list[int]


class Program:
    """A kernel and what it calls.

    static_shared: the states of shared memory before ``extern __shared__``, byte by byte.
    shared_bytes: what of it the kernel asked for; the rest are guards.
    granule: the least bytes that an access to global or shared memory has.
    """

    def __init__(self, module: Module, kernel: Function, addresses: dict[Variable, int]) -> None:
        self.kernel = kernel
        self.functions = module.reachable(kernel)
        shared = self._shared(module)
        self.static_shared, places = lay_out([v for v in shared if v.size])
        self.shared_bytes = sum(variable.size for variable in shared)
        for variable in shared:
            places.setdefault(variable, self.static_shared.size)
        self.local_bytes = sum(function.local_bytes() for function in self.functions)
        self.granule = min((_width(i) for f in self.functions for i in f.instructions), default=4)
        self.codes = {
            function.name: compile_function(
                Binder(module, kernel, function, {**addresses, **places})
            )
            for function in self.functions
        }
        entry = self.codes[kernel.name].binder
        self.parameter_places = [entry.parameters[p] for p in kernel.parameters]

    def _shared(self, module: Module) -> list[Variable]:
        """The shared variables that the kernel or what it calls names."""
        found: dict[Variable, None] = {}
        for function in self.functions:
            stack: list[Any] = [i.operands for i in function.instructions]
            while stack:
                operand = stack.pop()
                if isinstance(operand, Variable) and operand.space == "shared":
                    found[operand] = None
                elif isinstance(operand, tuple):
                    stack.extend(operand)
        order = [*module.variables.values(), *(v for f in self.functions for v in f.variables)]
        return [variable for variable in order if variable in found]


def lay_out(variables: list[Variable]) -> tuple[np.ndarray, dict[Variable, int]]:
    """Shared variables one after another, each with a guard behind it that nobody may touch."""
    places, at = {}, 0
    for variable in variables:
        align = max(variable.align, 16)
        places[variable] = at = -(-at // align) * align
        at += -(-variable.size // GUARD) * GUARD + GUARD
    states = np.zeros(at, np.uint8)
    for variable, place in places.items():
        states[place : place + variable.size] = ALLOCATED
    return states, places


def _width(instruction: Instruction) -> int:
    """How fine the shadow of accesses has to be for this one."""
    if instruction.name not in ("ld", "st", "ldu", "atom", "red") or not instruction.types:
        return 8
    private = instruction.has("local", "param", "const")
    return 8 if private else TYPES[instruction.type].itemsize


def compile_function(binder: Binder) -> Code:
    """The code of a function; what is not modelled raises when it is executed, not here."""
    steps: list[Step | None] = []
    guards: list[tuple[Read, bool] | None] = []
    meetings: dict[int, Step] = {}
    for instruction in binder.function.instructions:
        guard = None
        if instruction.guard is not None:
            register, negated = instruction.guard
            guard = binder.read(register, "pred"), negated
        guards.append(guard)
        if warp.needs_meeting(instruction):
            meetings[len(steps)] = _step_or_refusal(binder, instruction)
            steps.append(None)
        elif instruction.name in CONTROL:
            steps.append(None)
        else:
            step = _step_or_refusal(binder, instruction)
            steps.append(_guarded(step, guard) if guard else step)
    steps.append(None)  # the end of a function is a ret
    guards.append(None)
    stops, stop = [], len(steps) - 1
    for number in reversed(range(len(steps))):
        if steps[number] is None:
            stop = number
        stops.append(stop)
    return Code(binder.function, binder, steps, guards, meetings, stops[::-1])


def _step_or_refusal(binder: Binder, instruction: Instruction) -> Step:
    try:
        return step_of(binder, instruction)
    except (Fault, KeyError, ValueError):
        return _refusal(instruction)  # parts or operands that no rule expects


def step_of(binder: Binder, instruction: Instruction) -> Step:
    """The step of an instruction; raises Fault for one that is not modelled."""
    name = instruction.name
    if name in NOTHING:
        return lambda frame, lanes: None
    if name in MEMORY:
        return MEMORY[name](binder, instruction)
    if name in WARP or name == "bar":
        return warp.bind_warp(binder, instruction)
    if name == "mov":
        return moves.mov(binder, instruction)
    if name == "cvt":
        packs = instruction.has("f16x2")
        plan = conversions.cvt_pair(instruction) if packs else conversions.cvt(instruction)
        return bind(plan, binder, instruction)
    if not instruction.types:
        raise unsupported(instruction)
    table = MOVES if name in MOVES else FLOATS if instruction.type[0] == "f" else INTEGERS
    if name not in table:
        raise unsupported(instruction)
    step = bind(table[name](instruction), binder, instruction)
    if table is INTEGERS and name in ("div", "rem"):
        return _checked_division(binder, instruction, step)
    return step


def _checked_division(binder: Binder, instruction: Instruction, step: Step) -> Step:
    divisor = binder.read(instruction.operands[2], instruction.type)

    def checked(frame: Frame, lanes: Lanes) -> None:
        zero = divisor(frame, lanes) == 0
        if zero.any():
            first = int(np.argmax(lanes.spread(zero)))
            raise frame.launch.fault(
                "division by zero", instruction.opcode, instruction, lanes.numbers[first]
            )
        step(frame, lanes)

    return checked


def _guarded(step: Step, guard: tuple[Read, bool]) -> Step:
    predicate, negated = guard

    def guarded(frame: Frame, lanes: Lanes) -> None:
        mask = lanes.spread(predicate(frame, lanes))
        mask = ~mask if negated else mask
        if mask.all():
            step(frame, lanes)
        elif mask.any():
            step(frame, lanes.where(mask))

    return guarded


def _refusal(instruction: Instruction) -> Step:
    def refuse(frame: Frame, lanes: Lanes) -> None:
        what = f"{instruction.opcode} is not modelled"
        raise frame.launch.fault("unsupported", what, instruction, lanes.numbers[0])

    return refuse
