"""What if there were less memory? The trace of a run, replayed under a limit."""

import json
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from knetengine.gpu.memory import POLICIES
from knetengine.training.memory_traces import Answer, Trace, answers

MIB = 1 << 20


def trace_of_steps() -> Trace:
    """Weights of 4 MiB, and three steps that hold 2, 4 and 8 MiB more at their peaks."""
    events = [[1, 4 * MIB, 0, -1]]
    marks = [(1, 100)]
    for step in range(3):
        block = 10 * (step + 1)
        events += [[block, MIB << step, 0, 0], [block + 1, MIB << step, 0, 1]]
        events += [[block], [block + 1]]
        marks.append((len(events), 101 + step))
    places = [("model.py", 7, "loss", "h = x @ w"), ("model.py", 8, "loss", "y = relu(h)")]
    return Trace("cpu", "default", None, 1, marks, places, events)


def by_policy(limit: int | None) -> dict[str, Answer]:
    return {answer.policy: answer for answer in answers(trace_of_steps(), limit)}


def test_each_policy_answers_and_the_runs_own_is_the_first() -> None:
    found = list(answers(trace_of_steps(), None))
    assert [answer.of_run for answer in found] == [True] + [False] * (len(POLICIES) - 1)
    assert found[0].policy == "default"
    assert {answer.policy for answer in found} == set(POLICIES)
    for answer in found:
        assert answer.steps == (101, 103)
        assert answer.needed == 12 * MIB <= answer.peak_reserved
        assert answer.failed_step is None


def test_a_limit_that_is_large_enough_is_kept_to() -> None:
    for limit in (12 * MIB, 14 * MIB, 64 * MIB):
        answer = by_policy(limit)["none"]
        assert answer.failed_step is None
        assert answer.peak_reserved <= limit


def test_caches_are_given_back_where_the_limit_refuses() -> None:
    answer = by_policy(14 * MIB)["exact"]  # 4 + 2 + 4 are kept, when 8 are asked for
    assert answer.failed_step is None
    assert answer.retries > 0
    assert answer.releases > 0
    assert by_policy(64 * MIB)["exact"].retries == 0


def test_it_says_in_which_step_memory_runs_out_and_who_holds_it() -> None:
    answer = by_policy(10 * MIB)["none"]
    assert answer.failed_step == 103
    assert answer.failed_bytes == 4 * MIB
    first, second = answer.holders
    assert {first.nbytes, second.nbytes} == {4 * MIB}
    assert {(h.line, h.text) for h in answer.holders} == {(0, ""), (7, "h = x @ w")}


def test_what_is_held_between_steps_may_not_fit() -> None:
    for answer in by_policy(2 * MIB).values():
        assert answer.failed_step == 0
        assert answer.needed == 12 * MIB
        assert [holder.nbytes for holder in answer.holders] == [4 * MIB]


def ask(path: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-P", "-m", "knetengine.training.what_if", str(path), *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_process_prints_a_line_for_each_policy(tmp_path: Path) -> None:
    path = tmp_path / "memory-trace.json"
    path.write_bytes(msgspec.json.encode([trace_of_steps()]))
    told = ask(path, "cpu", str(10 * MIB))
    assert told.stderr == ""
    found = [msgspec.json.decode(line, type=Answer) for line in told.stdout.splitlines()]
    assert found == list(answers(trace_of_steps(), 10 * MIB))


@pytest.mark.parametrize("content", [None, "nonsense", json.dumps([])])
def test_without_a_trace_it_says_so(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "memory-trace.json"
    if content is not None:
        path.write_text(content)
    told = ask(path, "cpu", "1000")
    assert told.returncode == 2
    assert str(path) in told.stderr
    assert "Traceback" not in told.stderr
