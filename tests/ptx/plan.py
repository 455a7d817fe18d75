"""How an opcode that computes lane by lane is described, and the tables that hold them."""

from collections.abc import Callable
from typing import Any, NamedTuple

from tests.ptx.binding import Binder, Step
from tests.ptx.faults import Fault
from tests.ptx.module import Instruction, Pair


class Plan(NamedTuple):
    """A function of arrays, or of numbers, and the types of its operands and results.

    The carry flag, where an opcode reads or sets it, is the last operand and the last result.
    """

    function: Callable[..., Any]
    operands: tuple[str, ...]
    results: tuple[str, ...]
    carry_in: bool = False
    carry_out: bool = False


Rule = Callable[[Instruction], Plan]
Table = dict[str, Rule]


def registrar(table: Table) -> Callable[..., Callable[[Rule], Rule]]:
    """A decorator that puts a rule into a table under the names of its opcodes."""

    def names(*opcodes: str) -> Callable[[Rule], Rule]:
        def put(rule: Rule) -> Rule:
            table.update(dict.fromkeys(opcodes, rule))
            return rule

        return put

    return names


def bind(plan: Plan, binder: Binder, instruction: Instruction) -> Step:
    """The step of an instruction."""
    first, *rest = instruction.operands
    targets = [first.first, first.second] if isinstance(first, Pair) else [first]
    if len(rest) != len(plan.operands):
        raise unsupported(instruction)
    results = list(zip(targets, plan.results, strict=True))
    operands = list(zip(rest, plan.operands, strict=True))
    function = plan.function
    if plan.carry_in:
        operands.append((binder.carry, "pred"))
    if plan.carry_out:
        results.append((binder.carry, "pred"))
    return binder.lanewise(function, results, operands)


def unsupported(instruction: Instruction) -> Fault:
    """For what the emulator does not know."""
    location = instruction.location
    return Fault(
        "unsupported",
        f"{instruction.opcode} is not modelled",
        str(location),
        location.line,
    )
