"""What a self-test found, for a file: nothing of who ran it, or where."""

import datetime
import getpass
import importlib.metadata
import os
import platform
import re
import socket
from pathlib import Path

import msgspec

import knetengine
from knetengine.gpu import devices
from knetengine.selftest.checks import Place

SCHEMA = 1
"""Goes up with every change that a reader of reports would have to know of."""

PACKAGES = (
    "numpy", "scipy", "numba", "cupy-cuda12x", "cupy-cuda13x", "nvidia-cuda-nvrtc-cu12",
    "nvidia-cuda-nvrtc", "nvidia-cublas-cu12", "nvidia-cublas",
)  # fmt: skip
"""Whose versions are told, of those that are installed."""

PASSED, FAILED, SKIPPED, NOT_RUN = "passed", "failed", "skipped", "not run"


class CheckReport(msgspec.Struct):
    """One check on one device.

    status: passed, failed, skipped or not run. error, tolerance: those of the comparison that came
    nearest to its tolerance, or passed it, in `unit`; None where nothing was measured, and for an
    error that is no number. message: of a failure both values, of what was skipped the reason.
    """

    family: str
    name: str
    status: str
    seconds: float = 0.0
    error: float | None = None
    tolerance: float | None = None
    unit: str = ""
    message: str = ""


class DeviceReport(msgspec.Struct):
    """One device.

    kind: cuda, cpu, or simulated for one that tests have made. compute_capability, driver_version,
    runtime_version: such as 9.0 and 13.0; None of a device that has none.
    """

    name: str
    kind: str
    description: str
    memory_bytes: int | None
    compute_capability: str | None
    driver_version: str | None
    runtime_version: str | None
    nvrtc_version: str | None
    checks: list[CheckReport]

    def count(self, status: str) -> int:
        """How many checks ended so."""
        return sum(each.status == status for each in self.checks)


class Report(msgspec.Struct):
    """A self-test. finished: whether nothing interrupted it. obstacle: why there was no device."""

    schema: int
    date: str
    system: str
    versions: dict[str, str]
    finished: bool
    obstacle: str | None
    devices: list[DeviceReport]

    @property
    def exit_status(self) -> int:
        """0 if all passed or was skipped, 1 if something failed or was not run, 2 for no device."""
        if self.obstacle is not None:
            return 2
        bad = sum(each.count(status) for each in self.devices for status in (FAILED, NOT_RUN))
        return 1 if bad or not self.finished else 0


def new_report() -> Report:
    """A report of no device yet."""
    versions = {"knet-tui": knetengine.__version__, "python": platform.python_version()}
    for name in PACKAGES:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    now = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
    system = f"{platform.system()} {platform.machine()}"
    return Report(SCHEMA, now.isoformat(), system, versions, False, None, [])


def describe(place: Place) -> DeviceReport:
    """What a device is, without any check yet."""
    for device in devices():
        if device.name == place.name:
            break
    else:
        memory = place.driver.memory()[1]
        text = place.driver.properties().name
        return DeviceReport(place.name, "simulated", text, memory, None, None, None, None, [])
    kind = place.name.partition(":")[0]
    found = DeviceReport(
        place.name, kind, device.description, device.memory_bytes, None, None, None, None, []
    )
    if kind == "cuda":
        major, minor = divmod(place.driver.properties().architecture, 10)
        found.compute_capability = f"{major}.{minor}"
        found.driver_version = _version(place.cuda.runtime.driverGetVersion())
        found.runtime_version = _version(place.cuda.runtime.runtimeGetVersion())
        found.nvrtc_version = ".".join(map(str, place.cuda.nvrtc.getVersion()))
    return found


def _version(number: int) -> str:
    """CUDA's number of a version, 13000, as people write it."""
    return f"{number // 1000}.{number % 1000 // 10}"


def write(report: Report, path: Path) -> None:
    """Write a report as JSON, at once or not at all. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.name}.{os.getpid()}")
    unfinished.write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n")
    unfinished.replace(path)


_FOLDERS = re.compile(r"(?<![\w.)\]])(?:[A-Za-z]:|~)?(?:[/\\][^\s/\\:'\"]+)*[/\\](?=[^\s/\\:'\"])")
"""From the root, or a user's home, and not amid a word as 1/3 or and/or has it."""


def without_private(text: str) -> str:
    """A text without folders, the user's name and the machine's."""
    text = _FOLDERS.sub("", text).replace(str(Path.home()), "~")
    for private, instead in ((_user(), "USER"), (socket.gethostname(), "HOST")):
        if len(private) > 2:
            text = re.sub(rf"\b{re.escape(private)}\b", instead, text)
    return text


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""


def figure(number: float | None) -> float | None:
    """A number as JSON has it; None for what it has not."""
    if number is None or number != number or number in (float("inf"), float("-inf")):
        return None
    return float(number)
