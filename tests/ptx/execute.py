"""Runs a kernel: which lanes execute what, when they part, meet again, wait and end.

The group of lanes with the smallest instruction number always runs, until it meets another group
or has to wait: so lanes that parted come together again as early as the code's order allows.
"""

import numpy as np

from tests.ptx.binding import Frame
from tests.ptx.lanes import WARP, Lanes, ballots
from tests.ptx.launch import Grid, Launch
from tests.ptx.memory import ALLOCATED
from tests.ptx.module import Arguments, Instruction, Label, Symbol
from tests.ptx.plan import unsupported
from tests.ptx.program import Code, Program
from tests.ptx.warp import needs_meeting, spread

Groups = list[tuple[int, Lanes]]
NEVER = 1 << 60


def run(program: Program, grid: Grid, lanes_at_once: int) -> None:
    """All blocks of a launch, as many at a time as have no more lanes than that."""
    at_once = max(1, lanes_at_once // grid.padded)
    with np.errstate(all="ignore"):
        for first in range(0, grid.blocks, at_once):
            blocks = min(at_once, grid.blocks - first)
            launch = Launch(grid, first, blocks, program.local_bytes)
            Run(program, program.codes[program.kernel.name], launch, launch.lanes, 0).run()


class Run:
    """One call of a function by some lanes, from its beginning until all have come back."""

    def __init__(
        self, program: Program, code: Code, launch: Launch, lanes: Lanes, local_base: int
    ) -> None:
        self.program = program
        self.code = code
        self.launch = launch
        self.frame = Frame(code.function, launch, local_base, lanes)
        self.is_entry = code.function.is_kernel
        self.ready: dict[int, Lanes] = {0: lanes}
        self.parked: dict[int, Lanes] = {}  # those that wait for others, by instruction
        self.reductions: dict[int, np.ndarray] = {}
        self._enter(lanes)

    def _enter(self, lanes: Lanes) -> None:
        """Local variables begin unwritten at each call."""
        base, local = self.frame.local_base, self.code.binder.local
        self.launch.grow_local(base + self.code.function.local_bytes())
        states = self.launch.local.state.reshape(self.launch.total, -1)
        for variable, place in local.items():
            start = base + place
            states[lanes.index, start : start + variable.size] = ALLOCATED

    def run(self) -> None:
        """Until no lane is left."""
        while self.ready or self._release_warps():
            pc = min(self.ready)
            lanes = self.ready.pop(pc)
            self._run_group(pc, lanes)
        if self.parked:
            raise self._stuck()

    def _run_group(self, pc: int, lanes: Lanes) -> None:
        """From an instruction on, until the lanes wait, end, part, or meet others."""
        frame, steps, stops = self.frame, self.code.steps, self.code.stops
        grid, counters = self.launch.grid, self.launch.counters
        nearest = min(self.ready, default=NEVER)
        lanes.live = lanes.size == frame.living
        while True:
            stop = min(stops[pc], nearest)
            for step in steps[pc:stop]:
                step(frame, lanes)
            ran = stop - pc + 1
            counters.warp_instructions += lanes.warps * ran
            grid.steps_left -= ran
            if grid.steps_left < 0:
                what = f"the kernel has not ended after {grid.step_limit} steps"
                raise self.launch.fault("endless", what, self._instruction(pc), lanes.numbers[0])
            if stop == nearest:
                counters.warp_instructions -= lanes.warps  # the next is not executed yet
                self._make_ready(stop, lanes)
                return
            groups = self._control(stop, lanes)
            if len(groups) == 1 and not self.ready and groups[0][1].size == lanes.size:
                pc, nearest = groups[0][0], NEVER
                continue
            for target, group in groups:
                self._make_ready(target, group)
            return

    def _make_ready(self, pc: int, lanes: Lanes) -> None:
        if lanes.size:
            self.ready[pc] = lanes.merged(self.ready.get(pc))

    def _instruction(self, pc: int) -> Instruction | None:
        instructions = self.code.function.instructions
        return instructions[min(pc, len(instructions) - 1)] if instructions else None

    # Control: each gives the groups that go on, and where

    def _control(self, pc: int, lanes: Lanes) -> Groups:
        instructions = self.code.function.instructions
        if pc == len(instructions):
            return self._return(lanes)
        instruction, guard = instructions[pc], self.code.guards[pc]
        if guard is None:
            return self._execute(pc, instruction, lanes)
        predicate, negated = guard
        mask = predicate(self.frame, lanes)
        mask = ~mask if negated else mask
        if mask.all():
            return self._execute(pc, instruction, lanes)
        if not mask.any():
            return [(pc + 1, lanes)]
        others = lanes.where(~mask)
        return [(pc + 1, others), *self._execute(pc, instruction, lanes.where(mask))]

    def _execute(self, pc: int, instruction: Instruction, lanes: Lanes) -> Groups:
        match instruction.name:
            case "bra":
                return [(instruction.targets[0], lanes)]
            case "brx":
                return self._branch_by_index(instruction, lanes)
            case "ret":
                return self._return(lanes)
            case "exit":
                return self._exit(lanes)
            case "call":
                return self._call(pc, instruction, lanes)
            case "trap":
                raise self.launch.fault("trap", "__trap()", instruction, lanes.numbers[0])
        if needs_meeting(instruction):
            return self._meet(pc, instruction, lanes)
        return self._barrier(pc, instruction, lanes)

    def _branch_by_index(self, instruction: Instruction, lanes: Lanes) -> Groups:
        index = self.code.binder.read(instruction.operands[0], "u32")(self.frame, lanes)
        index = lanes.spread(index)
        return [
            (instruction.targets[int(value)], lanes.where(index == value))
            for value in np.unique(index)
        ]

    def _return(self, lanes: Lanes) -> Groups:
        if self.is_entry:
            return self._exit(lanes)
        self.frame.living -= lanes.size
        return []

    def _exit(self, lanes: Lanes) -> Groups:
        self.frame.living -= lanes.size
        self.launch.ended[lanes.index] = True
        return []

    def _call(self, pc: int, instruction: Instruction, lanes: Lanes) -> Groups:
        name = next((o.name for o in instruction.operands if isinstance(o, Label)), "")
        code = self.program.codes.get(name)
        lists = [o.items for o in instruction.operands if isinstance(o, Arguments)]
        has_result = bool(code and code.function.results)
        results, arguments = (lists if has_result else [(), *lists, ()])[:2] if lists else ((), ())
        if code is None or not all(isinstance(o, Symbol) for o in (*results, *arguments)):
            what = f"the call of {name or 'a function by its address'} is not modelled"
            raise self.launch.fault("unsupported", what, instruction, lanes.numbers[0])
        base = self.frame.local_base + self.code.function.local_bytes()
        inner = Run(self.program, code, self.launch, lanes, base)
        pairs = (*zip(code.function.parameters, arguments, strict=True),)
        for formal, actual in (*pairs, *zip(code.function.results, results, strict=True)):
            inner.frame.arguments[formal] = self.frame.argument(actual.variable)
        inner.run()
        left = lanes.where(~lanes.pick(self.launch.ended))
        self.frame.living -= lanes.size - left.size
        return [(pc + 1, left)]

    def _meet(self, pc: int, instruction: Instruction, lanes: Lanes) -> Groups:
        """Lanes of a warp wait until all that the mask names, and that have not ended, are here."""
        lanes = lanes.merged(self.parked.pop(pc, None))
        lanes.live = lanes.size == self.frame.living
        members = self.code.binder.read(instruction.operands[-1], "b32")(self.frame, lanes)
        mask = lanes.spread(members)
        warp = lanes.numbers // WARP
        own = np.uint32(1) << (lanes.numbers % WARP).astype(np.uint32)
        outside = mask & own == 0
        if outside.any():
            first = int(np.argmax(outside))
            what = f"{instruction.opcode}: the mask {mask[first]:#010x} does not name the thread"
            raise self.launch.fault("warp", what, instruction, lanes.numbers[first])
        ended = ballots(np.flatnonzero(self.launch.ended), lanes.total)
        waiting = mask & ~lanes.ballots[warp] & ~ended[warp] != 0
        step = self.code.meetings[pc]
        if not waiting.any():
            step(self.frame, lanes)
            return [(pc + 1, lanes)]
        self.parked[pc] = lanes.where(waiting)
        complete = lanes.where(~waiting)
        if not complete.size:
            return []
        step(self.frame, complete)
        return [(pc + 1, complete)]

    def _release_warps(self) -> bool:
        """Whether lanes that wait for others of their warp may go on, now that some have ended."""
        for pc in list(self.parked):
            instruction = self._instruction(pc)
            if instruction and needs_meeting(instruction):
                lanes = self.parked.pop(pc)
                for target, group in self._meet(pc, instruction, lanes):
                    self._make_ready(target, group)
        return bool(self.ready)

    def _barrier(self, pc: int, instruction: Instruction, lanes: Lanes) -> Groups:
        """Threads wait until all of their block, or as many as the barrier says, are here."""
        launch, frame = self.launch, self.frame
        reduces = instruction.has("red")
        operands = instruction.operands[1:] if reduces else instruction.operands
        counts = operands[1:-1] if reduces else operands[1:]
        if instruction.has("arrive", "cluster"):
            raise unsupported(instruction)
        threads = launch.grid.threads
        if counts:
            threads = int(lanes.spread(self.code.binder.read(counts[0], "u32")(frame, lanes))[0])
        if reduces:
            holds = self.code.binder.read(operands[-1], "pred")(frame, lanes)
            kept = self.reductions.setdefault(pc, np.zeros(launch.total, bool))
            kept[lanes.index] = lanes.spread(holds)
        lanes = lanes.merged(self.parked.pop(pc, None))
        block = lanes.pick(launch.block_of)
        complete = np.bincount(block, minlength=launch.blocks) >= threads  # (blocks,)
        going = complete[block]
        launch.barrier(complete)
        if not going.all():
            self.parked[pc] = lanes.where(~going)
            lanes = lanes.where(going)
            if not lanes.size:
                return []
        lanes.live = lanes.size == frame.living
        if reduces:
            self._reduce(instruction, lanes, self.reductions[pc])
        return [(pc + 1, lanes)]

    def _reduce(self, instruction: Instruction, lanes: Lanes, holds: np.ndarray) -> None:
        """``bar.red``: of the predicates of a block their number, or whether all or any hold."""
        block = lanes.pick(self.launch.block_of)
        blocks = self.launch.blocks
        yes = np.bincount(block[holds[lanes.index]], minlength=blocks)
        everyone = np.bincount(block, minlength=blocks)
        counts = instruction.has("popc")
        result = yes if counts else yes == everyone if instruction.has("and") else yes > 0
        write = self.code.binder.write(instruction.operands[0], "u32" if counts else "pred")
        write(self.frame, lanes, result[block].astype(np.uint32 if counts else bool))

    def _stuck(self) -> Exception:
        """Lanes wait for others that will not come."""
        pc, lanes = min(self.parked.items())
        instruction = self._instruction(pc)
        assert instruction is not None
        first = int(lanes.numbers[0])
        size = WARP if needs_meeting(instruction) else self.launch.padded
        start = first // size * size
        here = spread(lanes, np.ones(1, bool))[start : start + size]
        missing = np.flatnonzero(~here & self.launch.exists[start : start + size]) + start
        kind = "warp" if needs_meeting(instruction) else "barrier"
        group = "warp" if size == WARP else "block"
        what = f"{instruction.opcode}: {int(here.sum())} threads of the {group} wait"
        if missing.size:
            where = self._whereabouts(int(missing[0]))
            thread = self.launch.place(int(missing[0]))[1]
            what += f" for {missing.size} more, of which thread {thread} {where}; the first:"
        return self.launch.fault(kind, what, instruction, first)

    def _whereabouts(self, lane: int) -> str:
        """What a lane does that others wait for in vain."""
        if self.launch.ended[lane]:
            return "has ended"
        for pc, group in self.parked.items():
            instruction = self._instruction(pc)
            if lane in group.numbers and instruction:
                return f"waits at {instruction.location}"
        return "is outside of this function"
