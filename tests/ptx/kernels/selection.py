"""What is compiled of the catalogue: all of it, and a few sources of it by another compiler."""

import functools
from typing import NamedTuple

from knetengine.gpu.kernels import catalogue
from knetengine.gpu.kernels.catalogue import Source
from tests.ptx.snippets import WANTED


class Job(NamedTuple):
    """A source to compile for an architecture, ten times the compute capability."""

    source: Source
    architecture: int

    @property
    def name(self) -> str:
        return f"{self.source.name} sm_{self.architecture}"


@functools.cache
def sources() -> tuple[Source, ...]:
    """All that the product can ask for."""
    return tuple(catalogue.all_sources())


@functools.cache
def kernels() -> frozenset[tuple[str, tuple[str, ...]]]:
    """All kernels, by name and definitions."""
    return frozenset((kernel, s.options) for s in sources() for kernel in s.kernels)


def all_jobs() -> list[Job]:
    return [Job(source, number) for number in WANTED for source in sources()]


def representatives() -> list[Source]:
    """One source of each file, and two of the expressions, for a compiler that takes long."""
    first = [file[0] for file in _files().values()]
    expressions = [s for s in sources() if s.name.startswith("elementwise f32")]
    return first + expressions[:: max(1, len(expressions) - 1)]


def file_of(source: Source) -> str:
    """Its file; sources of the table of expressions have none."""
    return source.name.split()[0]


def _files() -> dict[str, list[Source]]:
    found: dict[str, list[Source]] = {}
    for source in sources():
        if file_of(source).endswith(".cu"):
            found.setdefault(file_of(source), []).append(source)
    return found
