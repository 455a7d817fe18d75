"""The README's table of what was verified of the arrays on a device, made of committed counts.

`verified.json` has the counts of the whole suite, those of the choice that runs every day, and what
self-tests on a GPU have reported.
"""

import json
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
VERIFIED = Path(__file__).with_name("verified.json")

BEGIN, END = "<!-- verified: begin -->", "<!-- verified: end -->"
"""Between these lines of the README stands what `table` makes."""

REPORT_SCHEMA = 1


def committed() -> dict[str, Any]:
    """What `verified.json` has."""
    return json.loads(VERIFIED.read_text())


def keep(verified: dict[str, Any]) -> None:
    """Write `verified.json` anew."""
    VERIFIED.write_text(json.dumps(verified, indent=2) + "\n")


# The table


def table(verified: dict[str, Any]) -> str:
    """The rows, with a line before them of how they were come by."""
    rows = [*_compiled(verified["whole"]), *_host(verified["whole"]), *_emulated(verified["whole"])]
    rows += _on_gpus(verified["gpu"])
    lines = ["| KnetArray on CUDA | |", "|---|---|", *(f"| {how} | {what} |" for how, what in rows)]
    return "\n".join(lines)


def _compiled(counts: dict[str, Any]) -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    for compiler, by_architecture in counts["ptx"]["compiled"].items():
        least, most = min(by_architecture.values()), max(by_architecture.values())
        number = f"{most:,}" if least == most else f"{least:,} to {most:,}"
        capabilities = ", ".join(f"{int(a) / 10:.1f}" for a in by_architecture)
        every = "all " if least == counts["ptx"]["kernels"] else ""
        rows.append(
            (
                f"compiled by NVIDIA's {compiler}, none spills registers",
                f"{every}{number} kernels for {len(by_architecture)} architectures "
                f"({capabilities})",
            )
        )
    return rows


def _host(counts: dict[str, Any]) -> list[tuple[str, str]]:
    host = counts["host"]
    rows = [("executed on the CPU, as C++", f"{host['executed']:,} of {host['kernels']:,} kernels")]
    for kind, name in (("address", "AddressSanitizer"), ("thread", "ThreadSanitizer")):
        of = host["sanitized"][kind]
        rows.append(
            (
                f"the same under {name}, nothing reported",
                f"{of['kernels']:,} kernels by name, {of['tests']:,} tests",
            )
        )
    return rows


def _emulated(counts: dict[str, Any]) -> list[tuple[str, str]]:
    ptx, host = counts["ptx"], counts["host"]
    return [
        (
            "executed from NVIDIA's PTX, in an emulator",
            f"{ptx['executed']:,} of {ptx['kernels']:,} kernels",
        ),
        (
            "planted bugs caught",
            f"{len(ptx['planted'])} by the emulator, {len(host['planted'])} on the CPU",
        ),
    ]


def _on_gpus(reports: list[dict[str, Any]]) -> list[tuple[str, str]]:
    if not reports:
        return [("on a GPU", "never: `knet-tui doctor --gpu-selftest` checks yours")]
    return [
        (
            f"on a GPU: {each['device']}, compute capability {each['compute_capability']}, "
            f"CUDA {each['runtime_version']}, knet-tui {each['version']}, {each['date']}",
            f"{each['passed']} checks passed, {each['failed']} failed, {each['skipped']} skipped",
        )
        for each in reports
    ]


def written(page: str, verified: dict[str, Any]) -> str:
    """The README with the table in its place. Raises ValueError where it has no such place."""
    if page.count(BEGIN) != 1 or page.count(END) != 1:
        raise ValueError(f"README.md has not one line {BEGIN} and one {END}")
    before, _, rest = page.partition(BEGIN)
    after = rest.partition(END)[2]
    return f"{before}{BEGIN}\n\n{table(verified)}\n\n{END}{after}"


# What may be put into verified.json


def reported(report: dict[str, Any]) -> list[dict[str, Any]]:
    """What the table needs of a self-test's report: an entry for each GPU.

    Raises ValueError for a report of another schema, of none, or of one that was interrupted.
    """
    if report.get("schema") != REPORT_SCHEMA:
        raise ValueError(f"the report is of schema {report.get('schema')}, not {REPORT_SCHEMA}")
    if not report["finished"]:
        raise ValueError("the report is of a self-test that was interrupted")
    devices = [device for device in report["devices"] if device["kind"] == "cuda"]
    if not devices:
        raise ValueError("the report is of no CUDA device")
    return [
        {
            "device": re.sub(r"[|\r\n]", " ", device["description"]),
            "compute_capability": device["compute_capability"],
            "driver_version": device["driver_version"],
            "runtime_version": device["runtime_version"],
            "version": report["versions"]["knet-tui"],
            "date": report["date"][:10],
            **{
                status: sum(check["status"] == status for check in device["checks"])
                for status in ("passed", "failed", "skipped")
            },
        }
        for device in devices
    ]


def figures(counts: dict[str, Any]) -> dict[str, int]:
    """The numbers of a run, by what they are; those of nvcc are left out, which few have."""
    found: dict[str, int] = {}
    ptx, host = counts.get("ptx"), counts.get("host")
    if ptx:
        for compiler, by_architecture in ptx["compiled"].items():
            if compiler.startswith("NVRTC"):
                for architecture, kernels in by_architecture.items():
                    found[f"kernels compiled by NVRTC for sm_{architecture}"] = kernels
        found["kernels executed in the emulator"] = ptx["executed"]
        found["kernels with committed counts"] = ptx["counted"]
        found["planted bugs caught by the emulator"] = len(ptx["planted"])
    if host:
        found["kernels executed on the CPU"] = host["executed"]
        for kind, of in host["sanitized"].items():
            found[f"kernels under the {kind} sanitizer"] = of["kernels"]
            found[f"tests under the {kind} sanitizer"] = of["tests"]
        found["planted bugs caught on the CPU"] = len(host["planted"])
    return found


def lacking(run: dict[str, Any], stated: dict[str, Any]) -> list[str]:
    """Where a run has verified less than is stated, in words."""
    here = figures(run)
    return [
        f"{what}: {here.get(what, 0)}, and {number} are stated"
        for what, number in figures(stated).items()
        if here.get(what, 0) < number
    ]
