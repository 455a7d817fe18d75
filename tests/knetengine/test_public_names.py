"""What the engine offers by name, and what using it must never load."""

import subprocess
import sys

import pytest

import knetengine
import knetengine.training

INTERFACES = ("textual", "prompt_toolkit", "knetui")


def loaded_by(code: str) -> set[str]:
    """The modules of a process of its own after `code`."""
    done = subprocess.run(
        [sys.executable, "-c", f"import sys\n{code}\nprint(*sys.modules, sep='\\n')"],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.split())


@pytest.mark.parametrize("package", [knetengine, knetengine.training], ids=lambda p: p.__name__)
def test_every_public_name_is_there(package: object) -> None:
    names = package.__all__
    assert sorted(names) == sorted(set(names))
    for name in names:
        assert getattr(package, name) is not None
        assert getattr(package, name) is getattr(package, name)
    assert set(names) <= set(dir(package))


def test_a_star_takes_them_all() -> None:
    loaded = loaded_by(
        "from knetengine import *\nassert grad and value_and_grad and gradcheck and data\n"
        "from knetengine.training import *\nassert run and script and save and load and Run"
    )
    assert "numpy" in loaded


@pytest.mark.parametrize("package", ["knetengine", "knetengine.training"])
def test_a_name_that_there_is_not_is_said(package: str) -> None:
    module = sys.modules[package]
    with pytest.raises(AttributeError, match=f"module '{package}' has no attribute 'no_such_name'"):
        _ = module.no_such_name


READERS = [
    "import knetengine",
    "import knetengine.training.folder",
    "import knetengine.training.launch",
    "import knetengine.training.summary",
    "import knetengine; knetengine.training",
    "import knetengine.data.catalogue",
]


@pytest.mark.parametrize("code", READERS)
def test_programs_that_only_read_runs_do_not_load_numpy(code: str) -> None:
    assert "numpy" not in loaded_by(code)


def test_the_engine_loads_no_user_interface() -> None:
    loaded = loaded_by(
        "import importlib, pkgutil, knetengine\n"
        "for module in pkgutil.walk_packages(knetengine.__path__, 'knetengine.'):\n"
        "    if not module.name.endswith('__main__'):\n"
        "        importlib.import_module(module.name)"
    )
    assert {"knetengine.training.runner", "knetengine.autograd.rules.linear", "numpy"} <= loaded
    roots = {name.partition(".")[0] for name in loaded}
    assert roots.isdisjoint(INTERFACES)


def test_a_run_loads_no_user_interface() -> None:
    """What a model's own process holds, after a gradient, a report and its options."""
    loaded = loaded_by(
        "import numpy as np\nfrom knetengine import grad\n"
        "from knetengine.training import run, script\n"
        "def main(*, epochs: int = 2):\n"
        "    for epoch in run.epochs(epochs):\n"
        "        run.report(epoch, trn=grad(lambda x: x * x)(3.0))\n"
        "sys.argv = ['model.py']\nscript(main)"
    )
    assert "knetengine.autograd" in loaded
    assert {name.partition(".")[0] for name in loaded}.isdisjoint(INTERFACES)
