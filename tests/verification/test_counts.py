"""Counts of several suites in one file."""

import json
from pathlib import Path

import pytest

from tests.verification import counts


def test_each_suite_has_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pytestconfig: pytest.Config
) -> None:
    path = tmp_path / "folder" / "counts.json"
    monkeypatch.setenv(counts.PATH, str(path))
    counts.keep(pytestconfig, "ptx", {"kernels": 3})
    counts.keep(pytestconfig, "host", {"kernels": 2})
    counts.keep(pytestconfig, "ptx", {"kernels": 4})
    assert json.loads(path.read_text()) == {"ptx": {"kernels": 4}, "host": {"kernels": 2}}
    assert [each.name for each in path.parent.iterdir()] == ["counts.json"]


def test_counts_of_several_processes_are_added() -> None:
    one = {"compiled": {"nvrtc": {75: {"a"}}}, "planted": {"bug": 2}, "everything": False}
    other = {"compiled": {"nvrtc": {75: {"b"}, 80: {"a"}}}, "planted": {"bug": 1, "more": 1}}
    found = counts.sum_of(one, other | {"everything": True})
    assert found == {
        "compiled": {"nvrtc": {75: {"a", "b"}, 80: {"a"}}},
        "planted": {"bug": 3, "more": 1},
        "everything": True,
    }
