"""The self-test on a device that this machine has; planted faults, and what interrupts it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from knetengine.gpu.backends import add_device
from knetengine.gpu.device.backend import DeviceBackend
from knetengine.selftest import CHECKS, Check, running
from knetengine.selftest.comparing import Comparison
from knetengine.selftest.report import Report
from tests.examples.running import EXAMPLES
from tests.knetengine.gpu.host.host_driver import HostDriver

FAMILIES = {
    "elementwise", "reductions", "indexing", "views", "joins", "products", "layers",
    "library functions", "random numbers", "optimisers", "models", "memory", "streams", "graphs",
    "compute-sanitizer",
}  # fmt: skip

# Each function of the table is run by the tests of the kernels; here a few, in their dtypes.
FEW = ("add", "exp", "sigm", "where", "power", "casts", "slopes", "strides of all kinds")


def chosen() -> list[Check]:
    """All checks, but of the table's functions a few."""
    return [each for each in CHECKS if each.family != "elementwise" or each.name in FEW]


def named(*names: str) -> list[Check]:
    return [each for each in CHECKS if each.name in names]


def run(device: str, checks: Sequence[Check]) -> tuple[Report, list[str]]:
    lines: list[str] = []
    return running.run([device], examples=EXAMPLES, say=lines.append, checks=checks), lines


def passes_but_for_what_it_has_not(report: Report, lines: list[str], count: int) -> None:
    (device,) = report.devices
    assert [line for line in lines if line.startswith("FAILED")] == []
    assert report.finished
    assert report.exit_status == 0
    skipped = {each.family for each in device.checks if each.status == "skipped"}
    assert skipped <= {"graphs", "compute-sanitizer", "library functions"}
    assert len(device.checks) == count == len(lines) - 2


def test_every_family_has_its_checks() -> None:
    assert {each.family for each in CHECKS} == FAMILIES
    names = [(each.family, each.name) for each in CHECKS]
    assert len(set(names)) == len(names)


def test_a_device_with_our_kernels_passes(simulated: str) -> None:
    checks = chosen()
    report, lines = run(simulated, checks)
    passes_but_for_what_it_has_not(report, lines, len(checks))
    assert report.devices[0].kind == "simulated"


@pytest.mark.slow
def test_it_passes_every_check(simulated: str) -> None:
    report, lines = run(simulated, CHECKS)
    passes_but_for_what_it_has_not(report, lines, len(CHECKS))


class Planting(HostDriver):
    """Compiles sources with a piece of them replaced."""

    def __init__(self, right: str, wrong: str) -> None:
        super().__init__()
        self.right, self.wrong = right, wrong

    def load(self, source: str, options: Sequence[str] = ()) -> Any:
        return super().load(source.replace(self.right, self.wrong), options)


def planted(name: str, right: str, wrong: str) -> str:
    add_device(name, DeviceBackend(Planting(right, wrong), name))
    return name


def test_a_wrong_kernel_fails_with_both_values_and_the_others_go_on() -> None:
    device = planted("planted exp", "kn_cast<float>(kn_exp(x))", "kn_cast<float>(kn_exp(x) + 1)")
    report, lines = run(device, named("exp", "log", "negative"))
    assert report.exit_status == 1
    negative, exp, log = report.devices[0].checks
    assert [each.status for each in (negative, exp, log)] == ["passed", "failed", "passed"]
    (line,) = [line for line in lines if line.startswith("FAILED")]
    assert line.startswith("FAILED   elementwise: exp: exp of float32 at [")
    assert "found " in line
    assert "expected " in line
    assert exp.error is not None
    assert exp.tolerance is not None
    assert exp.error > exp.tolerance
    assert lines[-1].startswith("planted exp: 2 passed, 1 FAILED, in ")


@pytest.mark.parametrize(
    ("check", "right", "wrong"),
    [
        ("sum", "shared[me + half * blockDim.x]", "shared[me]"),
        ("kernels for int32 compile", "extern", "this is no C++; extern"),
    ],
)
def test_a_fault_of_another_kind_fails_too(check: str, right: str, wrong: str) -> None:
    device = planted(f"planted {check}", right, wrong)
    report, _ = run(device, named(check))
    assert report.exit_status == 1
    assert report.devices[0].checks[0].message


def test_whatever_a_check_raises_is_its_own_failure(simulated: str) -> None:
    def fail(place: Any, comparison: Comparison) -> None:
        raise ZeroDivisionError(f"in {Path.home()}/models/mine.py")

    checks = [Check("memory", "a check that raises", fail), *named("negative")]
    report, lines = run(simulated, checks)
    assert [each.status for each in report.devices[0].checks] == ["failed", "passed"]
    assert lines[1].startswith(
        "FAILED   memory: a check that raises: raised ZeroDivisionError: in "
    )
    assert "mine.py (test_running.py:" in lines[1]
    assert str(Path.home()) not in lines[1]


def test_ctrl_c_leaves_what_was_found_and_says_what_was_not_run(simulated: str) -> None:
    def interrupt(place: Any, comparison: Comparison) -> None:
        raise KeyboardInterrupt

    first, last = named("negative", "positive")
    kept: list[int] = []
    report = running.run(
        [simulated, "cpu"],
        say=lambda line: None,
        keep=lambda report: kept.append(len(report.devices[0].checks)),
        checks=[first, Check("memory", "interrupted", interrupt), last],
    )
    assert not report.finished
    assert report.exit_status == 1
    found = [[each.status for each in device.checks] for device in report.devices]
    assert found == [["passed", "not run", "not run"], ["not run"] * 3]
    assert kept == [1]


def test_without_a_device_nothing_runs_and_the_remedy_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(running, "devices", lambda: [])
    monkeypatch.setattr(running.importlib.util, "find_spec", lambda name: None)
    report = running.run(say=lambda line: pytest.fail(line))
    assert report.exit_status == 2
    assert report.obstacle is not None
    assert "pip install 'knet-tui[cuda13]'" in report.obstacle


def test_the_driver_s_own_words_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def count() -> int:
        raise RuntimeError("cudaErrorInsufficientDriver")

    class Cupy:
        class cuda:  # noqa: N801
            class runtime:  # noqa: N801
                getDeviceCount = staticmethod(count)  # noqa: N815

    monkeypatch.setattr(running, "devices", lambda: [])
    monkeypatch.setattr(running.importlib.util, "find_spec", lambda name: object())
    monkeypatch.setattr(running.importlib, "import_module", lambda name: Cupy)
    found = running.obstacle()
    assert found is not None
    assert "cudaErrorInsufficientDriver; install NVIDIA's driver" in found
    Cupy.cuda.runtime.getDeviceCount = staticmethod(lambda: 0)
    assert "CuPy finds 0 devices" in str(running.obstacle())


def test_a_device_that_is_not_there_is_an_error() -> None:
    with pytest.raises(ValueError, match="no device 'cuda:77'; expected one of cpu"):
        running.run(["cuda:77"])


def test_a_result_from_the_host_is_no_pass(simulated: str) -> None:
    """A function that computes on the CPU behind the user's back would agree with NumPy."""
    from knetengine.selftest.comparing import MismatchError, on_device

    with pytest.raises(MismatchError, match="found a result on ndarray, expected one on"):
        on_device("np.sort", np.zeros(3), simulated)
