from collections import defaultdict
from dataclasses import dataclass, field

from knetengine.autograd.containers import flatten, paths


@dataclass
class Counted:
    w: float
    made: int = field(init=False)

    def __post_init__(self) -> None:
        self.made = 0
        self.w += 1.0


def test_rebuilding_does_not_construct_again() -> None:
    leaves, rebuild = flatten(Counted(1.0))
    assert leaves == [2.0, 0]
    assert rebuild(iter([5.0, 6])).__dict__ == {"w": 5.0, "made": 6}


def test_a_dict_subclass_keeps_its_ways() -> None:
    nest = defaultdict(list, a=1.0)
    leaves, rebuild = flatten(nest)
    fresh = rebuild(iter([2.0]))
    assert leaves == [1.0]
    assert fresh == {"a": 2.0}
    assert fresh["new"] == []
    assert nest == {"a": 1.0}


def test_paths_name_the_leaves_in_order() -> None:
    nest = {"a": [1.0, (2.0,)], "b": Counted(3.0)}
    assert list(paths(nest)) == ["['a'][0]", "['a'][1][0]", "['b'].w", "['b'].made"]
    assert flatten(nest)[0] == [1.0, 2.0, 4.0, 0]


def test_an_empty_container_has_no_leaves() -> None:
    leaves, rebuild = flatten({"a": [], "b": ()})
    assert leaves == []
    assert rebuild(iter([])) == {"a": [], "b": ()}
