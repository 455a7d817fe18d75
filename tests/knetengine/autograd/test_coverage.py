"""Every function that NumPy lists is in exactly one registry, and the page says so."""

from pathlib import Path

import numpy as np
import pytest

from knetengine import grad
from knetengine.autograd.coverage import (
    REGISTRIES,
    functions,
    headline,
    main,
    page,
    public_name,
    registries,
    rows,
)
from knetengine.autograd.primitives import (
    COMPOSED,
    DIFFERENTIABLE,
    NOT_DIFFERENTIABLE,
    REFUSED,
    name_of,
)
from knetengine.autograd.recorded import Doors

PAGE = Path(__file__).parents[3] / "docs" / "coverage.md"


def test_no_function_is_unclassified() -> None:
    assert [name for name, function in functions().items() if not registries(function)] == []


def test_no_function_is_in_two_registries() -> None:
    found = {name: registries(function) for name, function in functions().items()}
    assert {name: places for name, places in found.items() if len(places) > 1} == {}


def test_nothing_is_registered_that_numpy_does_not_list() -> None:
    listed = {id(function) for function in functions().values()}
    strangers = [
        name_of(function)
        for registry in (DIFFERENTIABLE, COMPOSED, NOT_DIFFERENTIABLE, REFUSED)
        for function in registry
        if name_of(function).startswith("np.")
        and id(function) not in listed
        and id(getattr(function, "__wrapped__", None)) not in listed  # its twin
    ]
    assert strangers == []


def test_names_are_those_that_one_can_call() -> None:
    names = functions()
    assert names["np.add"] is np.add
    assert names["np.eye"] is np.eye
    assert names["np.linalg.inv"] is np.linalg.inv
    assert names["np.emath.sqrt"] is np.emath.sqrt
    assert names["np.char.split"] is np.char.split
    assert public_name(np.strings.isalpha) == "np.strings.isalpha"
    unreachable = [name for name in names if name.startswith("ufunc ")]
    assert "ufunc find" in unreachable
    assert all(_exists(name) for name in names.keys() - set(unreachable))


def _exists(name: str) -> bool:
    found: object = np
    for part in name.split(".")[1:]:
        found = getattr(found, part)
    return callable(found)


def test_rows_tell_the_registry_the_family_and_how() -> None:
    table = {row.name: row for row in rows()}
    assert len(table) == len(functions())
    assert {row.registry for row in table.values()} <= set(REGISTRIES)
    assert table["np.tanh"][1:4] == ("elementwise", "differentiable", "rule")
    assert table["np.sort"][1:4] == ("sorting", "differentiable", "composition")
    assert table["np.argmax"][1:4] == (
        "positions, orders and counts",
        "not differentiable",
        "constant",
    )
    assert table["np.gcd"][1:4] == ("bits and whole numbers", "refused", "refused")
    assert "integers" in table["np.gcd"].advice


def test_the_headline_counts_every_function_once() -> None:
    table = rows()
    numbers = [int(word) for word in headline(table).split() if word.isdigit()]
    differentiable, total, constant, refused = numbers
    assert total == len(table)
    assert differentiable + constant + refused == total


def test_a_refused_function_raises_and_says_what_to_do() -> None:
    def call_all(x: object) -> float:
        for function, advice in REFUSED.items():
            with pytest.raises(TypeError) as raised:
                Doors.function(function, (x,), {})
            assert str(raised.value) == f"{name_of(function)} cannot be differentiated: {advice}"
        return 0.0

    assert REFUSED
    grad(call_all)(1.0)


def test_the_committed_page_is_current() -> None:
    committed = PAGE.read_text(encoding="utf-8")
    if f"NumPy {np.__version__}:" not in committed:
        pytest.skip(f"docs/coverage.md is of another NumPy than {np.__version__}")
    assert committed == page()


def test_the_command_writes_the_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "page.md")]) == 0
    assert (tmp_path / "page.md").read_text(encoding="utf-8") == page()
    assert main([]) == 0
    assert capsys.readouterr().out == page()
