"""`python -m tests.verification`: what is stated as verified, made and held to what ran.

--write README.md               the table, made of the committed counts
--report FILE                   before that: take a self-test's report, of a GPU, into the counts
--whole FILE, --everyday FILE   before that: take the counts of such a run (KNET_VERIFICATION=FILE)
--check FILE                    has a run verified as much as is stated for every day?
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from tests.verification import table


def main(words: list[str] | None = None) -> int:
    """Do what the words say; 1 if less ran than is stated, or a file is not what it should be."""
    parser = argparse.ArgumentParser("python -m tests.verification", description=__doc__)
    for option in ("--write", "--report", "--whole", "--everyday", "--check"):
        parser.add_argument(option, type=Path)
    given = parser.parse_args(words)
    try:
        return _do(given)
    except (OSError, ValueError, KeyError) as error:
        print(f"tests.verification: {error}", file=sys.stderr)
        return 1


def _do(given: argparse.Namespace) -> int:
    verified = table.committed()
    before = json.dumps(verified)
    for run in ("whole", "everyday"):
        path: Path | None = getattr(given, run)
        if path is not None:
            verified[run].update(json.loads(path.read_text()))
    if given.report is not None:
        verified["gpu"] = _with(verified["gpu"], table.reported(_read(given.report)))
    if json.dumps(verified) != before:
        table.keep(verified)
    if given.write is not None:
        given.write.write_text(table.written(given.write.read_text(), verified))
    if given.check is not None:
        less = table.lacking(_read(given.check), verified["everyday"])
        print(*(f"less was verified than verified.json states: {each}" for each in less), sep="\n")
        if less:
            return 1
        print("as much was verified as is stated for every day")
    return 0


def _with(old: list[dict[str, Any]], new: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The newest of each device, in the order in which they first came."""
    found = {each["device"]: each for each in old}
    return list((found | {each["device"]: each for each in new}).values())


def _read(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text())


if __name__ == "__main__":
    sys.exit(main())
