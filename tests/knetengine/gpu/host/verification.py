"""What this run has verified on the host driver, counted: for the terminal, and for a file."""

import dataclasses
import functools
from typing import Any, ClassVar

from knetengine.gpu.kernels import catalogue

Kernel = tuple[str, tuple[str, ...]]
"""Its name, and the definitions that its source was compiled with."""

NAMES = {"address": "AddressSanitizer", "thread": "ThreadSanitizer"}


@functools.cache
def kernels() -> frozenset[Kernel]:
    """All that the product can ask for."""
    return frozenset((name, s.options) for s in catalogue.all_sources() for name in s.kernels)


@dataclasses.dataclass
class Verification:
    """executed: kernels of the catalogue, in tests that passed. sanitized: by the sanitizer that
    had nothing to report, how many tests and kernels it watched. planted: bugs by what they are and
    what caught them.
    """

    executed: set[Kernel] = dataclasses.field(default_factory=set)
    sanitized: dict[str, dict[str, int]] = dataclasses.field(default_factory=dict)
    planted: set[str] = dataclasses.field(default_factory=set)

    title: ClassVar[str] = "the host driver"

    def is_empty(self) -> bool:
        return not (self.executed or self.sanitized or self.planted)

    def lines(self) -> list[str]:
        """For people."""
        found = [f"host: {len(self.executed)} of {len(kernels())} kernels executed"]
        found += [
            f"host: {NAMES[kind]}, {of['tests']} tests, {of['kernels']} kernels, nothing to report"
            for kind, of in sorted(self.sanitized.items())
        ]
        if self.planted:
            found.append(f"host: {len(self.planted)} planted bugs caught")
        return found

    def as_dict(self) -> dict[str, Any]:
        """For the README's table."""
        return {
            "kernels": len(kernels()),
            "executed": len(self.executed),
            "sanitized": dict(sorted(self.sanitized.items())),
            "planted": sorted(self.planted),
        }


seen = Verification()
"""Of this process."""
