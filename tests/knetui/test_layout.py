"""How the panes share the screen."""

import msgspec
import pytest

from knetui.layout import ARRANGEMENT, LEAST, PRESETS, Layout, areas, name_of, panes_of
from knetui.screens.panes import PANES


def shown() -> Layout:
    """A layout in which every pane has something to show."""
    return Layout(left_out=[])


def test_every_pane_has_its_place() -> None:
    assert sorted(panes_of(ARRANGEMENT)) == sorted(PANES)


def test_a_border_moves_and_the_others_stay() -> None:
    layout = shown()
    border = layout.border_of("editor", across=True)
    assert border is not None
    assert layout.move(border, 10, {"model-column": 60, "run-column": 60})
    model, run = (layout.share(border.area, part) for part in (border.before, border.after))
    assert model / run == pytest.approx(70 / 50, rel=1e-3)
    below = layout.border_of("editor", across=False)
    assert below is not None
    assert layout.share(below.area, below.before) == 3


def test_no_pane_gets_too_small_to_be_used() -> None:
    layout = shown()
    border = layout.border_of("editor", across=False)
    assert border is not None
    assert layout.move(border, 1000, {"editor": 24, "repl": 16})
    ratio = layout.share(border.area, "repl") / layout.share(border.area, "editor")
    assert ratio == pytest.approx(LEAST[False] / (40 - LEAST[False]), rel=1e-2)
    assert not layout.move(border, 1, {"editor": 37, "repl": 3})


def test_panes_are_hidden_but_for_the_last() -> None:
    layout = shown()
    names = list(PANES)
    assert all(layout.hide(name) for name in names[:-1])
    assert not layout.hide(names[-1])
    assert layout.shows(names[-1])
    layout.show(names[0])
    assert layout.shows(names[0])
    layout.reset()
    assert layout.hidden == []


def test_presets_follow_each_other_and_a_layout_of_ones_own_leads_to_the_first() -> None:
    layout = shown()
    seen: list[str] = []
    for _ in PRESETS:
        preset = layout.next_preset()
        layout.take(preset)
        assert any(layout.shows(name) for name in PANES)
        seen.append(preset.name)
    assert seen == [*(preset.name for preset in PRESETS[1:]), PRESETS[0].name]
    layout.hide("log")
    assert layout.next_preset() is PRESETS[0]


def test_presets_name_panes_and_areas_that_there_are() -> None:
    parts = {name_of(part) for area in areas() for part in area.parts}
    for preset in PRESETS:
        assert set(preset.hidden) < set(PANES)
        assert set(preset.shares) <= parts


def test_a_pane_with_nothing_to_show_is_left_out_until_it_is_asked_for() -> None:
    layout = Layout()
    assert not layout.shows("samples")
    layout.show("samples")
    assert layout.shows("samples")


def test_the_border_of_the_last_pane_is_before_it() -> None:
    layout = shown()
    border = layout.border_of("repl", across=False)
    assert border is not None
    assert (name_of(border.before), name_of(border.after)) == ("editor", "repl")
    assert layout.border_at("editor", across=True, behind=False) is None


def test_a_damaged_share_is_the_first_one() -> None:
    layout = Layout(shares={"editor": -1.0, "repl": float("nan")})
    area = next(area for area in areas() if "editor" in area.parts)
    assert (layout.share(area, "editor"), layout.share(area, "repl")) == (3, 2)


def test_a_layout_is_remembered() -> None:
    layout = Layout(zoomed=True, hidden=["log"], shares={"editor": 1.5})
    assert msgspec.json.decode(msgspec.json.encode(layout), type=Layout) == layout
