"""A real evaluator child for each test, and what it said."""

from collections.abc import AsyncIterator

import pytest

from knetui.evaluator.client import Evaluator
from knetui.evaluator.protocol import Done, Error, Event, Result, Stream


class Said:
    """Collects the events of executions."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def __call__(self, event: Event) -> None:
        self.events.append(event)

    @property
    def results(self) -> list[str]:
        return [event.text for event in self.events if isinstance(event, Result)]

    @property
    def errors(self) -> list[Error]:
        return [event for event in self.events if isinstance(event, Error)]

    @property
    def statuses(self) -> list[str]:
        return [event.status for event in self.events if isinstance(event, Done)]

    def output(self, name: str = "stdout") -> str:
        streams = [event for event in self.events if isinstance(event, Stream)]
        return "".join(event.text for event in streams if event.name == name)


@pytest.fixture
def said() -> Said:
    return Said()


@pytest.fixture
async def evaluator() -> AsyncIterator[Evaluator]:
    evaluator = Evaluator()
    await evaluator.start()
    await evaluator.complete("", 0)  # answered once NumPy is there
    yield evaluator
    await evaluator.close()
