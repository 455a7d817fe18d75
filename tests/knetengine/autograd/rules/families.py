"""All cases, found in the files named cases_*.py beside this one."""

import importlib
from pathlib import Path

from tests.knetengine.autograd.rules.case import Case


def found() -> dict[str, Case]:
    """Each case by the name of its family and its own."""
    cases: dict[str, Case] = {}
    for file in sorted(Path(__file__).parent.glob("cases_*.py")):
        module = importlib.import_module(f"{__package__}.{file.stem}")
        family = file.stem.removeprefix("cases_")
        cases |= {f"{family}: {name}": case for name, case in module.CASES.items()}
    return cases


CASES = found()
