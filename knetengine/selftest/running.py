"""All checks on some devices, one after the other; a line for each, and a report."""

import importlib
import importlib.util
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from knetengine.gpu import devices
from knetengine.selftest import report as reports
from knetengine.selftest.checks import CHECKS, Check, Place
from knetengine.selftest.comparing import Comparison, MismatchError, UnavailableError
from knetengine.selftest.report import CheckReport, DeviceReport, Report

Say = Callable[[str], None]


def obstacle() -> str | None:
    """Why there is no CUDA device, and what helps; None if there is one."""
    if any(device.name.startswith("cuda:") for device in devices()):
        return None
    if importlib.util.find_spec("cupy") is None:
        return (
            "CuPy is not installed; on a machine with an NVIDIA GPU: pip install "
            "'knet-tui[cuda13]', or 'knet-tui[cuda12]' for an older driver"
        )
    try:
        count = importlib.import_module("cupy").cuda.runtime.getDeviceCount()
    except ImportError as error:
        return f"CuPy cannot be imported: {error}; install it anew: pip install 'knet-tui[cuda13]'"
    except Exception as error:  # CuPy's own kinds
        return (
            f"CuPy finds no driver it can use: {error}; install NVIDIA's driver, or "
            "'knet-tui[cuda12]' for an older one; nvidia-smi shows which there is"
        )
    return f"CuPy finds {count} devices; nvidia-smi shows those that the driver has"


def run(
    names: Sequence[str] = (),
    *,
    examples: Path | None = None,
    say: Say = print,
    keep: Callable[[Report], object] = lambda report: None,
    checks: Sequence[Check] = CHECKS,
) -> Report:
    """Make checks on devices, on each CUDA device if none is named.

    examples: the folder of the example models. say: is given each line. keep: is given the report
    after each check, for one may be the last that a driver survives.

    A check that fails does not keep the others from being made; after Ctrl-C those that are left
    are reported as not run. Raises ValueError for a device that is not there.
    """
    report = reports.new_report()
    if not names:
        report.obstacle = obstacle()
        if report.obstacle is not None:
            report.obstacle = reports.without_private(report.obstacle)
            report.finished = True
            return report
        names = [device.name for device in devices() if device.name.startswith("cuda:")]
    places = [Place(name, examples) for name in names]
    for place in places:
        report.devices.append(reports.describe(place))
    try:
        for place, device in zip(places, report.devices, strict=True):
            capability = device.compute_capability
            further = f", compute capability {capability}" if capability else ""
            say(f"{place.name}: {device.description}{further}")
            for each in checks:
                device.checks.append(make(each, place))
                say(line(device.checks[-1]))
                keep(report)
        report.finished = True
    except KeyboardInterrupt:
        for device in report.devices:
            for each in checks[len(device.checks) :]:
                device.checks.append(CheckReport(each.family, each.name, reports.NOT_RUN))
    for device in report.devices:
        say(summary(device))
    return report


def make(check: Check, place: Place) -> CheckReport:
    """Make one check."""
    found = CheckReport(check.family, check.name, reports.PASSED)
    comparison, begun = Comparison(), time.perf_counter()
    try:
        with np.errstate(all="ignore"):
            check.run(place, comparison)
    except UnavailableError as error:
        found.status, found.message = reports.SKIPPED, str(error)
    except MismatchError as error:
        found.status, found.message = reports.FAILED, str(error)
    except Exception as error:  # whatever a device says: the next check is made all the same
        found.status, found.message = reports.FAILED, _said(error)
    found.message = reports.without_private(found.message)
    found.seconds = round(time.perf_counter() - begun, 3)
    found.error, found.tolerance = map(reports.figure, (comparison.error, comparison.tolerance))
    found.unit = comparison.unit if comparison.tolerance is not None else ""
    return found


def _said(error: Exception) -> str:
    """An error, and the line of the file that raised it."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
    text: Any = " ".join(str(error).split())
    return f"raised {type(error).__name__}: {text}{where}"


def line(found: CheckReport) -> str:
    """A check for people."""
    head = f"{found.family}: {found.name}"
    if found.status == reports.PASSED:
        if not found.tolerance:
            return f"passed   {head}"
        measured = f"error {found.error:.2g} of {found.tolerance:.2g}, {found.unit}"
        return f"passed   {head} ({measured})"
    word = "FAILED" if found.status == reports.FAILED else found.status
    return f"{word:8} {head}: {found.message}"


def summary(device: DeviceReport) -> str:
    """What came of a device's checks, for people."""
    counts = [f"{device.count(reports.PASSED)} passed", f"{device.count(reports.FAILED)} FAILED"]
    for status in (reports.SKIPPED, reports.NOT_RUN):
        if device.count(status):
            counts.append(f"{device.count(status)} {status}")
    seconds = sum(each.seconds for each in device.checks)
    return f"{device.name}: {', '.join(counts)}, in {seconds:.0f} s"
