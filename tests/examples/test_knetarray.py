"""Every example runs on the device array, and gives what it gives on NumPy's."""

import pytest

from tests.examples.running import as_script

SMALL = {
    "attention": "--epochs 1 --embed 16 --layers 1 --generate 10",
    "charlm": "--epochs 1 --hidden 16 --embed 8 --generate 20",
    "housing": "--epochs 3",
    "lenet": "--epochs 1 --iters 3",
    "linreg": "--epochs 2 --epochsize 200",
    "mnist": "--epochs 1 --hidden 16",
    "music": "--epochs 1 --hidden 16 --embed 8 --generate 1",
    "optimizers": "--epochs 1 --iters 3 --optim Adam",
    "overfit": "--epochs 1 --dropout .2 --l1 4e-5",
    "reinforce": "--epochs 1 --updates 2",
    "rnnlm": "--epochs 1 --hidden 16 --embed 8 --layers 2 --dropout .1",
}
"""What makes a run short. The others need data that is not bundled."""


@pytest.mark.parametrize("name", SMALL)
def test_an_example_prints_the_same_on_the_cpu_as_a_device(name: str) -> None:
    options = [*SMALL[name].split(), "--seed", "1", "--atype"]
    host, device = (
        as_script(name, *options, atype, KNET_DATA_DIR="")
        for atype in ("Array{Float32}", "KnetArray{Float32}@cpu")
    )
    assert device.returncode == host.returncode == 0, device.stderr
    kept, expected = (
        [line for line in done.stdout.splitlines() if not line.startswith("opts=")]
        for done in (device, host)
    )
    assert kept == expected
    assert len(kept) > 2
