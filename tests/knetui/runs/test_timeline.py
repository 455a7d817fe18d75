"""Epochs, steps, seconds and the log of a run, each from the others."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knetengine.training.metrics import Report
from knetui.runs.timeline import KEPT, PLACES, Timeline


def report(epoch: int, *, step: int | None = None, log: int | None = None) -> Report:
    return Report(epoch, epoch * 0.5, {}, step, log)


def timeline_of(count: int) -> Timeline:
    timeline = Timeline()
    for epoch in range(count):
        timeline.add(report(epoch, step=epoch * 10, log=epoch * 100 + 80))
    return timeline


@settings(max_examples=30, deadline=None)
@given(st.integers(2, 5 * KEPT), st.data())
def test_every_place_is_found_from_every_other(count: int, data: st.DataObject) -> None:
    timeline = timeline_of(count)
    epoch = data.draw(st.integers(0, count - 1))
    known = {"epoch": epoch, "step": epoch * 10, "seconds": epoch * 0.5, "log": epoch * 100 + 80}
    for source in PLACES:
        for target in PLACES:
            found = timeline.place(known[source], source, target)
            assert found == pytest.approx(known[target])
            whole = timeline.translate(np.array([known[source]], float), source, target)
            assert whole[0] == pytest.approx(found)


def test_places_outside_are_held_at_the_ends() -> None:
    timeline = timeline_of(10)
    assert timeline.place(-5, "epoch", "step") == 0
    assert timeline.place(99, "epoch", "step") == 90


def test_who_goes_back_overwrites_what_came_after() -> None:
    timeline = timeline_of(10)
    timeline.add(Report(5, 100.0, {}, 7, 8))
    assert timeline.place(5, "epoch", "seconds") == 100.0
    assert timeline.place(9, "epoch", "seconds") == 100.0
    assert timeline.place(4, "epoch", "step") == 40


def test_what_a_run_does_not_say_is_not_offered() -> None:
    timeline = Timeline()
    timeline.add(report(0))
    assert [place for place in PLACES if timeline.offers(place)] == ["epoch", "seconds"]
    timeline.add(report(1, step=10))
    assert timeline.offers("step")
    assert not timeline.offers("log")
    assert timeline.place(1, "epoch", "step") == 10


def test_of_very_many_reports_the_first_and_the_last_are_exact() -> None:
    timeline = timeline_of(10 * KEPT + 3)
    assert timeline.place(0, "epoch", "log") == 80
    last = 10 * KEPT + 2
    assert timeline.place(last, "epoch", "log") == last * 100 + 80
    assert timeline.place(last, "epoch", "step") == last * 10
