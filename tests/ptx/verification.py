"""What this run has verified, counted: for a line of the terminal, and for a file."""

import dataclasses
from typing import Any, ClassVar

Kernel = tuple[str, tuple[str, ...]]
"""Its name, and the definitions that its source was compiled with."""


@dataclasses.dataclass
class Verification:
    """compiled: by compiler and architecture, the kernels; none of them spills registers.

    executed: by the emulator, in tests that passed. counted: those with committed numbers. planted:
    bugs by what they are, and in how many tests each was caught. catalogue: all that the product
    can ask for. everything: whether the slow tests were in the run.
    """

    compiled: dict[str, dict[int, set[Kernel]]] = dataclasses.field(default_factory=dict)
    executed: set[Kernel] = dataclasses.field(default_factory=set)
    counted: set[Kernel] = dataclasses.field(default_factory=set)
    planted: dict[str, int] = dataclasses.field(default_factory=dict)
    catalogue: frozenset[Kernel] = frozenset()
    everything: bool = False

    title: ClassVar[str] = "PTX"

    def note_compiled(self, compiler: str, architecture: int, kernels: set[Kernel]) -> None:
        self.compiled.setdefault(compiler, {}).setdefault(architecture, set()).update(kernels)

    def note_caught(self, bug: str) -> None:
        self.planted[bug] = self.planted.get(bug, 0) + 1

    def is_empty(self) -> bool:
        return not (self.compiled or self.executed or self.planted)

    def lines(self) -> list[str]:
        """For people."""
        found: list[str] = []
        for compiler, by_architecture in self.compiled.items():
            kernels = len(set().union(*by_architecture.values()))
            each = ", ".join(f"sm_{a} {len(k)}" for a, k in sorted(by_architecture.items()))
            found.append(
                f"PTX: {kernels} of {len(self.catalogue)} kernels compiled by {compiler} for "
                f"{len(by_architecture)} architectures ({each}), no spills"
            )
        if self.executed:
            executed = f"{len(self.executed)} of {len(self.catalogue)} kernels executed"
            counted = f"{len(self.counted)} with committed counts"
            found.append(f"PTX: {executed} in the emulator, {counted}")
        if self.planted:
            times = sum(self.planted.values())
            found.append(f"PTX: {len(self.planted)} planted bugs caught, in {times} tests")
        if found and not self.everything:
            found.append('PTX: architectures agree, and nvcc on every file: -m "slow or not slow"')
        return found

    def as_dict(self) -> dict[str, Any]:
        """For the README's table."""
        return {
            "kernels": len(self.catalogue),
            "everything": self.everything,
            "compiled": {
                compiler: {str(a): len(k) for a, k in sorted(by_architecture.items())}
                for compiler, by_architecture in self.compiled.items()
            },
            "executed": len(self.executed),
            "not_executed": sorted(
                " ".join((name, *options)) for name, options in self.catalogue - self.executed
            )
            if self.everything
            else None,
            "counted": len(self.counted),
            "planted": dict(sorted(self.planted.items())),
        }


seen = Verification()
"""Of this process."""
